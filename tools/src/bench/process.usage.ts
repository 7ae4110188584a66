import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second, on every machine. */
const TICK_MS = 10;
const SAMPLE_EVERY_MS = 100;

/** What a process used while something was done. */
export interface Usage {
  /** Of all its threads. */
  processorMs: number;
  /** The most it had in memory at any moment that was looked at. */
  residentMegabytes: number;
}

export async function usageDuring<T>(pid: number, work: () => Promise<T>): Promise<{ value: T; usage: Usage }> {
  const before = processorMs(pid);
  let most = residentMegabytes(pid);
  const timer = setInterval(() => (most = Math.max(most, residentMegabytes(pid))), SAMPLE_EVERY_MS);
  try {
    const value = await work();
    return { value, usage: { processorMs: processorMs(pid) - before, residentMegabytes: Math.max(most, residentMegabytes(pid)) } };
  } finally {
    clearInterval(timer);
  }
}

export function residentMegabytes(pid: number): number {
  return Math.round(residentKilobytes(pid) / 1_024);
}

function residentKilobytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    // Not Linux.
    return Number(ask(pid, 'rss'));
  }
}

function processorMs(pid: number): number {
  try {
    return processorMsOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // Not Linux.
    return clockMsOf(ask(pid, 'time').trim());
  }
}

/** Of /proc/<pid>/stat: own and system's, behind a name that may have anything in it. */
export function processorMsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Of `ps -o time`: minutes and seconds, or hours before them. */
export function clockMsOf(text: string): number {
  return Math.round(text.split(':').reduce((total, part) => total * 60 + Number(part), 0) * 1_000);
}

function ask(pid: number, what: 'rss' | 'time'): string {
  return spawnSync('ps', ['-o', `${what}=`, '-p', String(pid)], { encoding: 'utf8' }).stdout;
}
