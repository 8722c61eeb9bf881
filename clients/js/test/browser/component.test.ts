import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { problem, type FakeServer } from '../fake-server.js';
import { DESKTOP, fillMailbox, launch, openPage, startServer, until, type OpenOptions } from './harness.js';

let browser: Browser;
let server: FakeServer;
let context: BrowserContext;

before(async () => {
  browser = await launch();
});

after(() => browser.close());

beforeEach(async () => {
  server = await startServer();
});

afterEach(async () => {
  await context.close();
  await server.stop();
});

async function open(options: OpenOptions = {}): Promise<Page> {
  context = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce', ...options });
  return openPage(context, server, options);
}

const focused = (page: Page) => page.evaluate(`(() => {
  const element = bell.shadowRoot.activeElement;
  return element && (element.dataset.seq ?? (element.id || element.className));
})()`);

test('The bell counts the unread, says so to a screen reader, and stops at 99', async () => {
  fillMailbox(server, 12);
  const page = await open();
  const bell = page.getByRole('button', { name: 'Notifications, 4 unread' });
  assert.equal(await bell.getAttribute('aria-expanded'), 'false');
  assert.equal(await page.locator('.badge').textContent(), '4');
  for (let i = 0; i < 100; i++) server.publish();
  await until(page, "bell.shadowRoot.querySelector('.badge').textContent === '99+'");
  await page.getByRole('button', { name: 'Notifications, 104 unread' }).waitFor();
  await until(page, "bell.shadowRoot.querySelector('.quiet[role=status]').textContent === '100 new notifications'");
});

test('The panel opens, marks what is there as seen, and closes by its button, Escape and a click elsewhere', async () => {
  fillMailbox(server, 12);
  const page = await open();
  const bell = page.locator('.bell');
  const dialog = page.getByRole('dialog', { name: 'Notifications' });
  await bell.click();
  await dialog.waitFor();
  assert.equal(await bell.getAttribute('aria-expanded'), 'true');
  await until(page, 'bell.inbox.getSnapshot().counts.unseen === 0');
  await page.getByRole('button', { name: 'Close' }).click();
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(await focused(page), 'bell');
  await bell.click();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(await focused(page), 'bell');
  await bell.click();
  await page.locator('h1').click();
  await dialog.waitFor({ state: 'hidden' });
});

test('The keyboard reaches everything', async () => {
  fillMailbox(server, 12);
  const page = await open();
  await page.locator('.bell').focus();
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), '12');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(page), '10');
  await page.keyboard.press('ArrowUp');
  assert.equal(await focused(page), '11');
  await page.keyboard.press('End');
  assert.equal(await focused(page), '1');
  await page.keyboard.press('Home');
  assert.equal(await focused(page), '12');

  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await until(page, 'bell.inbox.getSnapshot().items[0].read');
  await page.keyboard.press('Shift+Tab');
  assert.equal(await focused(page), '12');
  await page.keyboard.press('Delete');
  await until(page, 'bell.inbox.getSnapshot().items.length === 11');
  assert.equal(await focused(page), '11', 'the next one has the focus');
  await page.keyboard.press('Enter');
  await until(page, 'bell.inbox.getSnapshot().items[0].read');
});

test('Tab stays inside of the panel, both ways', async () => {
  fillMailbox(server, 3);
  const page = await open();
  await page.locator('.bell').focus();
  await page.keyboard.press('Enter');
  const seen: unknown[] = [];
  for (let i = 0; i < 7; i++) {
    seen.push(await focused(page));
    await page.keyboard.press('Tab');
  }

  assert.deepEqual(seen, ['3', 'tool toggle', 'tool archive', 'tool all', 'tool', '3', 'tool toggle']);
  for (let i = 0; i < 5; i++) await page.keyboard.press('Shift+Tab');
  assert.equal(await focused(page), 'tool archive');
});

test('Choosing an item tells the page, marks it as read and follows its link, unless the page prevents it', async () => {
  server.publish({ payload: { title: 'Bad', url: 'javascript:alert(1)' } });
  server.publish({ payload: { title: 'Good', url: '/?token=elsewhere&wait=1' } });
  const page = await open();
  await page.evaluate(`window.chosen = []; bell.addEventListener('belfry-select', (e) => { chosen.push(e.detail.item.seq); if (!window.lets) e.preventDefault(); })`);
  await page.locator('.bell').click();
  await page.getByText('Good').click();
  assert.deepEqual(await page.evaluate('chosen'), [2]);
  assert.equal(server.mailbox().counts.unread, 2);
  await page.evaluate('window.lets = true');
  await page.getByText('Bad').click();
  await until(page, 'bell.inbox.getSnapshot().counts.unread === 1');
  assert.match(page.url(), /token=ey/);
  await page.getByText('Good').click();
  await page.waitForURL(/token=elsewhere/);
});

test('Mark all read, archive and a change that fails', async () => {
  fillMailbox(server, 12);
  const page = await open();
  await page.locator('.bell').click();
  await page.locator('.row').first().hover();
  await page.locator('.row').first().getByRole('button', { name: 'Archive' }).click();
  await until(page, "bell.shadowRoot.querySelectorAll('.row:not(.bones)').length === 11");
  server.scripts.push({ path: '/v1/inbox/read', handler: (_, r) => problem(r, 503, 'store-unavailable') });
  const all = page.getByRole('button', { name: 'Mark all read' });
  await all.click();
  await page.locator('.banner').getByText('That didn’t work').waitFor();
  assert.equal(await page.locator('.badge').textContent(), '3');
  await all.click();
  await until(page, "bell.shadowRoot.querySelector('.badge').hidden && bell.shadowRoot.querySelector('.all').disabled");
  assert.equal(await page.locator('.banner').isHidden(), true);
});

test('Scrolling loads older pages until the end', async () => {
  fillMailbox(server, 65);
  const page = await open();
  await page.locator('.bell').click();
  for (let i = 0; i < 10; i++) {
    await page.evaluate("bell.shadowRoot.querySelector('.scroll').scrollTo(0, 1e6)");
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    await until(page, "bell.inbox.getSnapshot().loading === 'none'");
  }

  await until(page, 'bell.inbox.getSnapshot().items.length === 65');
  await page.getByText('That’s everything').waitFor();
});

test('What comes while one reads further down does not move the list, and a button leads to it', async () => {
  fillMailbox(server, 20);
  const page = await open();
  await page.locator('.bell').click();
  await page.evaluate("bell.shadowRoot.querySelector('.scroll').scrollTop = 400");
  const topOf = "Math.round(bell.shadowRoot.querySelector('[data-seq=\"12\"]').getBoundingClientRect().top)";
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  const before = await page.evaluate(topOf);
  server.publish();
  server.publish();
  const pill = page.getByRole('button', { name: '2 new notifications' });
  await pill.waitFor();
  assert.equal(await page.evaluate(topOf), before);
  await pill.click();
  await pill.waitFor({ state: 'hidden' });
  await until(page, 'bell.inbox.getSnapshot().counts.unseen === 0');
});

test('Payloads are text, never HTML, and every hook and text can be the application\'s', async () => {
  server.publish({ payload: { title: '<img src=x onerror="window.hacked = true">', body: '<b>no</b>' } });
  server.publish({ event_type: 'order.shipped', payload: { order: 7 } });
  const page = await open();
  await page.locator('.bell').click();
  await page.getByText('<img src=x').waitFor();
  await page.getByText('Order shipped').waitFor();
  await page.evaluate("bell.formatTitle = (item) => item.payload.order ? 'Order ' + item.payload.order : 'Other'");
  await page.getByText('Order 7').waitFor();
  await page.evaluate("bell.renderItem = (item) => { const p = document.createElement('p'); p.textContent = 'Own ' + item.seq; return p; }");
  await page.getByText('Own 2').waitFor();
  await page.evaluate("document.documentElement.lang = 'de'; bell.texts = german");
  await page.getByRole('dialog', { name: 'Mitteilungen' }).waitFor();
  assert.equal(await page.locator('time').first().textContent(), 'jetzt');
  assert.equal(await page.evaluate('window.hacked'), undefined);
});

test('Removed and put back, or given another inbox, it shows what is now', async () => {
  server.publish();
  const page = await open();
  await page.evaluate("window.home = bell.parentElement; bell.open = true; bell.remove()");
  server.publish();
  await until(page, 'seqs.length === 1');
  await page.evaluate('home.append(bell)');
  await until(page, "bell.shadowRoot.querySelector('.badge').textContent === '2'");
  assert.equal(await page.locator('.panel').isHidden(), true);
  await page.evaluate('bell.inbox = undefined');
  assert.equal(await page.locator('.badge').isHidden(), true);
});
