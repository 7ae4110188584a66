import { type Evidence, keyOf } from './checker/evidence.js';
import type { Journal } from './checker/journal.js';
import { DELIVERING, promisesOf } from './checker/promises.js';
import type { Incident } from './storm/storm.log.js';

export const FINISHING = [...DELIVERING, 'audit'] as const;
export type FinishingService = (typeof FINISHING)[number];

/** One piece of work: accepted then, done then. */
export interface Span {
  from: number;
  to: number;
}

export type Spans = Record<FinishingService, Span[]>;

export interface Timeline {
  startedAt: number;
  /** One value for each second. */
  accepted: number[];
  delivered: number[];
  waiting: Record<FinishingService, number[]>;
}

/** When each service was done with each event, from the services' own tables: nothing had to watch during the storm. */
export function spansOf(journal: Journal, evidence: Evidence): Spans {
  const spans: Spans = { 'crm-sync': [], email: [], calendar: [], audit: [] };
  for (const { id, type } of journal.accepted) {
    const from = evidence.ledger.get(id)?.acceptedAt;
    if (from === undefined) continue;
    for (const { service, action } of promisesOf(type)) {
      const row = evidence.deliveries.get(keyOf(service, id, action));
      if (row !== undefined) spans[service].push({ from, to: row.settledAt });
    }
    const recorded = evidence.audit.events.get(id);
    if (recorded !== undefined) spans.audit.push({ from, to: recorded });
  }
  return spans;
}

export function timelineOf(spans: Spans, journal: Journal, evidence: Evidence, { from, to }: { from: number; to: number }): Timeline {
  const seconds = Math.max(1, Math.ceil((to - from) / 1_000));
  const second = (time: number): number => Math.min(seconds - 1, Math.max(0, Math.floor((time - from) / 1_000)));
  const perSecond = (times: Iterable<number>): number[] => {
    const counts = new Array<number>(seconds).fill(0);
    for (const time of times) counts[second(time)] = (counts[second(time)] ?? 0) + 1;
    return counts;
  };
  const waiting = (work: readonly Span[]): number[] => {
    const came = perSecond(work.map((span) => span.from));
    const went = perSecond(work.map((span) => span.to));
    let now = 0;
    return came.map((count, index) => (now += count - (went[index] ?? 0)));
  };
  return {
    startedAt: from,
    accepted: perSecond(journal.accepted.flatMap(({ id }) => evidence.ledger.get(id)?.acceptedAt ?? [])),
    delivered: perSecond(DELIVERING.flatMap((service) => spans[service].map(({ to: done }) => done))),
    waiting: Object.fromEntries(FINISHING.map((service) => [service, waiting(spans[service])])) as Timeline['waiting'],
  };
}

export interface Recovery {
  incident: Incident;
  /** From the fault's end until nearly everything it had kept waiting was done; undefined when it kept nothing waiting. */
  tookMs: number | undefined;
}

const NEARLY = 0.95;

const AFFECTED: Readonly<Record<string, readonly FinishingService[]>> = {
  hubspot: ['crm-sync'],
  smtp: ['email'],
  caldav: ['calendar'],
  'crm-sync': ['crm-sync'],
  email: ['email'],
  calendar: ['calendar'],
  audit: ['audit'],
};

/** How long each fault was felt. Faults overlap, so a time may belong to the next one as well: it is never too short. */
export function recoveriesOf(incidents: readonly Incident[], spans: Spans): Recovery[] {
  return incidents.map((incident) => {
    const felt = (AFFECTED[incident.lane] ?? FINISHING).flatMap((service) =>
      // It was waiting when the fault began or came while it lasted.
      spans[service].filter(({ from, to }) => from <= incident.to && to > incident.from).map(({ to }) => to),
    );
    if (felt.length === 0) return { incident, tookMs: undefined };
    felt.sort((a, b) => a - b);
    const nearlyAll = felt[Math.ceil(felt.length * NEARLY) - 1] ?? incident.to;
    return { incident, tookMs: Math.max(0, nearlyAll - incident.to) };
  });
}
