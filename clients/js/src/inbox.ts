import { Backoff } from './backoff.js';
import type { Client, Environment } from './client.js';
import { Emitter } from './emitter.js';
import { toError } from './errors.js';
import { InboxApi } from './inbox-api.js';
import { applyEdit, countEdit, toCounts, toItem, viewOf, withPage, type Edit, type InboxItem, type Page } from './inbox-items.js';
import { emptySnapshot, type InboxOptions, type InboxSnapshot, type Target } from './inbox-types.js';
import { matchesTypes, parseCursor, type Change, type Counts, type Cursor, type Notification, type StateChange } from './protocol.js';
import type { Session } from './session.js';

export type { InboxItem } from './inbox-items.js';
export type { InboxFilter, InboxOptions, InboxSnapshot, Target } from './inbox-types.js';

/** The user's inbox, kept up to date by the stream; changes show at once and are corrected by what the server says. */
export class Inbox {
  readonly #api: InboxApi;
  readonly #maxItems: number;
  readonly #changes = new Emitter<{ change: undefined }>();
  readonly #offs: (() => void)[];
  readonly #backoff: Backoff;
  #items: readonly InboxItem[] = [];
  #counts: Counts = { unread: 0, unseen: 0, total: 0 };
  #version: number | undefined;
  #position: Cursor | null = null;
  #pending: readonly Edit[] = [];
  /** What the stream brought while the first page was on its way. */
  #meanwhile: (Notification | StateChange)[] | undefined;
  #needsReload = false;
  #timer: unknown;
  #isClosed = false;
  #snapshot: InboxSnapshot;

  /** @internal */
  constructor(
    private readonly options: InboxOptions,
    private readonly client: Client,
    session: Session,
    private readonly environment: Environment,
    private readonly onFirstPage: (cursor: string | undefined) => void,
  ) {
    const limit = options.limit ?? 25;
    this.#api = new InboxApi(session, options.filter ?? 'all', limit, options.types);
    this.#maxItems = Math.max(options.maxItems ?? 500, limit);
    this.#backoff = new Backoff(1_000, 30_000, environment.random);
    this.#snapshot = emptySnapshot(client.status);
    this.#offs = [
      client.on('notification', (notification) => this.#receive(notification)),
      client.on('state', (change) => this.#receive(change)),
      client.on('cursor', (cursor) => this.#follow(cursor)),
      client.on('reset', () => void this.reload()),
      client.on('caught-up', (message) => this.#compare(message.state_version)),
      client.on('version', (version) => this.#compare(version)),
      client.on('status', (next) => {
        // What the client does not follow any more needs no page.
        if (next === 'closed') environment.clock.clearTimeout(this.#timer);
        this.#update({ status: next });
      }),
    ];
    void this.#load();
  }

  /** Calls the listener after every change; returns the function that takes it away. */
  readonly subscribe = (listener: () => void): (() => void) => this.#changes.on('change', listener);

  /** The same object until something changes: fits `useSyncExternalStore(inbox.subscribe, inbox.getSnapshot)`. */
  readonly getSnapshot = (): InboxSnapshot => this.#snapshot;

  /** Loads the first page again. */
  async reload(): Promise<void> {
    if (this.#snapshot.loading === 'first') this.#needsReload = true;
    else await this.#load();
  }

  async loadOlder(): Promise<void> {
    const last = this.#items.at(-1);
    if (last && this.#snapshot.hasOlder) await this.#extend('older', `before=${this.#cursorOf(last.seq)}`);
  }

  async loadNewer(): Promise<void> {
    const first = this.#items[0];
    if (first && this.#snapshot.hasNewer) await this.#extend('newer', `after=${this.#cursorOf(first.seq)}`);
  }

  readonly markSeen = (target: Target): Promise<void> => this.#change('seen', target);
  readonly markRead = (target: Target): Promise<void> => this.#change('read', target);
  readonly markUnread = (target: Target): Promise<void> => this.#change('unread', target);
  readonly archive = (target: Target): Promise<void> => this.#change('archived', target);
  /** Deletes for good. */
  readonly remove = (target: Target): Promise<void> => this.#change('deleted', target);

  /** Everything up to the newest that is known here; what comes at the same moment stays unread. */
  markAllRead(): Promise<void> {
    return this.#changeAll('read');
  }

  markAllSeen(): Promise<void> {
    return this.#changeAll('seen');
  }

  /** Stops following the stream; the client stays open. */
  close(): void {
    this.#isClosed = true;
    this.environment.clock.clearTimeout(this.#timer);
    for (const off of this.#offs) off();
    this.#changes.clear();
    this.onFirstPage(undefined);
  }

  async #load(): Promise<void> {
    this.environment.clock.clearTimeout(this.#timer);
    this.#meanwhile = [];
    this.#needsReload = false;
    this.#update({ loading: 'first' });
    try {
      // Before the page, so that its version is never newer than the items: a change in between is then applied twice, which is
      // harmless, and never left out.
      const before = await this.#api.counts();
      const page = await this.#api.page();
      const counts = page.counts ?? toCounts(await this.#api.counts());
      if (this.#isClosed) return;
      this.#show(page, counts, page.stateVersion ?? before.state_version);
      this.#backoff.reset();
    } catch (error) {
      if (this.#isClosed) return;
      this.#meanwhile = undefined;
      const reason = toError(error);
      this.#update({ loading: 'none', error: reason });
      this.#again(this.#backoff.next(reason.status === 404 ? 60_000 : (reason.retryAfter ?? 0)));
      this.onFirstPage(undefined);
      return;
    }

    this.onFirstPage(this.#position ? this.#cursorOf(this.#position.seq) : undefined);
    if (this.#needsReload) await this.#load();
  }

  #show(page: Page, counts: Counts, version: number): void {
    const meanwhile = this.#meanwhile ?? [];
    this.#meanwhile = undefined;
    this.#items = page.items;
    this.#counts = counts;
    this.#version = version;
    this.#position = parseCursor(page.streamCursor);
    const hasOlder = page.hasMore ?? page.items.length >= this.#api.limit;
    this.#update({ loading: 'none', isLoaded: true, error: undefined, hasOlder, hasNewer: false });
    for (const message of meanwhile) this.#receive(message, page.counts === undefined);

    // A page from a replica may be older than what the stream has brought before it was asked for.
    const stream = parseCursor(this.client.cursor);
    if (stream && this.#position && (stream.epoch !== this.#position.epoch || stream.seq > this.#position.seq)) this.#again(this.#backoff.next(100));
  }

  #again(ms: number): void {
    this.environment.clock.clearTimeout(this.#timer);
    if (this.client.status === 'closed') return;
    this.#timer = this.environment.clock.setTimeout(() => void this.reload(), ms);
  }

  async #extend(loading: 'older' | 'newer', query: string): Promise<void> {
    // Read anew each time: a reload may begin while the page is on its way, and knows better.
    const now = () => this.#snapshot.loading;
    if (now() !== 'none') return;
    this.#update({ loading });
    try {
      const page = await this.#api.page(query);
      if (this.#isClosed || now() !== loading) return;
      const { items, isCut } = withPage(this.#items, page.items, loading, this.#maxItems);
      const hasMore = page.hasMore ?? page.items.length >= this.#api.limit;
      const { hasNewer, hasOlder } = this.#snapshot;
      this.#items = items;
      const ends = loading === 'older' ? { hasOlder: hasMore, hasNewer: hasNewer || isCut } : { hasNewer: hasMore, hasOlder: hasOlder || isCut };
      this.#update({ loading: 'none', error: undefined, ...ends });
    } catch (error) {
      if (now() === loading) this.#update({ loading: 'none', error: toError(error) });
    }
  }

  #receive(message: Notification | StateChange, isCounted = false): void {
    if (this.#meanwhile) this.#meanwhile.push(message);
    else if ('change' in message) this.#applyState(message);
    else this.#insert(message, isCounted);
    // A page that never comes must not fill the memory.
    if (this.#meanwhile && this.#meanwhile.length > this.#maxItems) {
      this.#meanwhile = [];
      this.#needsReload = true;
    }
  }

  #insert(notification: Notification, isCounted: boolean): void {
    const position = this.#position;
    if (!position || notification.seq <= position.seq) return;
    this.#position = { ...position, seq: notification.seq };
    if (!matchesTypes(this.options.types, notification.event_type)) return;
    if (!isCounted) {
      const { unread, unseen, total } = this.#counts;
      this.#counts = { unread: unread + 1, unseen: unseen + 1, total: total + 1 };
    }

    let { hasOlder } = this.#snapshot;
    if (this.#api.filter !== 'archived' && !this.#snapshot.hasNewer) {
      const all = [toItem(notification as never), ...this.#items];
      hasOlder ||= all.length > this.#maxItems;
      this.#items = all.slice(0, this.#maxItems);
    }

    this.#update({ hasOlder });
  }

  #applyState(message: StateChange): void {
    if (this.#version === undefined || message.state_version <= this.#version) return;
    if (message.state_version > this.#version + 1) {
      void this.reload();
      return;
    }

    const upTo = typeof message.up_to === 'string' ? parseCursor(message.up_to)?.seq : message.up_to;
    this.#version = message.state_version;
    this.#items = applyEdit(this.#items, { change: message.change, seqs: message.seqs, upTo });
    this.#counts = toCounts(message.counts);
    this.#update({});
    // Where archived items are shown, or unread ones, a change may bring some that are not here.
    const brings = (this.#api.filter === 'archived' && (message.change === 'archived' || message.change === 'muted')) || (this.#api.filter === 'unread' && message.change === 'unread');
    if (brings) void this.reload();
  }

  /** Looks whether something was changed elsewhere while there was no stream. */
  #compare(version: number): void {
    if (this.#version !== undefined && version > this.#version) void this.reload();
  }

  #follow(cursor: string): void {
    const at = parseCursor(cursor);
    if (!at || !this.#position || this.#meanwhile) return;
    if (at.epoch !== this.#position.epoch) void this.reload();
    else if (at.seq > this.#position.seq) this.#position = at;
  }

  #change(change: Change, target: Target): Promise<void> {
    const list = (Array.isArray(target) ? target : [target]) as (number | InboxItem)[];
    const seqs = list.map((one) => (typeof one === 'number' ? one : one.seq));
    if (seqs.length === 0) return Promise.resolve();
    return this.#send({ change, seqs }, () => (change === 'deleted' ? this.#api.remove(seqs) : this.#api.change(change, { seqs })));
  }

  #changeAll(change: 'read' | 'seen'): Promise<void> {
    const { seq } = this.#position ?? {};
    if (seq === undefined) return Promise.resolve();
    return this.#send({ change, upTo: seq }, () => this.#api.change(change, { up_to: this.#cursorOf(seq) }));
  }

  /** Shows the edit at once, and takes it back when the server refuses. */
  async #send(edit: Edit, request: () => Promise<void>): Promise<void> {
    this.#pending = [...this.#pending, edit];
    this.#update({});
    try {
      await request();
      this.#settle(edit);
      // When the stream has said it already, nothing is left to reckon; when it comes, it has the last word.
      this.#counts = countEdit(this.#counts, this.#items, edit);
      this.#items = applyEdit(this.#items, edit);
      this.#update({ error: undefined });
    } catch (error) {
      this.#settle(edit);
      const reason = toError(error);
      this.#update({ error: reason });
      // Another history: what is shown is not what the server has. Of several, some may have been done.
      if (reason.status === 409 || edit.change === 'deleted') void this.reload();
      throw reason;
    }
  }

  #settle(edit: Edit): void {
    this.#pending = this.#pending.filter((other) => other !== edit);
  }

  #cursorOf(seq: number): string {
    return `${this.#position?.epoch ?? ''}-${seq}`;
  }

  #update(change: Partial<InboxSnapshot>): void {
    if (this.#isClosed) return;
    const before = this.#snapshot;
    const isArchive = this.#api.filter === 'archived';
    const view = viewOf({ items: this.#items, counts: this.#counts }, this.#pending, (item) => item.archived === isArchive, before);
    const next = { ...before, ...change, ...view };
    if ((Object.keys(next) as (keyof InboxSnapshot)[]).every((key) => next[key] === before[key])) return;
    this.#snapshot = next;
    this.#changes.emit('change', undefined);
  }
}
