import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { FakeServer } from '../fake-server.js';
import { eventually } from '../support.js';
import { launch, startServer, until } from './harness.js';

/** The server itself, from its build: `BELFRY_BIN=…/belfry npm run test:browser`. */
const program = process.env['BELFRY_BIN'];
const options = program ? {} : { skip: 'BELFRY_BIN names no server' };

let folder: string;
let pages: FakeServer;
let browser: Browser;
let server: ChildProcess | undefined;
let url: string;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}

async function startBelfry(admin: number): Promise<void> {
  server = spawn(program!, ['serve', '--dev', '--urls', url, '--admin-urls', `http://127.0.0.1:${admin}`], {
    cwd: folder, stdio: 'ignore', env: { ...process.env, Belfry__Http__CorsOrigins__0: pages.url },
  });
  await eventually(() => fetch(`${url}/readyz`).then((r) => r.ok, () => false), 'ready');
}

async function stopBelfry(): Promise<void> {
  const gone = once(server!, 'exit');
  server!.kill('SIGTERM');
  await gone;
  server = undefined;
}

const header = (name: string) => readFileSync(join(folder, 'belfry-data', `${name}.header`), 'utf8').trim().split(/:\s*/) as [string, string];

async function publish(): Promise<void> {
  const [name, value] = header('publish');
  const body = JSON.stringify({ user_id: 'user-1', event_type: 'job.posted', payload: { title: 'Hello' } });
  const answer = await fetch(`${url}/v1/events`, { method: 'POST', headers: { [name]: value, 'Content-Type': 'application/json' }, body });
  assert.equal(answer.status, 202);
}

before(async () => {
  if (!program) return;
  folder = mkdtempSync(join(tmpdir(), 'belfry-js-'));
  pages = await startServer();
  browser = await launch();
  url = `http://127.0.0.1:${await freePort()}`;
});

after(async () => {
  if (!program) return;
  await browser.close();
  await pages.stop();
  if (server) await stopBelfry();
  rmSync(folder, { recursive: true, force: true });
});

async function openClient(context: BrowserContext, since: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${pages.url}/?wait=1`);
  await until(page, 'window.ready');
  const token = header('user-1')[1].replace(/^Bearer /, '');
  await page.evaluate(`import('/dist/index.js').then(({ connect }) => {
    window.client = connect({ url: ${JSON.stringify(url)}, token: ${JSON.stringify(token)}${since} });
    window.bell = document.querySelector('belfry-inbox');
    window.resets = [];
    client.on('notification', (n) => seqs.push(n.seq));
    client.on('reset', (r) => resets.push(r.reason));
  })`);
  await until(page, 'window.client !== undefined');
  return page;
}

test('A page of another origin follows the real server over its restart, without a loss or a double', options, async () => {
  const admin = await freePort();
  await startBelfry(admin);
  const context = await browser.newContext({ bypassCSP: true });
  const page = await openClient(context, ", since: 'latest'");
  await until(page, 'client.status === "live"');
  for (let i = 0; i < 5; i++) await publish();
  await until(page, 'seqs.length === 5');
  await stopBelfry();
  await until(page, 'client.status !== "live"');
  await startBelfry(admin);
  for (let i = 0; i < 5; i++) await publish();
  await until(page, 'seqs.length >= 10');
  assert.deepEqual(await page.evaluate('[seqs, resets]'), [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], []]);
  await context.close();
});

test('Two devices have one inbox on the real server', options, async (t) => {
  const [name, value] = header('user-1');
  if ((await fetch(`${url}/v1/inbox/counts`, { headers: { [name]: value } })).status === 404) {
    t.skip('this server has no inbox');
    return;
  }

  const contexts = [await browser.newContext({ bypassCSP: true }), await browser.newContext({ bypassCSP: true })];
  const devices: Page[] = [];
  for (const context of contexts) {
    const page = await openClient(context, '');
    await page.evaluate('bell.inbox = client.inbox({ limit: 4 })');
    await until(page, 'client.status === "live" && bell.inbox.getSnapshot().isLoaded');
    devices.push(page);
  }

  const [one, two] = devices as [Page, Page];
  const items = 'bell.inbox.getSnapshot().items';
  await publish();
  for (const page of devices) await until(page, `${items}[0].seq === 11 && ${items}.length === 5`);
  await one.evaluate('bell.inbox.loadOlder()');
  assert.deepEqual(await one.evaluate(`${items}.map((i) => i.seq)`), [11, 10, 9, 8, 7, 6, 5, 4, 3]);
  await one.evaluate('bell.inbox.markAllRead()');
  await until(two, `bell.inbox.getSnapshot().counts.unread === 0 && ${items}.every((i) => i.read)`);
  await two.evaluate('bell.inbox.markUnread(10)');
  await until(one, `bell.inbox.getSnapshot().counts.unread === 1 && !${items}[1].read`);
  await two.evaluate('bell.inbox.archive(11)');
  await until(one, `${items}[0].seq === 10 && bell.inbox.getSnapshot().counts.total === 10`);
  await one.evaluate('bell.inbox.remove(10)');
  await until(two, `${items}[0].seq === 9 && bell.inbox.getSnapshot().counts.total === 9`);
  await two.evaluate('bell.inbox.reload()');
  assert.equal(await two.evaluate(`${items}[0].seq`), 9);
  for (const context of contexts) await context.close();
});
