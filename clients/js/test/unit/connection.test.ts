import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PageHandlers } from '../../src/page.js';
import { VERSION } from '../../src/version.js';
import { tokenOf } from '../fake-server.js';
import { listen, server, streamRequests, upTo } from '../listening.js';
import { eventually } from '../support.js';

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
