import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { FakeServer } from '../fake-server.js';
import { eventually } from '../support.js';
import { launch, openPage, startServer, until } from './harness.js';

let browser: Browser;
let server: FakeServer;
let context: BrowserContext;

before(async () => {
  browser = await launch();
});

after(() => browser.close());

beforeEach(async () => {
  server = await startServer();
  context = await browser.newContext();
});

afterEach(async () => {
  await context.close();
  await server.stop();
});

async function openTabs(count: number): Promise<Page[]> {
  const pages: Page[] = [];
  for (let i = 0; i < count; i++) pages.push(await openPage(context, server));
  return pages;
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

async function allHave(pages: Page[], count: number): Promise<void> {
  for (const page of pages) {
    await until(page, `seqs.length >= ${count}`);
    assert.deepEqual(await page.evaluate('seqs'), upTo(count));
    await until(page, `bell.inbox.getSnapshot().items.length === ${count}`);
  }
}

test('Eight tabs share one stream, and each shows everything once', async () => {
  const pages = await openTabs(8);
  for (let i = 0; i < 15; i++) server.publish();
  await allHave(pages, 15);
  assert.equal(server.opened, 1);
  await pages[5]!.evaluate('bell.inbox.markAllRead()');
  for (const page of pages) await until(page, 'bell.inbox.getSnapshot().counts.unread === 0');
});

test('Whichever tab leads and is closed, the others go on without a gap', async () => {
  const pages = await openTabs(4);
  let count = 0;
  while (pages.length > 1) {
    server.publish();
    await allHave(pages, ++count);
    const opened = server.opened;
    await pages.shift()!.close();
    server.publish();
    count++;
    await eventually(() => server.opened === opened + 1, 'another tab leads');
    await allHave(pages, count);
    assert.equal(server.streams.size, 1);
  }
});

test('A tab that is reloaded or goes to another page and back joins the others', async () => {
  const pages = await openTabs(3);
  await pages[0]!.reload();
  await until(pages[0]!, 'client.status === "live"');
  await pages[1]!.goto(`${server.url}/?wait=1&token=x`);
  await pages[1]!.goBack();
  await until(pages[1]!, 'client.status === "live"');
  server.publish();
  for (const page of pages) await until(page, 'bell.inbox.getSnapshot().items.length === 1 && seqs.length === 1');
  assert.equal(server.streams.size, 1);
});

test('After time offline there comes exactly what was missed', async () => {
  const pages = await openTabs(2);
  for (let i = 0; i < 3; i++) server.publish();
  await allHave(pages, 3);
  await context.setOffline(true);
  for (const page of pages) await until(page, 'client.status === "offline"');
  for (let i = 0; i < 5; i++) server.publish();
  await context.setOffline(false);
  for (const page of pages) await until(page, 'client.status === "live"');
  server.publish();
  await allHave(pages, 9);
});

test('A leader that is about to be frozen hands over, and has everything when it wakes', async () => {
  const pages = await openTabs(3);
  server.publish();
  await allHave(pages, 1);
  // Chromium freezes hidden pages only, and without a window none is hidden: the event stands for it.
  await pages[0]!.evaluate("document.dispatchEvent(new Event('freeze'))");
  await eventually(() => server.opened === 2, 'another tab leads');
  for (let i = 0; i < 3; i++) server.publish();
  await allHave(pages.slice(1), 4);
  assert.deepEqual(await pages[0]!.evaluate('seqs'), [1]);
  await pages[0]!.evaluate("document.dispatchEvent(new Event('resume'))");
  await allHave(pages, 4);
  server.publish();
  await allHave(pages, 5);
  assert.equal(server.streams.size, 1);
});
