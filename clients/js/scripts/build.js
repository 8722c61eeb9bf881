// dist/: two entries that share no code (the component is handed an inbox), minified, and the types.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: ['src/index.ts', 'src/element.ts'],
  outdir: 'dist',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  // The package's licence stands beside it.
  legalComments: 'none',
  logLevel: 'warning',
});
const { status } = spawnSync('tsc', ['-p', 'tsconfig.types.json'], { stdio: 'inherit', shell: true });
process.exit(status ?? 1);
