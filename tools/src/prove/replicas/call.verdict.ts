import { type Call } from './call.record.js';

export interface PlannedDelivery {
  readonly id: string;
  readonly key: string;
  readonly eventId: string;
}

export interface Verdict {
  once: number;
  /** Called again, after the process was killed that had called it before. */
  afterKill: number;
  never: number;
  /** Two calls of one claim. */
  doubleClaims: number;
  /** Two calls of a delivery at a time. */
  overlapping: number;
  /** Called again although the process that had called it lived on. */
  unexplained: number;
  /** A call of an ordering key before the call of an earlier event of it had ended. */
  outOfOrder: number;
}

/** What the calls say, and nothing else: no state of the engine is asked. */
export function judge(planned: readonly PlannedDelivery[], calls: ReadonlyMap<string, readonly Call[]>): Verdict {
  const verdict: Verdict = { once: 0, afterKill: 0, never: 0, doubleClaims: 0, overlapping: 0, unexplained: 0, outOfOrder: 0 };
  for (const { id } of planned) {
    const mine = calls.get(id) ?? [];
    if (mine.length === 0) verdict.never += 1;
    if (mine.length === 1) verdict.once += 1;
    if (new Set(mine.map(({ attempt }) => attempt)).size < mine.length) verdict.doubleClaims += 1;
    const pairs = mine.slice(1).map((call, index) => [mine[index] ?? call, call] as const);
    if (pairs.some(([before, call]) => endOf(before) > call.beganAt)) verdict.overlapping += 1;
    else if (pairs.some(([before, call]) => (before.run.killedAt ?? Infinity) > call.beganAt)) verdict.unexplained += 1;
    else if (pairs.length > 0) verdict.afterKill += 1;
  }
  verdict.outOfOrder = outOfOrder(planned, calls);
  return verdict;
}

function outOfOrder(planned: readonly PlannedDelivery[], calls: ReadonlyMap<string, readonly Call[]>): number {
  const lastEnd = new Map<string, number>();
  let count = 0;
  for (const { id, key } of [...planned].sort((a, b) => (a.eventId < b.eventId ? -1 : 1))) {
    const mine = calls.get(id) ?? [];
    if ((mine[0]?.beganAt ?? Infinity) < (lastEnd.get(key) ?? -Infinity)) count += 1;
    lastEnd.set(key, Math.max(lastEnd.get(key) ?? -Infinity, ...mine.map(endOf)));
  }
  return count;
}

/** A call ends with its process at the latest. */
const endOf = ({ endedAt, run }: Call): number => endedAt ?? run.killedAt ?? Infinity;
