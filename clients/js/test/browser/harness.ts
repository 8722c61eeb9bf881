import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { eventually } from '../support.js';
import { FakeServer, tokenOf } from '../fake-server.js';

export const PHONE = { width: 390, height: 844 };
export const TABLET = { width: 768, height: 1024 };
export const DESKTOP = { width: 1440, height: 900 };

/** CHROME_PATH, or the first Chromium or Chrome in PATH. */
function findBrowser(): string {
  const { CHROME_PATH, PATH = '' } = process.env;
  if (CHROME_PATH) return CHROME_PATH;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    for (const folder of PATH.split(delimiter)) if (existsSync(join(folder, name))) return join(folder, name);
  }

  throw new Error('No Chromium in PATH: install one, or name it in CHROME_PATH.');
}

export function launch(): Promise<Browser> {
  const isRoot = process.getuid?.() === 0;
  const args = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return chromium.launch({ executablePath: findBrowser(), args: isRoot ? [...args, '--no-sandbox'] : args });
}

const HTML = (dir: string, theme: string) => `<!doctype html>
<html lang="${dir === 'rtl' ? 'ar' : 'en'}" dir="${dir}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Application</title>
<style>
  :root { color-scheme: light dark; --page: light-dark(#f6f7f9, #101216); --bar: light-dark(#fff, #16181d); --ink: light-dark(#16181d, #eceef2); }
  ${theme ? `:root { color-scheme: ${theme}; }` : ''}
  body { margin: 0; font: 15px system-ui, sans-serif; background: var(--page); color: var(--ink); }
  .bar { display: flex; align-items: center; gap: 12px; padding: 8px 20px; background: var(--bar); border-bottom: 1px solid light-dark(#e6e8ec, #2c303a); }
  .bar strong { flex: 1; }
  main { padding: 32px 20px; max-width: 640px; }
</style></head>
<body><header class="bar"><strong>Application</strong><belfry-inbox${theme ? ` theme="${theme}"` : ''}></belfry-inbox></header>
<main><h1>Hello</h1><p>What the application shows.</p><button id="other">Another button</button></main>
<script type="module">
  import { connect } from '/dist/index.js';
  import { german } from '/dist/element.js';
  const query = new URLSearchParams(location.search);
  window.german = german;
  window.seqs = [];
  window.start = () => {
    window.client = connect({ token: query.get('token') });
    client.on('notification', (n) => seqs.push(n.seq));
    window.bell = document.querySelector('belfry-inbox');
    bell.inbox = client.inbox({ limit: 20 });
  };
  if (!query.has('wait')) start();
  window.ready = true;
</script></body></html>`;

export interface OpenOptions extends BrowserContextOptions {
  dir?: 'ltr' | 'rtl';
  theme?: string;
  /** Whether `start()` is left to the test. */
  wait?: boolean;
}

/** Serves the page and the built package beside the API. */
export async function startServer(): Promise<FakeServer> {
  const server = await FakeServer.start();
  server.fallback = (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', server.url);
    if (pathname === '/') {
      response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Security-Policy': CSP });
      response.end(HTML(searchParams.get('dir') ?? 'ltr', searchParams.get('theme') ?? ''));
    } else if (/^\/dist\/[\w-]+\.js$/.test(pathname)) {
      response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(readFileSync(`.${pathname}`));
    } else {
      response.writeHead(404).end();
    }
  };
  return server;
}

// As strict as a page may be about the component: no inline styles of its own, no HTML from text. The page's own script and style
// are inline, which is the harness's business.
const CSP = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; require-trusted-types-for 'script'";

export async function openPage(context: BrowserContext, server: FakeServer, options: OpenOptions = {}): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on('pageerror', (error) => {
    throw error;
  });
  const query = new URLSearchParams({ token: tokenOf('user-1'), dir: options.dir ?? 'ltr' });
  if (options.theme) query.set('theme', options.theme);
  if (options.wait) query.set('wait', '1');
  await page.goto(`${server.url}/?${query}`);
  await until(page, 'window.ready');
  if (!options.wait) await until(page, 'client.status === "live" && bell.inbox.getSnapshot().isLoaded');
  return page;
}

/** Asked from outside: the page's policy forbids the eval that waiting inside of it would need. */
export function until(page: Page, expression: string): Promise<unknown> {
  return eventually(() => page.evaluate(expression), expression);
}

const MINUTE = 60_000;

/** A mailbox as an application would fill it. */
export function fillMailbox(server: FakeServer, count = 12, unread = 4): void {
  const samples = [
    { event_type: 'follower.new', payload: { title: 'Ada Lovelace started following you', body: 'You have 12 connections in common.' } },
    { event_type: 'job.posted', payload: { title: 'Senior Engineer, Compilers', body: 'Analytical Engines Ltd. · London, or from anywhere. Your profile matches 9 of 10 skills that they look for, and two of your connections work there.' } },
    { event_type: 'comment.added', payload: { title: 'Grace Hopper commented on “Release checklist”', body: '“Looks good to me. One question about the third step: do we still need it?”' } },
    { event_type: 'build.failed', priority: 'HIGH', payload: { title: 'Build failed on main', message: '2 of 1,204 tests failed in payments/refunds.' } },
    { event_type: 'invoice.paid', payload: { title: 'Invoice #2041 was paid', body: '€ 1,240.00 from Babbage & Co.' } },
    { event_type: 'connection.accepted', payload: { text: 'Alan Turing accepted your invitation' } },
    { event_type: 'report.ready', payload: null },
  ];
  const ages = [1, 6, 24, 75, 190, 26 * 60, 50 * 60, 4 * 24 * 60, 9 * 24 * 60, 20 * 24 * 60, 380 * 24 * 60];
  for (let i = count - 1; i >= 0; i--) {
    const age = (ages[Math.min(i, ages.length - 1)] ?? 0) * MINUTE;
    server.publish({ ...samples[i % samples.length], received_at: new Date(Date.now() - age).toISOString() });
  }

  const old = server.mailbox().items.filter((_, i) => i < count - unread).map((item) => item.seq);
  if (old.length > 0) server.change('read', { seqs: old }, 'user-1', false);
}
