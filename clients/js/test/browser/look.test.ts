import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { problem, type FakeServer } from '../fake-server.js';
import { DESKTOP, PHONE, fillMailbox, launch, openPage, startServer, until, type OpenOptions } from './harness.js';

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

const axe = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');

/** What axe finds wrong with the component, in words. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(`axe.run('belfry-inbox', { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'], rules: { region: { enabled: false } } })
    .then((result) => result.violations.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.target.join(' ') + ' ' + n.failureSummary)))`) as Promise<string[]>;
}

test('Loading, empty, error and offline are said, and each passes by itself', async () => {
  let answer = () => {};
  server.scripts.push({ path: '/v1/inbox/counts', handler: (_, r) => (answer = () => problem(r, 503, 'store-unavailable')) });
  const page = await open({ wait: true });
  await page.evaluate('start(); bell.open = true');
  await page.getByText('Loading notifications').waitFor({ state: 'attached' });
  answer();
  await page.getByText('Notifications can’t be loaded').waitFor();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('You’re all caught up').waitFor();
  await context.setOffline(true);
  await page.locator('.banner').getByText('You’re offline').waitFor();
  await context.setOffline(false);
  await page.locator('.banner').waitFor({ state: 'hidden' });
  server.publish({ payload: 'Just a text' });
  await page.getByText('Just a text').waitFor();
});

test('On a phone the panel fills the screen and its targets are large enough', async () => {
  fillMailbox(server, 12);
  const page = await open({ viewport: PHONE, hasTouch: true, isMobile: true });
  await page.locator('.bell').tap();
  const box = await page.locator('.panel').boundingBox();
  assert.deepEqual([box!.x, box!.y, box!.width, box!.height], [0, 0, PHONE.width, PHONE.height]);
  for (const button of await page.locator('.head button, .row:first-child .archive').all()) {
    const size = await button.boundingBox();
    assert.ok(size, await button.getAttribute('class') ?? '');
    assert.ok(size!.width >= 44 && size!.height >= 44, await button.getAttribute('class') ?? '');
  }

  await page.locator('.row .archive').first().tap();
  await until(page, 'bell.inbox.getSnapshot().items.length === 11');
});

test('The panel stays in the window wherever the bell stands', async () => {
  const page = await open({ dir: 'rtl', viewport: { width: 700, height: 600 } });
  for (const style of ['', 'position:fixed;left:2px;bottom:2px', 'position:fixed;right:2px;bottom:2px', 'position:fixed;left:300px;top:2px']) {
    await page.evaluate(`bell.open = false; bell.style.cssText = ${JSON.stringify(style)}; bell.open = true`);
    const box = (await page.locator('.panel').boundingBox())!;
    assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= 700 && box.y + box.height <= 600, `${style} ${JSON.stringify(box)}`);
  }
});

for (const theme of ['light', 'dark']) {
  test(`axe finds nothing in any state, ${theme}`, async () => {
    fillMailbox(server, 12);
    const page = await open({ theme });
    assert.deepEqual(await violations(page), []);
    await page.locator('.bell').focus();
    await page.keyboard.press('Enter');
    assert.deepEqual(await violations(page), []);
    await page.evaluate("bell.inbox.archive(bell.inbox.getSnapshot().items)");
    await page.getByText('all caught up').waitFor();
    assert.deepEqual(await violations(page), []);
    await context.setOffline(true);
    await page.locator('.banner').getByText('offline').waitFor();
    assert.deepEqual(await violations(page), []);
  });
}
