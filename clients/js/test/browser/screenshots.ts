// Pictures of every state at every width, for a person to look at: npm run screenshots
import { mkdirSync } from 'node:fs';
import type { BrowserContextOptions } from 'playwright-core';
import { problem } from '../fake-server.js';
import { DESKTOP, PHONE, TABLET, fillMailbox, launch, openPage, startServer, until, type OpenOptions } from './harness.js';

mkdirSync('screenshots', { recursive: true });
const browser = await launch();

async function shoot(name: string, options: OpenOptions & BrowserContextOptions, count: number, then?: string, prepare?: 'error' | 'loading' | 'offline'): Promise<void> {
  const server = await startServer();
  fillMailbox(server, count, name === 'closed' ? count : 4);
  for (let i = 0; prepare === 'error' && i < 9; i++) server.scripts.push({ path: '/v1/inbox', handler: (_, r) => problem(r, 503, 'store-unavailable') });
  if (prepare === 'loading') server.scripts.push({ path: '/v1/inbox', handler: () => {} });
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await openPage(context, server, { ...options, wait: prepare === 'error' || prepare === 'loading' });
  if (prepare === 'error' || prepare === 'loading') await page.evaluate('start()');
  if (prepare === 'error') await until(page, 'bell.inbox.getSnapshot().error');
  if (prepare === 'offline') {
    await context.setOffline(true);
    await until(page, 'client.status === "offline"');
  }

  if (then) await page.evaluate(then);
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  await page.screenshot({ path: `screenshots/${name}.png` });
  await context.close();
  await server.stop();
}

const open = 'bell.open = true';
for (const [width, viewport] of [[390, PHONE], [768, TABLET], [1440, DESKTOP]] as const) {
  for (const colorScheme of ['light', 'dark'] as const) {
    const touch = width === 390 ? { hasTouch: true, isMobile: true } : {};
    await shoot(`list-${width}-${colorScheme}`, { viewport, colorScheme, ...touch }, 12, open);
  }
}

const small = { viewport: { width: 520, height: 700 } };
await shoot('closed', small, 150, '');
await shoot('rtl', { ...small, dir: 'rtl' }, 12, 'bell.texts = { title: "الإشعارات", markAllRead: "وضع علامة مقروء على الكل" }; bell.open = true');
await shoot('empty', small, 0, open);
await shoot('empty-dark', { ...small, colorScheme: 'dark' }, 0, open);
await shoot('error', small, 3, open, 'error');
await shoot('loading', small, 3, open, 'loading');
await shoot('offline', small, 12, open, 'offline');
await shoot('many', small, 400, `${open}; bell.shadowRoot.querySelector('.scroll').scrollTop = 300`);
await shoot('focus', small, 12, `${open}; bell.shadowRoot.querySelectorAll('.row')[2].focus()`);
await shoot('german', { ...small, theme: 'dark' }, 12, 'document.documentElement.lang = "de"; bell.texts = german; bell.open = true');
await shoot('themed', small, 12, `bell.style.cssText = '--belfry-accent: #0a7d5a; --belfry-accent-text: #076347; --belfry-unread: #effaf5; --belfry-radius: 4px; --belfry-width: 340px'; ${open}`);
await browser.close();
