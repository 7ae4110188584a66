import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { type World } from '../cli.context.js';
import { harmless } from '../table.js';
import { chanceOf } from './seeded.chance.js';

export interface PlannedFault {
  command: string;
  /** Since the beginning of the load. */
  atMs: number;
}

export interface FaultRun extends PlannedFault {
  tookMs: number;
  /** Null when it was ended: it took too long, or the drill was stopped. */
  exitCode: number | null;
  /** The end of what it wrote. */
  says: string;
}

const EVERY_SECONDS = 15;
const TAIL = 200;
/** A command that never ends must not keep the drill from judging. */
const LONGEST_MS = 60_000;

/** Each command at least once, otherwise one every 15 s; neither at the very beginning nor at the end of the load. */
export function planFaults(commands: readonly string[], seconds: number, seed: number): PlannedFault[] {
  const count = commands.length === 0 ? 0 : Math.max(commands.length, Math.round(seconds / EVERY_SECONDS));
  const plan = Array.from({ length: count }, (_, index) => ({
    command: commands[index % commands.length] ?? '',
    atMs: Math.round((0.1 + 0.8 * chanceOf(seed, `fault ${index}`)) * seconds * 1_000),
  }));
  return plan.sort((a, b) => a.atMs - b.atMs);
}

/** Runs each at its moment, whatever the others do; resolves when the last one has ended. */
export function runFaults(plan: readonly PlannedFault[], world: World, stop: AbortSignal, onEnd: (run: FaultRun) => void, longestMs = LONGEST_MS): Promise<FaultRun[]> {
  const runs = plan.map(async (fault) => {
    await pause(fault.atMs, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return [];
    const run = { ...fault, ...(await runOne(fault.command, world, AbortSignal.any([stop, AbortSignal.timeout(longestMs)]))) };
    onEnd(run);
    return [run];
  });
  return Promise.all(runs).then((all) => all.flat());
}

function runOne(command: string, { env, cwd }: World, end: AbortSignal): Promise<Pick<FaultRun, 'tookMs' | 'exitCode' | 'says'>> {
  return new Promise((resolve) => {
    const began = performance.now();
    let says = '';
    // A group of its own, so that what the shell started ends with it.
    const detached = process.platform !== 'win32';
    const child = spawn(command, { shell: true, cwd, env, detached, stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = (): void => {
      try {
        if (detached && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {
        // It has just ended by itself.
      }
    };
    const settle = (exitCode: number | null): void => {
      end.removeEventListener('abort', kill);
      resolve({ tookMs: Math.round(performance.now() - began), exitCode, says: harmless(says).trim() });
    };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (says = (says + part.toString()).slice(-TAIL)));
    child.once('error', (error) => {
      says = error.message;
      settle(null);
    });
    child.once('exit', settle);
    end.addEventListener('abort', kill);
  });
}
