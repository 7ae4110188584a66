import type { Recovery } from '../timeline.js';
import { classOf, type FaultClass } from './fault.classes.js';

export interface RecoveryStatistic {
  what: string;
  times: number;
  medianMs: number;
  longestMs: number;
}

const WORDS: Readonly<Record<FaultClass, string>> = { dead: 'killed', stopped: 'stopped', store: 'lost its store or a consumer', provider: 'failed' };

/** By what was broken and how. */
export function recoveryStatistics(recoveries: readonly Recovery[]): RecoveryStatistic[] {
  const groups = new Map<string, number[]>();
  for (const { incident, tookMs } of recoveries) {
    const what = `${incident.lane} ${WORDS[classOf(incident.kind)]}`;
    groups.set(what, [...(groups.get(what) ?? []), tookMs ?? 0]);
  }
  return [...groups]
    .map(([what, times]) => {
      times.sort((a, b) => a - b);
      return { what, times: times.length, medianMs: times[Math.floor((times.length - 1) / 2)] ?? 0, longestMs: times.at(-1) ?? 0 };
    })
    .sort((a, b) => a.what.localeCompare(b.what));
}
