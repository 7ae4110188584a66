import { createInterface } from 'node:readline/promises';
import { run } from './program.js';

const ask = async (question: string): Promise<boolean> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
};

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  out: process.stdout,
  error: process.stderr,
  // Where nobody sits, nobody can say yes.
  ask: process.stdin.isTTY ? ask : undefined,
});
