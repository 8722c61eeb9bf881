import { type Clock, systemClock } from './clock.js';
import { Connection, type Source, type SourceHandlers, type StreamBlock } from './connection.js';
import { Emitter } from './emitter.js';
import { BelfryError } from './errors.js';
import { Inbox, type InboxOptions } from './inbox.js';
import { watchPage, type PageHandlers } from './page.js';
import { parseCursor, type CaughtUp, type Cursor, type Notification, type Reset, type StateChange, type Status } from './protocol.js';
import { Session, type Token } from './session.js';
import { TabSource, type Channel, type Locks } from './tabs.js';

export interface ConnectOptions {
  /** The server's address, such as `https://notify.example.com`; this page's own origin when absent. */
  url?: string;
  /** The user's token; without one the request carries the page's cookies. */
  token?: Token;
  /** Where to start without a cursor: after what was delivered (default), at the end, or at the first that is kept. */
  since?: 'undelivered' | 'latest' | 'earliest';
  /** Where to go on: the last value of `client.cursor`. */
  cursor?: string;
  /** Only these event types, by name or by prefix with `*`. */
  types?: readonly string[];
  /**
   * One stream for all tabs (default true, where the browser can do it and the token is a JWT with a `sub`). With cookies or
   * opaque tokens, a text that names the user: only tabs with the same text share.
   */
  tabs?: boolean | string;
  /** The server's heartbeat in milliseconds (default 15,000); after two and a half of silence the client connects anew. */
  heartbeat?: number;
}

export interface ClientEvents {
  notification: Notification;
  /** A user's devices changed what is seen, read, archived or deleted. */
  state: StateChange;
  /** Everything that was there is through. */
  'caught-up': CaughtUp;
  /** Something may be missing from what is shown: load it again. */
  reset: Reset;
  /** The cursor has moved; keep it where a restart should go on. */
  cursor: string;
  status: Status;
  /** The mailbox's state, as another tab knows it. @internal */
  version: number;
  /** What went wrong, for logs: the client goes on by itself. */
  error: BelfryError;
}

/** What a client takes from its surroundings. @internal */
export interface Environment {
  fetch: typeof globalThis.fetch;
  clock: Clock;
  random: () => number;
  locks?: Locks | undefined;
  openChannel?: ((name: string) => Channel) | undefined;
  watchPage: (handlers: PageHandlers) => () => void;
}

/** What `for await` keeps at most for a loop that does not keep up. */
const MAX_WAITING = 1_000;

/** A user's stream, over any number of connections and tabs. */
export class Client implements AsyncIterable<Notification> {
  readonly #session: Session;
  readonly #events = new Emitter<ClientEvents>();
  readonly #unwatch: () => void;
  #source: Source | undefined;
  #status: Status = 'connecting';
  #cursor: string | undefined;
  #position: Cursor | null;
  #askedFor: string | undefined;
  #held = false;
  #paused = false;
  #since: string | undefined;

  /** @internal */
  constructor(
    private readonly options: ConnectOptions,
    private readonly environment: Environment,
  ) {
    // Called as a function of its own: browsers refuse fetch with another `this`.
    const { fetch } = environment;
    const url = (options.url ?? '').replace(/\/+$/, '');
    this.#session = new Session(url, options.token, (input, init) => fetch(input, init), environment.clock);
    this.#cursor = options.cursor;
    this.#position = parseCursor(options.cursor);
    this.#since = options.since;
    this.#unwatch = environment.watchPage({
      wake: () => this.#source?.wake(),
      lose: () => this.#source?.lose(),
      pause: () => this.#pause(),
      resume: () => this.#resume(),
    });
    // Not at once: who calls inbox() right after connect() has the stream begin where the inbox's first page ends.
    queueMicrotask(() => {
      if (!this.#held) void this.#open();
    });
  }

  get status(): Status {
    return this.#status;
  }

  /** The last cursor, for a later `connect({ cursor })`. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** Calls the listener for each event; returns the function that takes it away. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (value: ClientEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** The user's inbox: a list that is kept up to date. */
  inbox(options: InboxOptions = {}): Inbox {
    const joins = !this.#source && this.#cursor === undefined && this.options.since === undefined && !this.#held;
    if (joins) this.#held = true;
    const release = (cursor: string | undefined) => {
      if (!joins || !this.#held) return;
      this.#held = false;
      if (cursor === undefined) this.#since = 'latest';
      else this.#cursor = cursor;
      this.#position = parseCursor(cursor);
      void this.#open();
    };
    return new Inbox({ types: this.options.types, ...options }, this, this.#session, this.environment, release);
  }

  /** Ends the stream for good. */
  close(): void {
    if (this.#status === 'closed') return;
    this.#unwatch();
    this.#stop();
    this.#setStatus('closed');
  }

  /** Notifications from now on, until the client is closed. A loop that falls 1,000 behind ends with the error `overflow`. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Notification, void, undefined> {
    const waiting: Notification[] = [];
    let wake = () => {};
    let isFull = false;
    const offs = [
      this.on('notification', (notification) => {
        if (waiting.length < MAX_WAITING) waiting.push(notification);
        else isFull = true;
        wake();
      }),
      this.on('status', () => wake()),
    ];
    try {
      for (;;) {
        if (isFull) throw new BelfryError('overflow', `The loop over the notifications is more than ${MAX_WAITING} behind.`);
        const next = waiting.shift();
        if (next) yield next;
        else if (this.#status === 'closed') return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      for (const off of offs) off();
    }
  }

  async #open(): Promise<void> {
    if (this.#status === 'closed' || this.#paused || this.#source) return;
    const { locks, openChannel, clock } = this.environment;
    let user: string | undefined;
    if (locks && openChannel && this.options.tabs !== false) {
      user = typeof this.options.tabs === 'string' ? this.options.tabs : await this.#session.user().catch(() => undefined);
      if (this.#isClosed() || this.#paused || this.#source) return;
    }

    const lead = (handlers: SourceHandlers, cursor: string | undefined) => this.#connection(handlers, cursor);
    const handlers: SourceHandlers = {
      block: (block) => this.#receive(block),
      status: (status) => this.#setStatus(status),
      error: (error) => this.#events.emit('error', error),
    };
    if (user === undefined || !locks || !openChannel) {
      this.#source = lead(handlers, this.#cursor);
    } else {
      // Tabs share only what is the same: the server, the user, the types.
      const name = `belfry:${JSON.stringify([this.options.url ?? '', user, this.options.types ?? []])}`;
      const cursor = () => this.#cursor;
      this.#source = new TabSource({ name, locks, openChannel, clock, heartbeat: this.#heartbeat, lead, cursor }, handlers);
    }

    this.#source.start();
  }

  get #heartbeat(): number {
    return this.options.heartbeat ?? 15_000;
  }

  #connection(handlers: SourceHandlers, cursor: string | undefined): Connection {
    const { clock, random } = this.environment;
    const { types } = this.options;
    return new Connection({ session: this.#session, clock, random, heartbeat: this.#heartbeat, since: this.#since, types }, handlers, cursor);
  }

  #receive(block: StreamBlock): void {
    const { event, data, cursor, prev } = block;
    if (event === 'open') {
      this.#askedFor = undefined;
      return;
    }

    const at = parseCursor(cursor);
    const position = this.#position;
    const isNotification = event === 'notification';
    if (event === 'reset') {
      // Another tab asked for something that is no longer kept; this one has had it.
      const isBehind = at && position?.epoch === at.epoch && at.seq <= position.seq;
      if (isBehind && (data as Reset).reason === 'retention') return;
      this.#move(cursor, at);
      this.#events.emit('reset', data as Reset);
      return;
    }

    if (at && position && position.epoch !== at.epoch) {
      // Another history, whose reset this tab did not hear.
      this.#events.emit('reset', { reason: 'epoch', cursor: cursor! });
    } else if (at && position) {
      if (prev !== undefined && prev > position.seq) {
        // A block between the tabs was lost. What follows is left out until the missing ones have come.
        if (this.#askedFor !== this.#cursor) this.#source?.resume((this.#askedFor = this.#cursor!));
        return;
      }

      if (at.seq <= position.seq) {
        if (!isNotification) this.#tell(event, data);
        return;
      }
    }

    this.#tell(event, data);
    this.#move(cursor, at);
  }

  #tell(event: string, data: unknown): void {
    if (event === 'notification' || event === 'state' || event === 'caught-up' || event === 'version') this.#events.emit(event, data as never);
  }

  #move(cursor: string | undefined, at: Cursor | null): void {
    if (!at || this.#cursor === cursor) return;
    this.#cursor = cursor;
    this.#position = at;
    this.#events.emit('cursor', cursor!);
  }

  #setStatus(status: Status): void {
    if (this.#status === status || this.#status === 'closed') return;
    this.#status = status;
    this.#events.emit('status', status);
    if (status === 'closed') {
      this.#unwatch();
      this.#stop();
    }
  }

  #pause(): void {
    this.#paused = true;
    this.#stop();
    this.#setStatus('connecting');
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (!this.#held) void this.#open();
  }

  #stop(): void {
    const source = this.#source;
    this.#source = undefined;
    source?.stop();
  }

  #isClosed(): boolean {
    return this.#status === 'closed';
  }
}

/** Opens the user's stream. It stays open, over any number of connections, until `close()`. */
export function connect(options: ConnectOptions = {}): Client {
  const scope = globalThis as { navigator?: { locks?: Locks }; BroadcastChannel?: new (name: string) => unknown; window?: unknown };
  const Broadcast = scope.BroadcastChannel;
  return new Client(options, {
    fetch: globalThis.fetch,
    clock: systemClock,
    random: Math.random,
    locks: scope.navigator?.locks,
    openChannel: Broadcast && ((name) => new Broadcast(name) as Channel),
    watchPage,
  });
}
