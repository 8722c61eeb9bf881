// What a page loads for each entry, gzipped, against its limit.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const limits = { 'dist/index.js': 8 * 1024, 'dist/element.js': 12 * 1024 };

/** The entry and everything that it imports, at once or later. */
function filesOf(entry, found = new Set()) {
  if (found.has(entry)) return found;
  found.add(entry);
  for (const [, name] of readFileSync(entry, 'utf8').matchAll(/(?:from|import)\s*\(?["'](\.[^"']+)["']/g)) {
    filesOf(join(dirname(entry), name), found);
  }

  return found;
}

let isTooLarge = false;
for (const [entry, limit] of Object.entries(limits)) {
  if (!existsSync(entry)) throw new Error(`${entry} is not there: npm run build`);
  const sizes = [...filesOf(entry)].map((file) => gzipSync(readFileSync(file), { level: 9 }).length);
  const size = sizes.reduce((a, b) => a + b, 0);
  isTooLarge ||= size > limit;
  console.log(`${entry}: ${size} of ${limit} bytes gzipped${size > limit ? ', too large' : ''}`);
}

process.exit(isTooLarge ? 1 : 0);
