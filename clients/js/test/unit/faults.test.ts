import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problem, tokenOf } from '../fake-server.js';
import { listen, server, streamRequests, upTo } from '../listening.js';
import { eventually } from '../support.js';

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
