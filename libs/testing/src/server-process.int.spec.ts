import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lastLines, ServerProcess } from './index.js';
import { waitFor } from './wait-for.js';

const folder = mkdtempSync(join(tmpdir(), 'posthorn-process-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('ServerProcess', () => {
  it('keeps what the server prints in the log file', async () => {
    const logFile = join(folder, 'said.log');
    const server = new ServerProcess({ command: process.execPath, args: ['-e', 'console.log("one"); console.error("two")'], logFile, stopSignal: 'SIGTERM' });
    await server.exited;
    expect(lastLines(logFile, 2)).toBe('one\ntwo');
  });

  it('stops a server that has been frozen', async () => {
    const server = new ServerProcess({ command: 'sleep', args: ['60'], logFile: join(folder, 'frozen.log'), stopSignal: 'SIGTERM' });
    await server.kill('SIGSTOP');
    await server.stop();
    expect(server.running).toBe(false);
  });

  it('reports a program that does not exist as not running', async () => {
    const server = new ServerProcess({ command: '/nowhere/at-all', args: [], logFile: join(folder, 'none.log'), stopSignal: 'SIGTERM' });
    await server.exited;
    expect(server.running).toBe(false);
    expect(() => server.pid).toThrow('could not be started');
  });

  it('takes the server along when its own process is killed with -9', async () => {
    const program = `
      import { ServerProcess } from ${JSON.stringify(new URL('./server-process.ts', import.meta.url).href)};
      const server = new ServerProcess({ command: 'sleep', args: ['600'], logFile: ${JSON.stringify(join(folder, 'orphan.log'))}, stopSignal: 'SIGTERM' });
      console.log(server.pid);
      setInterval(() => undefined, 1000);`;
    const script = join(folder, 'parent.mts');
    writeFileSync(script, program);
    const parent = spawn(process.execPath, ['--experimental-transform-types', '--no-warnings', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    parent.stdout.on('data', (data: Buffer) => (printed += data.toString()));
    const pid = Number(await waitFor(() => printed.trim(), { describe: 'the pid of the server' }));
    expect(alive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await waitFor(() => !alive(pid), { describe: 'the end of the orphan' });
  });
});
