import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { VERSION } from '../../src/version.js';

/** The package as a user installs it. */
let folder: string;
let files: string[];

const run = (command: string, args: string[], cwd: string) => execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'belfry-client-'));
  run('npm', ['run', 'build'], '.');
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], '.')) as [{ filename: string; files: { path: string }[] }];
  files = packed.files.map((file) => file.path);
  writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}');
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, packed.filename)], folder);
});

after(() => rmSync(folder, { recursive: true, force: true }));

test('The package has what it needs and nothing else', () => {
  const rest = files.filter((file) => !/^dist\/types\/(ui\/)?[\w-]+\.d\.ts$/.test(file)).sort();
  assert.deepEqual(rest, ['LICENSE', 'README.md', 'dist/element.js', 'dist/index.js', 'package.json']);
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'node_modules/@belfry/client/package.json'), 'utf8')) as { dependencies?: object };
  assert.equal(dependencies, undefined);
});

test('Both entries can be imported where there is no page', () => {
  const script = `
    import { connect, VERSION } from '@belfry/client';
    import { BelfryInboxElement, german } from '@belfry/client/inbox';
    console.log(typeof connect, VERSION, typeof BelfryInboxElement, german.title);`;
  assert.equal(run('node', ['--input-type=module', '-e', script], folder).trim(), `function ${VERSION} function Mitteilungen`);
});

test('The types are there and say what they should', () => {
  writeFileSync(join(folder, 'use.ts'), `
    import { connect, BelfryError, type Notification, type InboxSnapshot } from '@belfry/client';
    import { german, type BelfryInboxElement } from '@belfry/client/inbox';
    const client = connect({ url: 'https://example.com', token: async ({ refresh }) => (refresh ? 'a' : 'b'), types: ['job.*'] });
    const off: () => void = client.on('notification', (n: Notification) => console.log(n.seq.toFixed()));
    client.on('error', (e) => console.log(e instanceof BelfryError, e.code));
    const inbox = client.inbox({ limit: 10 });
    const snapshot: InboxSnapshot = inbox.getSnapshot();
    const bell: BelfryInboxElement = document.querySelector('belfry-inbox')!;
    bell.inbox = inbox;
    bell.texts = { ...german, title: 'x' };
    bell.addEventListener('belfry-select', (e) => e.detail.item.payload);
    // @ts-expect-error There is no such event.
    client.on('nothing', () => {});
    off(); void inbox.markRead(snapshot.items); client.close();`);
  const tsc = resolve('node_modules/.bin/tsc');
  run(tsc, ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', '--lib', 'es2022,dom', 'use.ts'], folder);
});

test('The version is one everywhere', () => {
  assert.equal(VERSION, (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version);
});

test('The client stays under 8 KB, gzipped', (t) => {
  const report = run('node', ['scripts/size.js'], '.');
  t.diagnostic(report.trim());
  assert.match(report, /dist\/index\.js: \d+ of 8192 bytes/);
});
