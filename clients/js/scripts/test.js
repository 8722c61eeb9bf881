// Runs the compiled tests of one folder with node's own runner, whose output a script can count ("# pass 12").
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const kind = process.argv[2] ?? 'unit';
const folder = `build/test/${kind}`;
const files = readdirSync(folder).filter((name) => name.endsWith('.test.js')).map((name) => `${folder}/${name}`);
if (files.length === 0) {
  console.error(`There is no test in ${folder}.`);
  process.exit(1);
}

const flags = ['--test', '--test-reporter=tap', '--enable-source-maps', ...(kind === 'browser' ? ['--test-concurrency=1'] : [])];
const { status } = spawnSync(process.execPath, [...flags, ...process.argv.slice(3), ...files], { stdio: 'inherit' });
process.exit(status ?? 1);
