import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { Client, ConnectOptions } from '../../src/client.js';
import type { Inbox } from '../../src/inbox.js';
import type { PageHandlers } from '../../src/page.js';
import type { Channel, Locks } from '../../src/tabs.js';
import { FakeServer, tokenOf } from '../fake-server.js';
import { clientOf, eventually, randomOf } from '../support.js';

/** One browser's lock manager: one holder, a queue, and thieves. */
class FakeLocks implements Locks {
  #holders = new Map<string, { reject: (error: Error) => void }>();
  #queues = new Map<string, (() => void)[]>();

  request(name: string, options: { signal?: AbortSignal; steal?: boolean }, held: () => Promise<void>): Promise<unknown> {
    if (options.steal && options.signal) return Promise.reject(new TypeError('steal with a signal'));
    return new Promise((resolve, reject) => {
      const begin = () => {
        const holder = { reject };
        this.#holders.set(name, holder);
        void held().then((value) => {
          if (this.#holders.get(name) !== holder) return;
          this.#holders.delete(name);
          resolve(value);
          this.#queues.get(name)?.shift()?.();
        });
      };
      const aborted = () => Object.assign(new Error('aborted'), { name: 'AbortError' });
      if (options.steal) {
        this.#holders.get(name)?.reject(aborted());
        begin();
      } else if (this.#holders.has(name)) {
        const queue = this.#queues.get(name) ?? [];
        this.#queues.set(name, queue);
        queue.push(begin);
        options.signal?.addEventListener('abort', () => {
          const index = queue.indexOf(begin);
          if (index >= 0) queue.splice(index, 1);
          reject(aborted());
        });
      } else {
        begin();
      }
    });
  }
}

/** A channel between the tabs of one process, which a test can make lose messages, and freeze at one end. */
class FakeChannels {
  readonly #open = new Set<FakeChannel>();
  loses: (message: { k: string }, to: FakeChannel) => boolean = () => false;

  open(name: string, tab: Tab): Channel {
    const channel = new FakeChannel(name, tab, this.#open, this);
    this.#open.add(channel);
    return channel;
  }
}

class FakeChannel implements Channel {
  onmessage: ((event: { data: unknown }) => void) | null = null;

  constructor(
    readonly name: string,
    readonly tab: Tab,
    private readonly all: Set<FakeChannel>,
    private readonly channels: FakeChannels,
  ) {}

  postMessage(message: unknown): void {
    if (this.tab.isFrozen) return;
    const copy = structuredClone(message) as { k: string };
    for (const other of this.all) {
      if (other === this || other.name !== this.name || other.tab.isFrozen || this.channels.loses(copy, other)) continue;
      queueMicrotask(() => other.onmessage?.({ data: copy }));
    }
  }

  close(): void {
    this.all.delete(this);
  }
}

interface Tab {
  client: Client;
  seqs: number[];
  resets: string[];
  isFrozen: boolean;
  page: PageHandlers;
}

let server: FakeServer;
let locks: FakeLocks;
let channels: FakeChannels;
let tabs: Tab[];

beforeEach(async () => {
  server = await FakeServer.start();
  [locks, channels, tabs] = [new FakeLocks(), new FakeChannels(), []];
});

afterEach(async () => {
  for (const { client } of tabs) client.close();
  await server.stop();
});

function openTab(options: ConnectOptions = {}): Tab {
  const tab: Tab = { seqs: [], resets: [], isFrozen: false } as never;
  tab.client = clientOf(
    { url: server.url, token: tokenOf('user-1'), since: 'latest', ...options },
    { locks, openChannel: (name) => channels.open(name, tab), watchPage: (page) => ((tab.page = page), () => {}) },
  );
  tab.client.on('notification', (n) => tab.seqs.push(n.seq));
  tab.client.on('reset', (r) => tab.resets.push(r.reason));
  tabs.push(tab);
  return tab;
}

async function openTabs(count: number, options: ConnectOptions = {}): Promise<Tab[]> {
  const opened = Array.from({ length: count }, () => openTab(options));
  await eventually(() => opened.every(({ client }) => client.status === 'live' && client.cursor !== undefined), 'all live');
  return opened;
}

test('Eight tabs share one stream, and each hears everything once and in order', async () => {
  const opened = await openTabs(8);
  for (let i = 0; i < 50; i++) server.publish();
  await eventually(() => opened.every((tab) => tab.seqs.length === 50));
  for (const tab of opened) assert.deepEqual(tab.seqs, Array.from({ length: 50 }, (_, i) => i + 1));
  assert.equal(server.opened, 1);
});

test('When the leader closes another takes over, and nobody misses what came in between', async () => {
  const [leader, ...rest] = await openTabs(4);
  server.publish();
  await eventually(() => rest.every((tab) => tab.seqs.length === 1));
  leader!.client.close();
  server.publish();
  await eventually(() => server.opened === 2);
  server.publish();
  await eventually(() => rest.every((tab) => tab.seqs.length === 3));
  for (const tab of rest) assert.deepEqual([tab.seqs, tab.resets], [[1, 2, 3], []]);
  assert.equal(server.streams.size, 1);
});

test('A leader that is frozen loses its lock, and follows when it wakes', async () => {
  const [leader, ...rest] = await openTabs(3, { heartbeat: 60 });
  const beat = setInterval(() => server.write(':\n\n'), 20);
  leader!.isFrozen = true;
  await eventually(() => server.opened >= 2, 'another leads');
  server.publish();
  await eventually(() => rest.every((tab) => tab.seqs.length === 1));
  leader!.isFrozen = false;
  server.publish();
  await eventually(() => tabs.every((tab) => tab.seqs.at(-1) === 2), 'all have the second');
  clearInterval(beat);
  for (const tab of tabs) assert.deepEqual(tab.seqs, [1, 2]);
});

test('A leader that only has nothing to say keeps its lock', async () => {
  await openTabs(3, { heartbeat: 60 });
  const beat = setInterval(() => server.write(':\n\n'), 20);
  const end = Date.now() + 800;
  await eventually(() => Date.now() > end);
  clearInterval(beat);
  assert.equal(server.opened, 1);
});

test('A tab that lost a message between the tabs gets it again, the others have nothing twice', async () => {
  const opened = await openTabs(3);
  let isLost = false;
  channels.loses = (message, to) => {
    const loses = !isLost && message.k === 'block' && to.tab === opened[2];
    isLost ||= loses;
    return loses;
  };
  server.publish();
  server.publish();
  await eventually(() => opened.every((tab) => tab.seqs.length === 2));
  server.publish();
  await eventually(() => opened.every((tab) => tab.seqs.length === 3));
  for (const tab of opened) assert.deepEqual([tab.seqs, tab.resets], [[1, 2, 3], []]);
});

test('A tab that opens later begins where the leader stands, and is live at once', async () => {
  const [first] = await openTabs(1);
  server.publish();
  await eventually(() => first!.seqs.length === 1);
  const late = openTab();
  await eventually(() => late.client.status === 'live' && late.client.cursor === 'e1-1');
  server.publish();
  await eventually(() => late.seqs.length === 1);
  assert.deepEqual(late.seqs, [2]);
  assert.equal(server.opened, 1);
});

test('All tabs show the leader\'s status', async () => {
  const opened = await openTabs(3);
  server.retry = 60_000;
  opened[0]!.page.lose();
  await eventually(() => opened.every(({ client }) => client.status === 'offline'));
  opened[2]!.page.wake();
  await eventually(() => opened.every(({ client }) => client.status === 'live'));
});

test('Tabs of different users or types share nothing', async () => {
  const [mine] = await openTabs(1);
  const other = openTab({ token: tokenOf('user-2') });
  const typed = openTab({ types: ['job.*'] });
  await eventually(() => other.client.status === 'live' && typed.client.status === 'live');
  assert.equal(server.opened, 3);
  server.publish({}, 'user-2');
  await eventually(() => other.seqs.length === 1);
  assert.deepEqual([mine!.seqs, typed.seqs], [[], []]);
});

test('tabs: false gives each its own stream', async () => {
  await openTabs(2, { tabs: false });
  assert.equal(server.opened, 2);
});

test('Whatever is cut, closed, opened and lost, every tab has all of it once and in order', async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const random = randomOf(seed);
    server.retry = 1;
    channels.loses = (message) => message.k === 'block' && random() < 0.05;
    const opened = [openTab(), openTab(), openTab()];
    await eventually(() => opened.every(({ client }) => client.status === 'live'));
    for (let step = 0; step < 60; step++) {
      const dice = random();
      if (dice < 0.7) server.publish();
      else if (dice < 0.85) server.cut();
      else if (dice < 0.92) opened.push(openTab());
      else if (opened.length > 1) opened.splice(Math.floor(random() * opened.length), 1)[0]!.client.close();
      // Lets some of it happen before the next: how much, the seed decides.
      for (let i = Math.floor(random() * 4); i > 0; i--) await new Promise(setImmediate);
    }

    await eventually(() => opened.every(({ client }) => client.status === 'live'));
    channels.loses = () => false;
    server.publish();
    const last = server.publish();
    await eventually(() => opened.every((tab) => tab.seqs.at(-1) === last), `seed ${seed}: all have ${last}`);
    for (const tab of opened) {
      const first = tab.seqs[0]!;
      assert.deepEqual(tab.seqs, Array.from({ length: last - first + 1 }, (_, i) => first + i), `seed ${seed}`);
      assert.deepEqual(tab.resets, [], `seed ${seed}`);
    }

    assert.equal(server.streams.size, 1, `seed ${seed}`);
    for (const { client } of opened) client.close();
    await eventually(() => server.streams.size === 0);
  }
});

test('Every tab has its own inbox on the one stream', async () => {
  for (let i = 0; i < 3; i++) server.publish();
  const opened = Array.from({ length: 4 }, () => openTab({ since: undefined as never }));
  const inboxes = opened.map(({ client }) => client.inbox());
  await eventually(() => opened.every(({ client }) => client.status === 'live') && inboxes.every((inbox) => inbox.getSnapshot().isLoaded));
  server.publish();
  await inboxes[2]!.markRead(3);
  await eventually(() => inboxes.every((inbox) => inbox.getSnapshot().items.length === 4 && inbox.getSnapshot().counts.unread === 3));
  for (const inbox of inboxes) assert.deepEqual(inbox.getSnapshot().items.map((i) => [i.seq, i.read]), [[4, false], [3, true], [2, false], [1, false]]);
  assert.equal(server.opened, 1);
});

test('A tab that was put aside shows what was read elsewhere in the meantime', async () => {
  for (let i = 0; i < 3; i++) server.publish();
  const opened: Tab[] = [];
  const inboxes: Inbox[] = [];
  for (let i = 0; i < 2; i++) {
    const tab = openTab({ since: undefined as never });
    const inbox = tab.client.inbox();
    await eventually(() => tab.client.status === 'live' && inbox.getSnapshot().isLoaded);
    opened.push(tab);
    inboxes.push(inbox);
  }

  for (const [index, tab] of opened.entries()) {
    // It leads; afterwards it follows, and no stream of its own tells it.
    const before = server.opened;
    tab.page.pause();
    await eventually(() => server.opened > before && opened[1 - index]!.client.status === 'live');
    server.change('read', { seqs: [index + 1] });
    const isRead = (inbox: Inbox) => inbox.getSnapshot().items.find((i) => i.seq === index + 1)?.read;
    await eventually(() => isRead(inboxes[1 - index]!));
    tab.page.resume();
    await eventually(() => isRead(inboxes[index]!));
  }
});
