import { Backoff } from './backoff.js';
import type { Clock } from './clock.js';
import { BelfryError, toError } from './errors.js';
import { Parser, type Block } from './parser.js';
import { parseCursor, type Bye, type Cursor, type Status } from './protocol.js';
import type { Session } from './session.js';
import { Watchdog } from './watchdog.js';

/** One block as it is handed on, also from tab to tab. `event` is empty when it only moves the cursor. */
export interface StreamBlock {
  readonly event: string;
  readonly data?: unknown;
  readonly cursor?: string;
  /** The seq up to which the stream had covered everything before this block. */
  readonly prev?: number;
}

/** Where blocks come from: a connection of our own, or the one that all tabs share. */
export interface Source {
  start(): void;
  stop(): void;
  /** Something suggests that the world has changed: look at once whether the connection lives. */
  wake(): void;
  /** The browser says that there is no network. */
  lose(): void;
  /** Blocks after this cursor are missing: get them again. */
  resume(cursor: string): void;
}

export interface SourceHandlers {
  block(block: StreamBlock): void;
  status(status: Status): void;
  error(error: BelfryError): void;
}

export interface ConnectionOptions {
  readonly session: Session;
  readonly clock: Clock;
  readonly random: () => number;
  /** The server's heartbeat, in milliseconds. */
  readonly heartbeat: number;
  readonly since?: string | undefined;
  readonly types?: readonly string[] | undefined;
}

/** Why a connection ended, as what to wait for. */
interface Pause {
  readonly ms: number;
  /** Whether a sign of life (network, a visible page) may cut it short: not when the server named the time. */
  readonly firm: boolean;
}

const AT_ONCE: Pause = { ms: 0, firm: true };

/**
 * One stream over any number of connections, each going on where the last complete block of the one before stood. Started once
 * and stopped once.
 */
export class Connection implements Source {
  readonly #backoff: Backoff;
  #running = false;
  #control: AbortController | undefined;
  #watchdog: Watchdog | undefined;
  #continue: ((firm: boolean) => void) | undefined;
  /** Until the server says another. */
  #retry = 1_000;
  #position: Cursor | null;
  #gapAt: string | undefined;
  #fresh = false;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly handlers: SourceHandlers,
    private cursor?: string,
  ) {
    this.#backoff = new Backoff(1_000, 30_000, options.random);
    this.#position = parseCursor(cursor);
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#run();
  }

  stop(): void {
    this.#running = false;
    this.#control?.abort();
    this.#continue?.(true);
  }

  wake(): void {
    this.#continue?.(false);
    if ((this.#watchdog?.silence ?? 0) > this.options.heartbeat * 1.2) this.#reconnect();
  }

  lose(): void {
    this.#control?.abort(new BelfryError('network', 'The browser is offline.'));
  }

  resume(cursor: string): void {
    const from = parseCursor(cursor);
    // A gap asks for something older; what is newer comes anyway.
    if (from && this.#position?.epoch === from.epoch && from.seq > this.#position.seq) return;
    this.cursor = cursor;
    this.#position = from;
    this.#reconnect();
    this.#continue?.(false);
  }

  #reconnect(): void {
    this.#control?.abort(AT_ONCE);
  }

  async #run(): Promise<void> {
    this.handlers.status('connecting');
    while (this.#running) {
      const pause = await this.#connect();
      if (this.#running && pause.ms > 0) await this.#wait(pause);
    }
  }

  /** One connection, to its end. */
  async #connect(): Promise<Pause> {
    const control = (this.#control = new AbortController());
    const silent = () => control.abort(new BelfryError('timeout', 'Nothing was heard for two and a half heartbeats.'));
    const watchdog = (this.#watchdog = new Watchdog(this.options.clock, this.options.heartbeat * 2.5, silent));
    let wasOpen = false;
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' };
      if (this.cursor) headers['Last-Event-ID'] = this.cursor;
      const answer = await this.options.session.send(this.#path(), { headers, signal: control.signal });
      if (answer.status !== 200) return this.#refused(await this.options.session.problem(answer));
      if (!/^text\/event-stream\b/i.test(answer.headers.get('content-type') ?? '') || !answer.body) {
        return this.#refused(new BelfryError('not-a-stream', 'The answer is no event stream: something else answers at this address.'));
      }

      wasOpen = true;
      this.#fresh = true;
      this.handlers.status('connecting');
      this.handlers.block({ event: 'open' });
      return await this.#read(answer.body, watchdog);
    } catch (error) {
      if (!this.#running) return AT_ONCE;
      const reason: unknown = control.signal.aborted ? control.signal.reason : error;
      if (reason === AT_ONCE) return AT_ONCE;
      return this.#lost(toError(reason), wasOpen);
    } finally {
      watchdog.stop();
      this.#watchdog = undefined;
      control.abort();
    }
  }

  async #read(body: ReadableStream<Uint8Array>, watchdog: Watchdog): Promise<Pause> {
    const parser = new Parser();
    const reader = body.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (!this.#running) return AT_ONCE;
        if (done) break;
        watchdog.heard();
        for (const block of parser.push(value)) {
          const pause = this.#take(block);
          if (pause || !this.#running) return pause ?? AT_ONCE;
        }
      }
    } finally {
      void reader.cancel().catch(() => {});
    }

    // What follows the last empty line was cut off: it never happened.
    this.handlers.status('connecting');
    return { ms: this.#backoff.next(this.#retry), firm: false };
  }

  /** Returns a pause when the block ends the connection. */
  #take(block: Block): Pause | undefined {
    if (block.retry !== undefined) this.#retry = Math.min(block.retry, 600_000);
    let data: unknown;
    try {
      data = block.data === undefined ? undefined : JSON.parse(block.data);
    } catch (error) {
      this.handlers.error(toError(error));
    }

    if (block.event === 'bye') {
      const ms = Number((data as Bye | undefined)?.retry_ms ?? this.#retry);
      this.handlers.status('connecting');
      return { ms: Math.min(ms || 0, 600_000), firm: true };
    }

    const at = parseCursor(block.id);
    const isFirst = this.#fresh;
    if (at) this.#fresh = false;
    if (data === undefined) {
      // When a stream does not begin at our cursor, its reset follows. Cut off before that, we must ask for the same again.
      const follows = !isFirst || !this.#position || (at?.epoch === this.#position.epoch && at.seq === this.#position.seq);
      if (at && follows) this.#move('', undefined, block.id!, at);
      return undefined;
    }

    if (block.event === 'notification' && at && !this.#isNext(at, data as { prev?: number })) {
      return AT_ONCE;
    }

    if (block.event === 'notification' && at && this.#position?.epoch === at.epoch && at.seq <= this.#position.seq) return undefined;
    if (at) this.#move(block.event, data, block.id!, at);
    else this.handlers.block({ event: block.event, data });
    if (block.event === 'caught-up') {
      this.#backoff.reset();
      this.handlers.status('live');
    }

    return undefined;
  }

  #move(event: string, data: unknown, cursor: string, at: Cursor): void {
    const before = this.#position;
    this.cursor = cursor;
    this.#position = at;
    const prev = before?.epoch === at.epoch ? { prev: before.seq } : {};
    this.handlers.block(data === undefined ? { event, cursor, ...prev } : { event, data, cursor, ...prev });
  }

  /** False when something is missing in between, and it is worth asking for it. */
  #isNext(at: Cursor, { prev }: { prev?: number }): boolean {
    const position = this.#position;
    if (!position || position.epoch !== at.epoch || prev === undefined || prev <= position.seq) return true;
    if (this.#gapAt !== this.cursor) {
      this.#gapAt = this.cursor;
      return false;
    }

    // Twice at the same place: the server cannot mend it, so the application is told and the stream goes on.
    const cursor = `${at.epoch}-${prev}`;
    this.#move('reset', { reason: 'gap', cursor }, cursor, { epoch: at.epoch, seq: prev });
    return true;
  }

  #refused(error: BelfryError): Pause {
    this.handlers.error(error);
    this.handlers.status('offline');
    const status = error.status ?? 0;
    const passing = status === 0 || status === 401 || status === 408 || status === 425 || status === 429 || status >= 500;
    if (error.retryAfter !== undefined) return { ms: error.retryAfter + Math.round(this.options.random() * 1_000), firm: true };
    return { ms: this.#backoff.next(passing ? this.#retry : 60_000), firm: false };
  }

  #lost(error: BelfryError, wasOpen: boolean): Pause {
    this.handlers.error(error);
    if (error.code === 'user-changed') {
      this.#running = false;
      this.handlers.status('closed');
      return AT_ONCE;
    }

    this.handlers.status(wasOpen && error.message !== 'The browser is offline.' ? 'connecting' : 'offline');
    // After silence the connection was dead for long: nothing is gained by waiting, once.
    if (error.code === 'timeout' && wasOpen) return AT_ONCE;
    return { ms: this.#backoff.next(this.#retry), firm: false };
  }

  /** Looks at the clock now and then, so that a computer that slept through the end of the pause goes on when it wakes. */
  #wait({ ms, firm }: Pause): Promise<void> {
    const { clock } = this.options;
    const until = clock.now() + ms;
    return new Promise((resolve) => {
      let timer: unknown;
      const finish = () => {
        clock.clearTimeout(timer);
        this.#continue = undefined;
        resolve();
      };
      const look = () => {
        const left = until - clock.now();
        // A clock that was set back must not make it longer.
        if (left <= 0 || left > ms) finish();
        else timer = clock.setTimeout(look, Math.min(left, 5_000));
      };
      this.#continue = (force) => {
        if (force || !firm || clock.now() >= until) finish();
      };
      look();
    });
  }

  #path(): string {
    const query = new URLSearchParams();
    if (!this.cursor && this.options.since) query.set('since', this.options.since);
    if (this.options.types?.length) query.set('types', this.options.types.join(','));
    const text = query.toString();
    return `/v1/stream${text && '?'}${text}`;
  }
}
