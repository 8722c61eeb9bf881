import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Change } from '../src/protocol.js';

interface Item {
  seq: number;
  seen: boolean;
  read: boolean;
  archived: boolean;
  [member: string]: unknown;
}

interface Stream {
  user: string;
  response: ServerResponse;
  sent: number;
}

class Mailbox {
  readonly items: Item[] = [];
  last = 0;
  floor = 0;
  version = 0;

  get counts() {
    const rest = this.items.filter((item) => !item.archived);
    return { unread: rest.filter((i) => !i.read).length, unseen: rest.filter((i) => !i.seen).length, total: rest.length };
  }
}

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A token that names its user; `n` tells one from the next. */
export function tokenOf(user: string, n = 1): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub: user, n })}.x`;
}

/** The stream and the inbox as docs/protocol.md has them, on a real socket, in memory, with every fault that a test asks for. */
export class FakeServer {
  readonly streams = new Set<Stream>();
  readonly requests: { method: string; path: string; headers: IncomingMessage['headers']; body: string }[] = [];
  /** What answers the next requests of a path instead of the server, one each. */
  readonly scripts: { path: string; handler: Handler }[] = [];
  /** Answers what the server does not know: the pages of the browser tests. */
  fallback: Handler = (_, response) => response.writeHead(404).end();
  refused = new Set<string>();
  epoch = 'e1';
  retry = 20;
  /** Streams that were opened in all. */
  opened = 0;
  readonly #mailboxes = new Map<string, Mailbox>();
  readonly #sockets = new Set<import('node:net').Socket>();
  #server!: Server;

  static async start(): Promise<FakeServer> {
    const fake = new FakeServer();
    fake.#server = createServer((request, response) => fake.#handle(request, response));
    fake.#server.on('connection', (socket) => {
      fake.#sockets.add(socket);
      socket.on('close', () => fake.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  mailbox(user = 'user-1'): Mailbox {
    let mailbox = this.#mailboxes.get(user);
    if (!mailbox) this.#mailboxes.set(user, (mailbox = new Mailbox()));
    return mailbox;
  }

  /** Stores one notification and sends it to the open streams. */
  publish(event: Record<string, unknown> = {}, user = 'user-1'): number {
    const mailbox = this.mailbox(user);
    const seq = ++mailbox.last;
    const now = new Date().toISOString();
    mailbox.items.push({
      id: `n-${seq}`, source: 'test', user_id: user, event_type: 'job.posted', priority: 'MEDIUM', event_timestamp: now,
      payload: { title: `Title ${seq}` }, notification_id: `00000000-0000-7000-8000-${String(seq).padStart(12, '0')}`,
      received_at: now, ...event, seq, seen: false, read: false, archived: false,
    });
    for (const stream of this.streams) if (stream.user === user) this.#send(stream, mailbox.items.at(-1)!);
    return seq;
  }

  /** Changes states as another device would. */
  change(change: Change, target: { seqs?: number[]; up_to?: string }, user = 'user-1', isTold = true): void {
    const mailbox = this.mailbox(user);
    const upTo = Number(target.up_to?.split('-')[1] ?? -1);
    for (const item of [...mailbox.items]) {
      if (!(target.seqs?.includes(item.seq) || item.seq <= upTo)) continue;
      if (change === 'deleted') mailbox.items.splice(mailbox.items.indexOf(item), 1);
      else if (change === 'unread') item.read = false;
      else {
        item.seen = true;
        if (change === 'read') item.read = true;
        if (change === 'archived') item.archived = true;
      }
    }

    mailbox.version++;
    if (isTold) this.tell('state', { change, ...target, state_version: mailbox.version, counts: mailbox.counts }, user);
  }

  /** One block to all open streams. */
  tell(event: string, data: unknown, user = 'user-1', id?: string): void {
    this.write(`event: ${event}\n${id ? `id: ${id}\n` : ''}data: ${JSON.stringify(data)}\n\n`, user);
  }

  write(text: string, user = 'user-1'): void {
    for (const stream of this.streams) if (stream.user === user) stream.response.write(text);
  }

  /** Cuts every stream as a dead network would. */
  cut(): void {
    for (const stream of this.streams) stream.response.socket?.destroy();
    this.streams.clear();
  }

  block(item: Item, prev = item.seq - 1): string {
    const { seen, read, archived, ...notification } = item;
    void [seen, read, archived];
    return `event: notification\nid: ${this.epoch}-${item.seq}\ndata: ${JSON.stringify({ ...notification, prev })}\n\n`;
  }

  #send(stream: Stream, item: Item): void {
    stream.response.write(this.block(item, stream.sent));
    stream.sent = item.seq;
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const path = request.url ?? '/';
      this.requests.push({ method: request.method ?? '', path, headers: request.headers, body });
      const index = this.scripts.findIndex((script) => path.startsWith(script.path));
      if (index >= 0) {
        this.scripts.splice(index, 1)[0]!.handler(request, response, body);
        return;
      }

      this.answer(request, response, body);
    });
  }

  /** As the server would, whatever the scripts say. */
  answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const path = request.url ?? '/';
    if (!path.startsWith('/v1/')) this.fallback(request, response, body);
    else this.#api(request, response, new URL(path, this.url), body);
  }

  #api(request: IncomingMessage, response: ServerResponse, url: URL, body: string): void {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (!token || this.refused.has(token)) {
      problem(response, 401, 'unauthorized');
      return;
    }

    const user = (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sub: string }).sub;
    const mailbox = this.mailbox(user);
    if (url.pathname === '/v1/stream') this.#stream(request, response, url, user);
    else if (url.pathname === '/v1/inbox/counts') json(response, { ...mailbox.counts, state_version: mailbox.version });
    else if (url.pathname === '/v1/inbox') json(response, this.#page(mailbox, url.searchParams));
    else if (request.method === 'DELETE') {
      this.change('deleted', { seqs: [Number(url.pathname.split('/').at(-1))] }, user);
      response.writeHead(204).end();
    } else {
      const name = url.pathname.split('/').at(-1)!;
      this.change((name === 'archive' ? 'archived' : name) as Change, JSON.parse(body) as { seqs?: number[] }, user);
      json(response, { counts: mailbox.counts, state_version: mailbox.version });
    }
  }

  #page(mailbox: Mailbox, query: URLSearchParams): unknown {
    const seqOf = (name: string) => Number(query.get(name)?.split('-')[1] ?? NaN);
    const [before, after, limit] = [seqOf('before'), seqOf('after'), Number(query.get('limit') ?? 25)];
    const filter = query.get('filter') ?? 'all';
    let list = mailbox.items.filter((item) => (filter === 'archived' ? item.archived : !item.archived && (filter === 'all' || !item.read)));
    if (!Number.isNaN(before)) list = list.filter((item) => item.seq < before);
    if (!Number.isNaN(after)) list = list.filter((item) => item.seq > after).slice(0, limit);
    return { items: list.reverse().slice(0, limit), stream_cursor: `${this.epoch}-${mailbox.last}` };
  }

  #stream(request: IncomingMessage, response: ServerResponse, url: URL, user: string): void {
    const mailbox = this.mailbox(user);
    const cursor = /^([0-9a-z.]+)-(\d+)$/.exec(String(request.headers['last-event-id'] ?? url.searchParams.get('last_event_id') ?? ''));
    let start = url.searchParams.get('since') === 'latest' ? mailbox.last : mailbox.floor;
    let reason: string | undefined;
    if (cursor) {
      start = Number(cursor[2]);
      if (cursor[1] !== this.epoch) [start, reason] = [mailbox.floor, 'epoch'];
      else if (start > mailbox.last) [start, reason] = [mailbox.last, 'ahead'];
      else if (start < mailbox.floor) [start, reason] = [mailbox.floor, 'retention'];
    }

    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(`: belfry\n\nretry: ${this.retry}\n\nid: ${this.epoch}-${start}\n\n`);
    const stream: Stream = { user, response, sent: start };
    const at = () => `${this.epoch}-${stream.sent}`;
    const say = (event: string, data: unknown) => response.write(`event: ${event}\nid: ${at()}\ndata: ${JSON.stringify(data)}\n\n`);
    if (reason) say('reset', { reason, cursor: at() });
    for (const item of mailbox.items) if (item.seq > start) this.#send(stream, item);
    say('caught-up', { cursor: at(), state_version: mailbox.version, counts: mailbox.counts });
    this.streams.add(stream);
    this.opened++;
    response.on('close', () => this.streams.delete(stream));
  }
}

export function problem(response: ServerResponse, status: number, type: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/problem+json', ...headers });
  response.end(JSON.stringify({ type: `urn:belfry:problem:${type}`, title: type, status, detail: 'As the test wants it.' }));
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
