import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@posthorn/testing';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type Death, Keeper, type KeeperOptions } from './keeper.js';
import { ServiceProcess } from './service.process.js';

const folder = mkdtempSync(join(tmpdir(), 'posthorn-keeper-'));
const kept: Keeper[] = [];
afterEach(async () => {
  await Promise.all(kept.splice(0).map((keeper) => keeper.stop()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FOREVER = 'setInterval(() => undefined, 1000);';

function keep(name: string, program: string, options: Partial<KeeperOptions> = {}): { keeper: Keeper; deaths: Death[] } {
  const deaths: Death[] = [];
  const server = new ServiceProcess(name, process.env, join(folder, `${name}.log`), ['-e', program]);
  const keeper = new Keeper(name, server, { restart: true, firstWaitMs: 10, onDeath: (death) => deaths.push(death), ...options });
  kept.push(keeper);
  return { keeper, deaths };
}

describe('Keeper', () => {
  it('names a service killed with -9, shows its last lines, and starts it again', async () => {
    const { keeper, deaths } = keep('victim', `console.log(JSON.stringify({ level: 50, msg: 'last words' })); ${FOREVER}`);
    await keeper.start();
    await waitFor(() => readFileSync(keeper.server.logFile, 'utf8').includes('last words'));
    const first = keeper.server.pid;
    process.kill(first, 'SIGKILL');
    await waitFor(() => deaths.length === 1 && keeper.server.running);
    expect(deaths[0]).toEqual({ name: 'victim', ending: 'signal SIGKILL', lastLines: ['error last words'], againInMs: 10 });
    expect(keeper.server.pid).not.toBe(first);
  });

  it('waits longer from death to death, up to a limit', async () => {
    const { keeper, deaths } = keep('doomed', 'process.exit(3)', { longestWaitMs: 35 });
    await keeper.start();
    await waitFor(() => deaths.length >= 4);
    expect(deaths.slice(0, 4).map(({ againInMs, ending }) => [againInMs, ending])).toEqual([10, 20, 35, 35].map((wait) => [wait, 'exit code 3']));
  });

  it('shows what a crash was rather than where', async () => {
    const { keeper, deaths } = keep('crashing', 'throw new Error("the cause")', { restart: false });
    await keeper.start();
    await waitFor(() => deaths.length === 1);
    expect(deaths[0]?.lastLines.join('\n')).toContain('Error: the cause');
    expect(deaths[0]?.lastLines.join('\n')).not.toMatch(/^\s+at /m);
    expect(deaths[0]?.againInMs).toBeUndefined();
    expect(keeper.server.running).toBe(false);
  });

  it('does not mourn what it stopped itself', async () => {
    const { keeper, deaths } = keep('obedient', FOREVER);
    await keeper.start();
    await keeper.stop();
    expect(keeper.server.running).toBe(false);
    expect(deaths).toEqual([]);
    expect(existsSync(keeper.server.logFile)).toBe(true);
  });
});
