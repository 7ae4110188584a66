import { createInterface } from 'node:readline/promises';
import { run } from './program.js';

const read = async (question: string): Promise<string> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
};
const ask = async (question: string): Promise<boolean> => /^y(es)?$/i.test((await read(`${question} [y/N] `)).trim());

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  out: process.stdout,
  error: process.stderr,
  // Where nobody sits, nobody can say yes.
  ...(process.stdin.isTTY ? { ask, read } : {}),
});
