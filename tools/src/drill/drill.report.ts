import type { Counts, Finding } from './checker/verdict.js';
import type { Incident } from './storm/storm.log.js';
import type { Recovery, Timeline } from './timeline.js';

/** Everything there is to say after a drill; the table, the page and the JSON are views of it. */
export interface DrillReport {
  seconds: number;
  rate: number;
  seed: number;
  without: readonly string[];
  startedAt: number;
  /** When the last event was sent, and when the last fault was over. */
  stormEndedAt: number;
  lastFaultEndedAt: number;
  /** When nothing was left to do; undefined when the drill gave up waiting. */
  drainedAt: number | undefined;
  /** How busy the machine's processors were, from 0 to 1: what decides how long a backlog takes. */
  busy: { storm: number; drain: number };
  accepted: number;
  tries: number;
  events: Counts;
  services: Record<string, Counts>;
  repeatedByPolicy: number;
  findings: readonly Finding[];
  /** What concerns no single event: a refused request, an outcome the audit log does not have. */
  complaints: readonly string[];
  incidents: readonly Incident[];
  recoveries: readonly Recovery[];
  timeline: Timeline;
}

/** How long the work that is left may take after the last fault. Missing it is said and is no failure: it tells of the machine too. */
export const RECOVERY_AIM_MS = 60_000;

/** The time from the last fault's end until everything was done. */
export function recoveryMs({ drainedAt, lastFaultEndedAt }: DrillReport): number | null {
  return drainedAt === undefined ? null : Math.max(0, drainedAt - lastFaultEndedAt);
}

/** Nothing lost, nothing without an explanation, nothing done twice but mails that may be. */
export function passed({ events, complaints, accepted }: DrillReport): boolean {
  return accepted > 0 && events.lost === 0 && events.unexplained === 0 && events.duplicate === 0 && complaints.length === 0;
}

export function killsOf(report: DrillReport): Record<string, number> {
  const kills: Record<string, number> = {};
  for (const { lane, kind } of report.incidents) {
    if (kind === 'kill' || kind === 'wipe') kills[lane] = (kills[lane] ?? 0) + 1;
    if (kind === 'rollback') kills[lane] = (kills[lane] ?? 0) + 2;
  }
  return kills;
}

/** Who was killed how often, and what became of NATS's store. */
export function killsInWords(report: DrillReport): string {
  const times = (kind: string): number => report.incidents.filter((incident) => incident.kind === kind).length;
  const killed = Object.entries(killsOf(report)).map(([name, count]) => `${name} ${count}`);
  return `kill -9: ${killed.length === 0 ? 'none' : killed.join(', ')}; NATS’s store wiped ${times('wipe')} times, rolled back ${times('rollback')} times`;
}

/** Whether it was the machine that had no more to give. */
export function busyInWords({ busy: { storm, drain } }: DrillReport): string {
  return `This machine’s processors were ${percent(storm)} busy in the storm and ${percent(drain)} after it`;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** One line for scripts. */
export function reportJson(report: DrillReport): string {
  const { seconds, rate, seed, without, accepted, events, services, repeatedByPolicy, complaints } = report;
  const faults: Record<string, number> = {};
  for (const { kind } of report.incidents) faults[kind] = (faults[kind] ?? 0) + 1;
  return JSON.stringify({
    passed: passed(report),
    seconds,
    rate,
    seed,
    without,
    accepted,
    delivered: events.ok,
    lost: events.lost,
    duplicates: events.duplicate,
    unknown: events.unknown,
    unexplained: events.unexplained,
    recoveryMs: recoveryMs(report),
    busy: report.busy,
    repeatedByPolicy,
    faults,
    kills: killsOf(report),
    services,
    complaints,
  });
}
