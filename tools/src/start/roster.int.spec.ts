import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Roster } from './roster.js';

let folder: string;
let file: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'posthorn-roster-'));
  file = join(folder, 'running.json');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function sleeper(): { pid: number; ended: Promise<void> } {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  children.push(child);
  if (child.pid === undefined) throw new Error('no sleep here');
  return { pid: child.pid, ended: new Promise((resolve) => child.once('exit', () => resolve())) };
}

describe('Roster', () => {
  it('refuses a home that another process holds, and names it', async () => {
    const holder = sleeper();
    new Roster(file).add('stack', holder.pid);
    await expect(new Roster(file).claim()).rejects.toThrow(`process ${holder.pid}`);
  });

  it('ends what a crashed run left behind', async () => {
    const left = sleeper();
    new Roster(file).add('email', left.pid);
    const said: string[] = [];
    await new Roster(file).claim((line) => said.push(line));
    await left.ended;
    expect(said).toEqual([expect.stringContaining('email')]);
  });

  it('never touches a process that was merely given the same number', async () => {
    const stranger = sleeper();
    writeFileSync(file, JSON.stringify([{ name: 'stack', pid: stranger.pid, since: '1' }, { name: 'email', pid: stranger.pid, since: '1' }]));
    await new Roster(file).claim();
    expect(() => process.kill(stranger.pid, 0)).not.toThrow();
  });

  it('bears a file that was cut off, and leaves none', async () => {
    writeFileSync(file, '[{"name":"sta');
    const roster = new Roster(file);
    await roster.claim();
    roster.release();
    expect(existsSync(file)).toBe(false);
  });
});
