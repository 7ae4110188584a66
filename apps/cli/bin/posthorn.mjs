#!/usr/bin/env node
import { existsSync } from 'node:fs';

const program = new URL('../dist/main.js', import.meta.url);
if (existsSync(program)) await import(program.href);
else {
  process.stderr.write('posthorn is not built yet. Run: npx nx build @posthorn/cli (npm start builds it too)\n');
  process.exitCode = 1;
}
