import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** One process's run: a replica may be killed and started again many times. */
export interface Run {
  readonly replica: number;
  readonly file: string;
  /** Undefined: it was stopped at the end. */
  killedAt?: number;
}

export interface Call {
  readonly run: Run;
  readonly attempt: number;
  readonly beganAt: number;
  /** Undefined: its process was killed during the call. */
  endedAt?: number;
}

/** What the provider saw, by delivery; each delivery's calls in the order in which they began. */
export async function readCalls(runs: readonly Run[]): Promise<Map<string, Call[]>> {
  const calls = new Map<string, Call[]>();
  for (const run of runs) {
    for await (const line of createInterface({ input: createReadStream(run.file) })) {
      const [what, id = '', attempt = '', at] = line.split(' ');
      // A line is written with one system call, so the last one is whole or missing.
      if (at === undefined) continue;
      const known = calls.get(id) ?? [];
      if (what === '+') calls.set(id, [...known, { run, attempt: Number(attempt), beganAt: Number(at) }]);
      const open = known.find((call) => call.run === run && call.attempt === Number(attempt));
      if (what === '-' && open !== undefined) open.endedAt = Number(at);
    }
  }
  for (const each of calls.values()) each.sort((a, b) => a.beganAt - b.beganAt);
  return calls;
}
