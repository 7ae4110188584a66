import { z } from 'zod';
import { badParameter } from '../questions/bad.question.js';
import { FILTER, questionOf } from '../questions/entries.query.js';

const HOUR_MS = 3_600_000;
/** A chart has no room for more. */
const MAX_BUCKETS = 400;
/** Where nothing says from when on. */
const DEFAULT_BUCKETS = 30;
const GROUPS = ['site', 'kind', 'type', 'service', 'connection', 'outcome'] as const;
const HOURS = { hour: 1, day: 24 } as const;

const { site, type, kind, service, connection, outcome, from, to } = FILTER;
export const countsQuery = z.strictObject({
  site, type, kind, service, connection, outcome, from, to,
  by: z.enum(['day', 'hour'], 'must be day or hour').default('day'),
  group: z.enum(GROUPS, `must be one of ${GROUPS.join(', ')}`).optional(),
});

export interface CountsQuestion {
  by: 'day' | 'hour';
  group?: (typeof GROUPS)[number];
  /** Hours since 1970, whole buckets: the first, and the one after the last. */
  from: number;
  to: number;
  hoursEach: number;
  filter: Pick<z.infer<typeof countsQuery>, 'site' | 'type' | 'kind' | 'service' | 'connection' | 'outcome'>;
}

/** The question of a URL, by default about the last 30 days or hours; a Problem (400) that names every mistake. */
export function countsQuestionOf(parameters: unknown, now: Date): CountsQuestion {
  const { by, group, from: first, to: end = now, ...filter } = questionOf(countsQuery, parameters);
  const hoursEach = HOURS[by];
  const bucketMs = hoursEach * HOUR_MS;
  // Buckets that are asked for in part are counted as a whole.
  const after = Math.ceil(end.getTime() / bucketMs);
  const from = first === undefined ? after - DEFAULT_BUCKETS : Math.floor(first.getTime() / bucketMs);
  if (from >= after) throw badParameter('to', 'must be after "from"');
  if (after - from > MAX_BUCKETS) throw badParameter('from', `must be at most ${MAX_BUCKETS} ${by}s before "to", not ${after - from}; ${by === 'hour' ? 'count by day, or ' : ''}ask for less at a time`);
  return { by, group, from: from * hoursEach, to: after * hoursEach, hoursEach, filter };
}

export const timeOfHour = (hour: number): string => new Date(hour * HOUR_MS).toISOString();
