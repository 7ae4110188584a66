import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

const runner = new URL('service.runner.ts', import.meta.url).href;

/** A service that lets a promise be rejected for which nobody waits, and ends with 7 where it has outlived that. */
const SERVICE = `
  const { runService } = await import(${JSON.stringify(runner)});
  const done = () => Promise.resolve();
  await runService({ listen: done, getUrl: done, startAllMicroservices: done }, {});
  void Promise.reject(Object.assign(new Error('for the log'), { code: process.argv.at(-1) }));
  setImmediate(() => process.exit(7));`;

async function endingOf(code: string): Promise<{ status: unknown; log: string }> {
  const child = spawn(process.execPath, ['--no-warnings', '--experimental-transform-types', '--input-type=module', '-e', SERVICE, code], { stdio: 'pipe' });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const [status] = (await once(child, 'close')) as unknown[];
  return { status, log };
}

it.each(['DATABASE_UNAVAILABLE', 'MESSAGING_UNAVAILABLE'])('a service outlives a failure with %s that nobody waited for, and says so', async (code) => {
  const { status, log } = await endingOf(code);
  expect(status).toBe(7);
  expect(log).toContain('for the log');
});

it('a service ends, with 1 and a word, at a failure that nobody expected', async () => {
  const { status, log } = await endingOf('A_MISTAKE');
  expect(status).toBe(1);
  expect(log).toContain('for the log');
});
