import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { StartError } from './start.error.js';

interface Entry {
  name: string;
  pid: number;
  /** When the process began, so that a number given out anew is not taken for it. */
  since: string;
}

const STOP_PATIENCE_MS = 8_000;

/** Who runs for a home, on disk, so that the next start finds what a crashed one left behind. */
export class Roster {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly file: string) {}

  /** Takes the home for this process. Refuses while another one holds it, and ends what a dead one left. */
  async claim(onLeftover: (line: string) => void = () => undefined): Promise<void> {
    const left = this.read().filter(isRunning);
    const holder = left.find(({ name, pid }) => name === 'stack' && pid !== process.pid);
    if (holder !== undefined) {
      throw new StartError(
        'ALREADY_RUNNING',
        `Posthorn already runs with this data, as process ${holder.pid}.\nStop it (Ctrl-C there, or kill ${holder.pid}), or use other data and ports: POSTHORN_HOME=.posthorn-2 npm start -- --port-base 4800`,
      );
    }
    for (const entry of left) {
      onLeftover(`ending ${entry.name} (process ${entry.pid}), left behind by an earlier run`);
      await end(entry);
    }
    this.entries.clear();
    this.add('stack', process.pid);
  }

  add(name: string, pid: number): void {
    this.entries.set(name, { name, pid, since: beginningOf(pid) });
    this.write();
  }

  release(): void {
    rmSync(this.file, { force: true });
  }

  private read(): Entry[] {
    if (!existsSync(this.file)) return [];
    try {
      const entries: unknown = JSON.parse(readFileSync(this.file, 'utf8'));
      return Array.isArray(entries) ? entries.filter(isEntry) : [];
    } catch {
      // Half a file says nothing; ports that are still taken will be reported by name.
      return [];
    }
  }

  private write(): void {
    const draft = `${this.file}.new`;
    writeFileSync(draft, JSON.stringify([...this.entries.values()]));
    renameSync(draft, this.file);
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { name, pid, since } = value as Partial<Record<keyof Entry, unknown>>;
  return typeof name === 'string' && typeof pid === 'number' && pid > 1 && typeof since === 'string';
}

function isRunning({ pid, since }: Entry): boolean {
  return since !== '' && beginningOf(pid) === since;
}

/** When a process began, as the system tells it; empty when it does not run. */
function beginningOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may contain anything; the state and, 19 fields later, the start time follow it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    if (process.platform === 'linux') return '';
  }
  return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
}

async function end(entry: Entry): Promise<void> {
  // Postgres takes SIGINT for "now, but properly"; the others take it for "stop" too.
  signal(entry.pid, 'SIGINT');
  const deadline = Date.now() + STOP_PATIENCE_MS;
  while (isRunning(entry)) {
    if (Date.now() > deadline) signal(entry.pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself meanwhile.
  }
}
