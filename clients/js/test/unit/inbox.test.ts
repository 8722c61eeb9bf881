import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { Client, ConnectOptions, Environment } from '../../src/client.js';
import type { InboxOptions } from '../../src/inbox.js';
import { FakeServer, problem, tokenOf, type Handler } from '../fake-server.js';
import { FakeClock, clientOf, eventually } from '../support.js';

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

function inboxOf(options: InboxOptions = {}, connect: ConnectOptions = {}, environment: Partial<Environment> = {}) {
  const client = clientOf({ url: server.url, token: tokenOf('user-1'), ...connect }, environment);
  open.push(client);
  const inbox = client.inbox(options);
  const now = inbox.getSnapshot;
  const seqs = () => now().items.map((item) => item.seq);
  const loaded = () => eventually(() => now().isLoaded && client.status === 'live', 'loaded and live');
  return { client, inbox, now, seqs, loaded };
}

function publish(count: number): void {
  for (let i = 0; i < count; i++) server.publish();
}

/** Keeps an answer back until the returned function is called. */
function hold(path: string): () => void {
  let release = () => {};
  const waited = new Promise<void>((resolve) => (release = resolve));
  const handler: Handler = (request, response, body) => void waited.then(() => server.answer(request, response, body));
  server.scripts.push({ path, handler });
  return release;
}

const streamRequests = () => server.requests.filter((r) => r.path.startsWith('/v1/stream'));
const counts = (unread: number, unseen: number, total: number) => ({ unread, unseen, total });

test('The stream begins where the page ends', async () => {
  publish(3);
  const { seqs, loaded, now } = inboxOf();
  await loaded();
  assert.deepEqual(seqs(), [3, 2, 1]);
  assert.deepEqual(now().counts, counts(3, 3, 3));
  assert.equal(streamRequests()[0]!.headers['last-event-id'], 'e1-3');
  server.publish();
  await eventually(() => seqs().length === 4);
  assert.deepEqual(seqs(), [4, 3, 2, 1]);
  assert.deepEqual(now().counts, counts(4, 4, 4));
});

test('What comes while the page is on its way stands in it exactly once', async () => {
  publish(2);
  const { client, now, seqs, loaded } = inboxOf({}, { since: 'latest' });
  const release = hold('/v1/inbox?');
  await eventually(() => client.status === 'live' && server.requests.some((r) => r.path.startsWith('/v1/inbox?')));
  publish(3);
  await eventually(() => client.cursor === 'e1-5');
  release();
  await loaded();
  publish(1);
  await eventually(() => seqs().length === 6);
  assert.deepEqual(seqs(), [6, 5, 4, 3, 2, 1]);
  assert.deepEqual(now().counts, counts(6, 6, 6));
});

test('A page that is older than the stream is loaded again', async () => {
  publish(2);
  const stale: Handler = (_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ items: [server.mailbox().items[0]], stream_cursor: 'e1-1' }));
  };
  server.scripts.push({ path: '/v1/inbox?', handler: stale });
  const { seqs } = inboxOf({}, { since: 'earliest' });
  await eventually(() => seqs().length === 2);
  assert.deepEqual(seqs(), [2, 1]);
});

test('Older pages follow without a gap or an overlap, until there are no more', async () => {
  publish(60);
  const { inbox, now, seqs, loaded } = inboxOf({ limit: 25 });
  await loaded();
  server.publish();
  await eventually(() => seqs().length === 26);
  await inbox.loadOlder();
  await inbox.loadOlder();
  assert.deepEqual(seqs(), Array.from({ length: 61 }, (_, i) => 61 - i));
  assert.equal(now().hasOlder, false);
});

test('The list is bounded at both ends, and what was dropped can be loaded again', async () => {
  publish(60);
  const { inbox, now, seqs, loaded } = inboxOf({ limit: 20, maxItems: 40 });
  await loaded();
  await inbox.loadOlder();
  await inbox.loadOlder();
  assert.deepEqual([seqs()[0], seqs().at(-1), now().hasNewer], [40, 1, true]);
  server.publish();
  await eventually(() => now().counts.total === 61);
  assert.equal(seqs()[0], 40);
  await inbox.loadNewer();
  await inbox.loadNewer();
  assert.deepEqual([seqs()[0], now().hasNewer, now().hasOlder], [61, false, true]);
  server.publish();
  await eventually(() => seqs()[0] === 62);
  assert.equal(seqs().length, 40);
});

test('A change shows at once, and stays when the server has done it', async () => {
  publish(3);
  const { inbox, now, loaded } = inboxOf();
  await loaded();
  const release = hold('/v1/inbox/read');
  const done = inbox.markRead(2);
  assert.deepEqual(now().items.map((i) => i.read), [false, true, false]);
  assert.deepEqual(now().counts, counts(2, 2, 3));
  release();
  await done;
  await eventually(() => server.mailbox().version === 1);
  assert.deepEqual(now().counts, counts(2, 2, 3));
  assert.equal(JSON.parse(server.requests.find((r) => r.path === '/v1/inbox/read')!.body).seqs[0], 2);
});

test('A change that the server refuses is taken back, with the reason', async () => {
  publish(2);
  const { inbox, now, loaded } = inboxOf();
  await loaded();
  server.scripts.push({ path: '/v1/inbox/archive', handler: (_, r) => problem(r, 503, 'store-unavailable') });
  const done = inbox.archive([1, 2]);
  assert.equal(now().items.length, 0);
  assert.deepEqual(now().counts, counts(0, 0, 0));
  await assert.rejects(done, { code: 'store-unavailable', status: 503 });
  assert.equal(now().items.length, 2);
  assert.deepEqual(now().counts, counts(2, 2, 2));
  assert.equal(now().error?.code, 'store-unavailable');
});

test('Two changes at the same time are reckoned once each, whichever answer comes first', async () => {
  publish(3);
  const { inbox, now, loaded } = inboxOf();
  await loaded();
  const first = hold('/v1/inbox/read');
  const one = inbox.markRead(1);
  const two = inbox.archive(2);
  assert.deepEqual(now().counts, counts(1, 1, 2));
  await two;
  assert.deepEqual(now().counts, counts(1, 1, 2));
  first();
  await one;
  assert.deepEqual(now().counts, counts(1, 1, 2));
  await eventually(() => server.mailbox().version === 2);
  assert.deepEqual(now().items.map((i) => [i.seq, i.read]), [[3, false], [1, true]]);
});

test('Mark all read names the newest that is known, so that what comes at the same moment stays unread', async () => {
  publish(30);
  const { inbox, now, loaded } = inboxOf({ limit: 10 });
  await loaded();
  const release = hold('/v1/inbox/read');
  const done = inbox.markAllRead();
  assert.deepEqual(now().counts, counts(0, 0, 30));
  server.publish();
  await eventually(() => now().items[0]?.seq === 31);
  assert.equal(now().counts.unread, 1);
  release();
  await done;
  await eventually(() => now().counts.total === 31);
  assert.deepEqual(now().counts, counts(1, 1, 31));
  assert.deepEqual(JSON.parse(server.requests.find((r) => r.path === '/v1/inbox/read')!.body), { up_to: 'e1-30' });
  assert.equal(now().items[0]!.read, false);
  assert.ok(now().items.slice(1).every((i) => i.read));
});

test('Unread, seen, archive and remove do what they say', async () => {
  publish(4);
  const { inbox, now, seqs, loaded } = inboxOf();
  await loaded();
  await inbox.markRead([1, 2]);
  await inbox.markUnread(2);
  await inbox.markSeen(3);
  await inbox.archive(1);
  await inbox.remove(now().items.find((i) => i.seq === 4)!);
  assert.deepEqual(seqs(), [3, 2]);
  assert.deepEqual(now().counts, counts(2, 0, 2));
  await inbox.markAllSeen();
  assert.deepEqual(server.mailbox().items.map((i) => i.seq), [1, 2, 3]);
});

test('What another device has deleted already is deleted', async () => {
  publish(2);
  const { inbox, seqs, loaded } = inboxOf();
  await loaded();
  server.scripts.push({ path: '/v1/inbox/2', handler: (_, r) => problem(r, 404, 'not-found') });
  await inbox.remove(2);
  assert.deepEqual(seqs(), [1]);
});

test('What another device changes shows here', async () => {
  publish(3);
  const { now, seqs, loaded } = inboxOf();
  await loaded();
  server.change('read', { up_to: 'e1-2' });
  await eventually(() => now().counts.unread === 1);
  assert.deepEqual(now().items.map((i) => i.read), [false, true, true]);
  server.change('deleted', { seqs: [2] });
  server.change('archived', { seqs: [1] });
  await eventually(() => seqs().length === 1);
  assert.deepEqual(now().counts, counts(1, 1, 1));
});

test('A state that was missed makes the inbox load again', async () => {
  publish(3);
  const { now, loaded } = inboxOf();
  await loaded();
  server.change('read', { seqs: [1] }, 'user-1', false);
  server.change('read', { seqs: [2] });
  await eventually(() => now().counts.unread === 1);
  await eventually(() => now().items.filter((i) => i.read).length === 2);
});

test('What was changed while there was no stream shows after it is back', async () => {
  publish(3);
  const { now, loaded } = inboxOf();
  await loaded();
  server.cut();
  server.change('read', { up_to: 'e1-3' }, 'user-1', false);
  await eventually(() => now().counts.unread === 0);
  assert.ok(now().items.every((i) => i.read));
});

test('After a reset the inbox is loaded again', async () => {
  publish(3);
  const { now, seqs, loaded } = inboxOf();
  await loaded();
  server.epoch = 'e2';
  server.mailbox().items.splice(0, 2);
  server.cut();
  await eventually(() => seqs().length === 1);
  server.publish();
  await eventually(() => seqs().length === 2);
  assert.deepEqual(seqs(), [4, 3]);
  assert.equal(now().counts.total, 2);
});

test('A page that fails is said, and comes by itself when the server is back', async () => {
  publish(1);
  server.scripts.push({ path: '/v1/inbox/counts', handler: (_, r) => problem(r, 503, 'store-unavailable') });
  const { inbox, now, seqs } = inboxOf();
  const said: unknown[] = [];
  inbox.subscribe(() => said.push(now().error?.code));
  await eventually(() => now().isLoaded);
  assert.deepEqual(seqs(), [1]);
  assert.ok(said.includes('store-unavailable'));
  assert.equal(now().error, undefined);
});

test('An inbox whose client is closed asks for nothing more', async () => {
  const clock = new FakeClock();
  server.scripts.push({ path: '/v1/inbox/counts', handler: (_, r) => problem(r, 503, 'store-unavailable') });
  const { client, now } = inboxOf({}, {}, { clock });
  await eventually(() => now().error && clock.pending > 0);
  client.close();
  await eventually(() => clock.pending === 0);
});

test('A snapshot is the same object until something changes, and an item until it does', async () => {
  publish(2);
  const { inbox, now, loaded } = inboxOf();
  await loaded();
  const before = now();
  assert.equal(before, now());
  let calls = 0;
  const off = inbox.subscribe(() => calls++);
  await inbox.markRead(2);
  assert.notEqual(before, now());
  assert.equal(before.items[1], now().items[1]);
  assert.notEqual(before.items[0], now().items[0]);
  assert.ok(calls > 0);
  off();
  const last = calls;
  await inbox.markUnread(2);
  assert.equal(calls, last);
});

test('The archive shows what is archived, and takes up what becomes it', async () => {
  publish(2);
  server.change('archived', { seqs: [1] });
  const { seqs, loaded } = inboxOf({ filter: 'archived' });
  await loaded();
  assert.deepEqual(seqs(), [1]);
  server.change('archived', { seqs: [2] });
  await eventually(() => seqs().length === 2);
});

test('An inbox of some types asks for them and takes no others from the stream', async () => {
  const { client, seqs, loaded } = inboxOf({ types: ['job.*'] });
  await loaded();
  server.publish({ event_type: 'follower.new' });
  server.publish({ event_type: 'job.posted' });
  await eventually(() => client.cursor === 'e1-2');
  assert.deepEqual(seqs(), [2]);
  assert.ok(server.requests.some((r) => r.path.includes('types=job.*')));
});
