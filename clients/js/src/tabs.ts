import type { Clock } from './clock.js';
import type { Source, SourceHandlers, StreamBlock } from './connection.js';
import { toError } from './errors.js';
import type { Status } from './protocol.js';

/** What of `navigator.locks` is needed. */
export interface Locks {
  request(name: string, options: { signal?: AbortSignal; steal?: boolean }, held: () => Promise<void>): Promise<unknown>;
}

/** What of a BroadcastChannel is needed. */
export interface Channel {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

export interface TabsOptions {
  readonly name: string;
  readonly locks: Locks;
  readonly openChannel: (name: string) => Channel;
  readonly clock: Clock;
  readonly heartbeat: number;
  /** A stream of our own, for when this tab leads. */
  readonly lead: (handlers: SourceHandlers, cursor: string | undefined) => Source;
  /** Where this tab stands. */
  readonly cursor: () => string | undefined;
}

type Message =
  | { k: 'block'; block: StreamBlock }
  | { k: 'status'; status: Status; cursor?: string | undefined; version?: number | undefined; here?: boolean }
  | { k: 'hello' | 'ping' | 'wake' }
  | { k: 'gap'; cursor: string };

/** Unanswered questions after which a leader counts as frozen. */
const PATIENCE = 3;

/**
 * One stream for all tabs of an origin. Who holds the lock leads: it has the stream and shares every block. The others wait for
 * the lock, so that the next one leads as soon as the leader is closed, and goes on from its own cursor. A leader that is frozen
 * holds its lock and answers nothing: then the lock is stolen, and the old leader, once it wakes, finds itself following.
 */
export class TabSource implements Source {
  #channel: Channel | undefined;
  #stream: Source | undefined;
  #status: Status = 'connecting';
  /** The state of the mailbox that the stream has told last. */
  #version: number | undefined;
  #release: (() => void) | undefined;
  #standing: AbortController | undefined;
  #heard = 0;
  #asked = 0;
  #timer: unknown;

  constructor(
    private readonly options: TabsOptions,
    private readonly handlers: SourceHandlers,
  ) {}

  start(): void {
    if (this.#channel) return;
    const channel = (this.#channel = this.options.openChannel(this.options.name));
    channel.onmessage = (event) => this.#receive(event.data as Message);
    this.#heard = this.options.clock.now();
    this.handlers.status('connecting');
    this.#post({ k: 'hello' });
    this.#stand();
    this.#tick();
  }

  stop(): void {
    this.options.clock.clearTimeout(this.#timer);
    this.#retire();
    this.#standing?.abort();
    this.#standing = undefined;
    this.#channel?.close();
    this.#channel = undefined;
  }

  wake(): void {
    if (this.#stream) this.#stream.wake();
    // Tabs in the background have slow clocks and hear of the network late: the one that is looked at tells the leader.
    else this.#post({ k: 'wake' });
  }

  lose(): void {
    this.#stream?.lose();
  }

  resume(cursor: string): void {
    if (this.#stream) this.#stream.resume(cursor);
    else this.#post({ k: 'gap', cursor });
  }

  /** Waits for the lock, or takes it from a leader that does not answer. */
  #stand(steal = false): void {
    this.#standing?.abort();
    const standing = (this.#standing = new AbortController());
    const held = () =>
      new Promise<void>((resolve) => {
        if (standing.signal.aborted) return resolve();
        this.#release = resolve;
        this.#lead();
      });
    // The standard forbids a signal beside steal.
    this.options.locks.request(this.options.name, steal ? { steal } : { signal: standing.signal }, held).catch((error: unknown) => {
      if (this.#standing !== standing || standing.signal.aborted) return;
      if ((error as Error | undefined)?.name === 'AbortError') {
        // Stolen: this tab was taken for frozen.
        this.#retire();
        this.#heard = this.options.clock.now();
        this.#stand();
      } else {
        // No locks here after all (a sandboxed frame): a stream of our own is better than none.
        this.handlers.error(toError(error));
        this.#lead();
      }
    });
  }

  #lead(): void {
    const stream = this.options.lead(
      {
        block: (block) => {
          this.#version = (block.data as { state_version?: number } | undefined)?.state_version ?? this.#version;
          this.#post({ k: 'block', block });
          this.handlers.block(block);
        },
        status: (status) => {
          if (this.#stream !== stream) return;
          this.#status = status;
          // What ends this tab for good need not end the others.
          if (status !== 'closed') this.#post({ k: 'status', status });
          this.handlers.status(status);
        },
        error: (error) => this.handlers.error(error),
      },
      this.options.cursor(),
    );
    this.#stream = stream;
    stream.start();
  }

  #retire(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.stop();
    this.#release?.();
    this.#release = undefined;
  }

  #receive(message: Message): void {
    if (this.#stream) {
      if (message.k === 'hello' || message.k === 'ping') {
        this.#post({ k: 'status', status: this.#status, cursor: this.options.cursor(), version: this.#version, here: true });
      } else if (message.k === 'gap') this.#stream.resume(message.cursor);
      else if (message.k === 'wake') this.#stream.wake();
      return;
    }

    if (message.k !== 'block' && message.k !== 'status') return;
    this.#heard = this.options.clock.now();
    this.#asked = 0;
    if (message.k === 'block') {
      this.handlers.block(message.block);
      return;
    }

    this.handlers.status(message.status);
    if (message.version !== undefined) this.handlers.block({ event: 'version', data: message.version });
    if (!message.here || !message.cursor) return;
    // Where the leader stands: taken over by a tab that knows nothing, a gap for one that is behind.
    const seq = Number(message.cursor.slice(message.cursor.indexOf('-') + 1));
    this.handlers.block({ event: '', cursor: message.cursor, prev: seq });
  }

  #post(message: Message): void {
    try {
      this.#channel?.postMessage(message);
    } catch (error) {
      this.handlers.error(toError(error));
    }
  }

  #tick(): void {
    const { clock, heartbeat } = this.options;
    this.#timer = clock.setTimeout(() => {
      if (!this.#stream && clock.now() - this.#heard > heartbeat) {
        if (this.#asked++ < PATIENCE) this.#post({ k: 'ping' });
        else {
          this.#asked = 0;
          this.#heard = clock.now();
          this.#stand(true);
        }
      }

      this.#tick();
    }, heartbeat / 3);
  }
}
