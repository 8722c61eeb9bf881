import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { Client, ConnectOptions, Environment } from '../../src/client.js';
import type { BelfryError } from '../../src/errors.js';
import type { PageHandlers } from '../../src/page.js';
import { VERSION } from '../../src/version.js';
import { FakeServer, problem, tokenOf } from '../fake-server.js';
import { clientOf, eventually } from '../support.js';

let server: FakeServer;
let open: Client[] = [];

beforeEach(async () => {
  server = await FakeServer.start();
});

afterEach(async () => {
  for (const client of open) client.close();
  open = [];
  await server.stop();
});

/** A client that notes down everything it is told. */
function listen(options: ConnectOptions = {}, environment: Partial<Environment> = {}) {
  const client = clientOf({ url: server.url, token: tokenOf('user-1'), since: 'earliest', heartbeat: 15_000, ...options }, environment);
  open.push(client);
  const seqs: number[] = [];
  const errors: BelfryError[] = [];
  const statuses: string[] = [];
  const resets: string[] = [];
  client.on('notification', (n) => seqs.push(n.seq));
  client.on('error', (e) => errors.push(e));
  client.on('status', (s) => statuses.push(s));
  client.on('reset', (r) => resets.push(r.reason));
  return { client, seqs, errors, statuses, resets, live: () => eventually(() => client.status === 'live', 'live') };
}

const streamRequests = () => server.requests.filter((r) => r.path.startsWith('/v1/stream'));
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

test('What is there is replayed, what comes is live, and the client says who it is', async () => {
  server.publish();
  server.publish();
  const { client, seqs, statuses, live } = listen({ types: ['job.*', 'a b'] });
  await live();
  server.publish({ payload: { text: 'Grüße 🔔' } });
  await eventually(() => seqs.length === 3);
  assert.deepEqual(seqs, [1, 2, 3]);
  assert.deepEqual(statuses, ['live']);
  assert.equal(client.cursor, 'e1-3');
  const { path, headers } = streamRequests()[0]!;
  assert.equal(path, '/v1/stream?since=earliest&types=job.*%2Ca+b');
  assert.equal(headers['x-belfry-client'], `js/${VERSION}`);
  assert.equal(headers.authorization, `Bearer ${tokenOf('user-1')}`);
});

test('A connection that is cut in the middle of an event goes on after the last whole one, exactly once', async () => {
  const { seqs, live } = listen();
  await live();
  server.publish();
  await eventually(() => seqs.length === 1);
  const half = server.block({ seq: 2, seen: false, read: false, archived: false, payload: 'x'.repeat(100) }).slice(0, 60);
  server.write(half);
  server.cut();
  server.publish();
  server.publish();
  await eventually(() => seqs.length === 3);
  assert.deepEqual(seqs, upTo(3));
  assert.equal(streamRequests().at(-1)!.headers['last-event-id'], 'e1-1');
});

test('Cut a hundred times while events come, nothing is lost, doubled or out of order', async () => {
  server.retry = 1;
  const { seqs, live } = listen({}, { random: () => 0 });
  await live();
  for (let i = 0; i < 100; i++) {
    const opened = server.opened;
    server.publish();
    server.cut();
    server.publish();
    await eventually(() => server.opened > opened);
  }

  await eventually(() => seqs.length >= 200);
  assert.deepEqual(seqs, upTo(200));
});

test('A stream without events resumes where it began', async () => {
  server.publish();
  const { seqs, live } = listen({ since: 'latest' });
  await live();
  server.cut();
  server.publish();
  await eventually(() => seqs.length === 1);
  assert.deepEqual(seqs, [2]);
  assert.equal(streamRequests().at(-1)!.headers['last-event-id'], 'e1-1');
});

test('A bare id moves the cursor and fires nothing', async () => {
  const { client, seqs, live } = listen();
  await live();
  server.write('id: e1-5\n\n');
  await eventually(() => client.cursor === 'e1-5');
  assert.deepEqual(seqs, []);
});

test('A token that is refused is renewed once, and the stream goes on', async () => {
  const contexts: boolean[] = [];
  server.refused.add(tokenOf('user-1', 1));
  const { live, errors } = listen({
    token: ({ refresh }) => {
      contexts.push(refresh);
      return tokenOf('user-1', refresh ? 2 : 1);
    },
  });
  await live();
  assert.deepEqual(contexts, [false, true]);
  assert.deepEqual(errors, []);
});

test('A renewed token that is refused too waits as after any failure', async () => {
  server.refused.add(tokenOf('user-1'));
  const { client, errors } = listen({ token: () => tokenOf('user-1') });
  await eventually(() => errors.length === 1);
  assert.equal(errors[0]!.code, 'unauthorized');
  assert.equal(client.status, 'offline');
  assert.equal(streamRequests().length, 2);
});

test('A token of another user ends the client', async () => {
  const { client, live } = listen({ token: ({ refresh }) => tokenOf(refresh ? 'user-2' : 'user-1') });
  await live();
  server.refused.add(tokenOf('user-1'));
  server.cut();
  await eventually(() => client.status === 'closed');
  assert.equal(server.streams.size, 0);
});

test('A token function that fails is asked again', async () => {
  let calls = 0;
  const { live, errors } = listen({
    token: () => {
      if (++calls === 1) throw new Error('no session');
      return tokenOf('user-1');
    },
  });
  await live();
  assert.deepEqual(errors.map((e) => e.code), ['token']);
});

test('503 with Retry-After is waited for, and says offline in the meantime', async () => {
  server.scripts.push({ path: '/v1/stream', handler: (_, r) => problem(r, 503, 'draining', { 'Retry-After': '1' }) });
  const begin = Date.now();
  const { live, errors, statuses } = listen();
  await live();
  assert.ok(Date.now() - begin >= 950);
  assert.equal(errors[0]!.code, 'draining');
  assert.equal(errors[0]!.retryAfter, 1_000);
  assert.deepEqual(statuses, ['offline', 'connecting', 'live']);
});

test('A page of something else in between is no stream', async () => {
  server.scripts.push({ path: '/v1/stream', handler: (_, r) => r.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Log in') });
  const { live, errors } = listen();
  await live();
  assert.deepEqual(errors.map((e) => e.code), ['not-a-stream']);
});

test('bye is waited for as long as it says, and the status does not flicker to offline', async () => {
  const { seqs, statuses, live } = listen();
  await live();
  const begin = Date.now();
  server.tell('bye', { retry_ms: 300 });
  await eventually(() => server.opened === 2);
  assert.ok(Date.now() - begin >= 290);
  server.publish();
  await eventually(() => seqs.length === 1);
  assert.ok(!statuses.includes('offline'));
});

test('retry is waited for after a stream that ends without a word', async () => {
  server.retry = 300;
  const { live } = listen();
  await live();
  const begin = Date.now();
  for (const { response } of server.streams) response.end();
  await eventually(() => server.opened === 2);
  assert.ok(Date.now() - begin >= 290);
});

test('A reset is told, and the cursor follows it', async () => {
  for (let i = 0; i < 5; i++) server.publish();
  server.mailbox().floor = 3;
  const { client, seqs, resets, live } = listen({ cursor: 'e1-1' });
  await live();
  assert.deepEqual(resets, ['retention']);
  assert.deepEqual(seqs, [4, 5]);
  server.epoch = 'e2';
  server.cut();
  await eventually(() => resets.length === 2 && client.status === 'live');
  assert.deepEqual(resets, ['retention', 'epoch']);
  assert.equal(client.cursor, 'e2-5');
});

test('A connection that is cut before its reset asks for the same again', async () => {
  for (let i = 0; i < 5; i++) server.publish();
  server.mailbox().floor = 3;
  server.scripts.push({
    path: '/v1/stream',
    handler: (_, r) => {
      r.writeHead(200, { 'Content-Type': 'text/event-stream' });
      r.write('retry: 1\n\nid: e1-3\n\n', () => setImmediate(() => r.socket?.destroy()));
    },
  });
  const { resets, live } = listen({ cursor: 'e1-1' });
  await live();
  assert.deepEqual(resets, ['retention']);
  assert.equal(streamRequests().at(-1)!.headers['last-event-id'], 'e1-1');
});

test('A connection that falls silent is replaced', async () => {
  const { errors, seqs, live } = listen({ heartbeat: 100 });
  await live();
  // The server believes that it has sent it; the network has swallowed it.
  for (const stream of server.streams) stream.response.write = () => true;
  server.publish();
  await eventually(() => seqs.length === 1);
  assert.deepEqual(seqs, [1]);
  assert.ok(errors.every((e) => e.code === 'timeout'));
});

test('Heartbeats keep a silent connection alive', async () => {
  const { live, errors } = listen({ heartbeat: 100 });
  await live();
  const beat = setInterval(() => server.write(':\n\n'), 30);
  const end = Date.now() + 700;
  await eventually(() => Date.now() > end);
  clearInterval(beat);
  assert.equal(server.opened, 1);
  assert.deepEqual(errors, []);
});

test('A gap in prev is fetched again from the cursor', async () => {
  const { seqs, resets, live } = listen();
  await live();
  server.publish();
  await eventually(() => seqs.length === 1);
  for (const stream of server.streams) {
    const { write } = stream.response;
    stream.response.write = () => true;
    server.publish();
    stream.response.write = write;
  }

  server.publish();
  await eventually(() => seqs.length === 3);
  assert.deepEqual(seqs, upTo(3));
  assert.deepEqual(resets, []);
  assert.equal(streamRequests().at(-1)!.headers['last-event-id'], 'e1-1');
});

test('A gap that stays is told as a reset, and the stream goes on', async () => {
  const { seqs, resets, live } = listen();
  await live();
  const mailbox = server.mailbox();
  server.publish();
  await eventually(() => seqs.length === 1);
  const gapped: Parameters<typeof server.scripts.push>[0]['handler'] = (_, r) => {
    r.writeHead(200, { 'Content-Type': 'text/event-stream' });
    r.write(`id: e1-1\n\n${server.block({ seq: 4, seen: false, read: false, archived: false })}`);
  };
  mailbox.last = 4;
  server.scripts.push({ path: '/v1/stream', handler: gapped }, { path: '/v1/stream', handler: gapped });
  server.cut();
  await eventually(() => seqs.length === 2);
  assert.deepEqual(seqs, [1, 4]);
  assert.deepEqual(resets, ['gap']);
});

test('Skipped seqs are no gap', async () => {
  const { seqs, live } = listen();
  await live();
  server.write(server.block({ seq: 5, seen: false, read: false, archived: false }, 0));
  await eventually(() => seqs.length === 1);
  assert.equal(server.opened, 1);
});

test('What was had already is not told again', async () => {
  const { seqs, live } = listen();
  await live();
  server.publish();
  server.write(server.block(server.mailbox().items[0]!, 0));
  server.publish();
  await eventually(() => seqs.length === 2);
  assert.deepEqual(seqs, [1, 2]);
});

test('A network that comes back cuts the pause short, and one that goes ends the connection', async () => {
  server.retry = 60_000;
  let page!: PageHandlers;
  const { client, live } = listen({}, { watchPage: (handlers) => ((page = handlers), () => {}) });
  await live();
  page.lose();
  await eventually(() => client.status === 'offline');
  page.wake();
  await live();
  assert.equal(server.opened, 2);
});

test('A page that is put aside closes its stream, and goes on where it was when it is shown again', async () => {
  let page!: PageHandlers;
  const { client, seqs, live } = listen({}, { watchPage: (handlers) => ((page = handlers), () => {}) });
  await live();
  server.publish();
  await eventually(() => seqs.length === 1);
  page.pause();
  await eventually(() => server.streams.size === 0);
  server.publish();
  page.resume();
  await eventually(() => seqs.length === 2);
  await live();
  assert.deepEqual(seqs, [1, 2]);
  assert.equal(client.cursor, 'e1-2');
});

test('After close nothing is heard and nothing stays open', async () => {
  const { client, seqs, live } = listen();
  await live();
  client.close();
  await eventually(() => server.streams.size === 0);
  server.publish();
  assert.equal(client.status, 'closed');
  assert.deepEqual(seqs, []);
});

test('A listener that throws disturbs neither the others nor the stream', async (t) => {
  t.mock.method(console, 'error', () => {});
  const { client, seqs, live } = listen();
  client.on('notification', () => {
    throw new Error('mine');
  });
  const after: number[] = [];
  client.on('notification', (n) => after.push(n.seq));
  await live();
  server.publish();
  server.publish();
  await eventually(() => after.length === 2);
  assert.deepEqual(seqs, [1, 2]);
});

test('for await gives each notification, and ends with the client', async () => {
  const { client, live } = listen();
  await live();
  const seqs: number[] = [];
  const loop = (async () => {
    for await (const { seq } of client) {
      seqs.push(seq);
      if (seq === 3) client.close();
    }
  })();
  for (let i = 0; i < 3; i++) server.publish();
  await loop;
  assert.deepEqual(seqs, [1, 2, 3]);
});

test('for await that falls too far behind says so instead of filling the memory', async () => {
  const { client, seqs, live } = listen();
  await live();
  const loop = client[Symbol.asyncIterator]();
  const first = loop.next();
  server.publish();
  await first;
  for (let i = 0; i < 1_001; i++) server.publish();
  await eventually(() => seqs.length === 1_002);
  await assert.rejects(loop.next(), { code: 'overflow' });
});
