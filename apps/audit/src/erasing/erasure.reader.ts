import { Injectable } from '@nestjs/common';
import { type ErasureCause, UUID_V7 } from '@posthorn/contracts';
import { Database } from '@posthorn/persistence';
import type { Auditor } from '../questions/auditor.js';
import type { ErasureState } from './certificate.js';
import type { ErasuresQuery } from './erasures.query.js';

/** A request as it was recorded, and what it came to. */
export interface ErasureRow {
  id: string;
  correlation: string;
  site: string;
  cause: ErasureCause;
  events: Record<string, number>;
  people: number;
  unlisted: number;
  position: number;
  recordedAt: Date;
  certifiedAt: Date | null;
  /** Of the outcome that certifies it; null until that is recorded too. */
  outcomeId: string | null;
  outcomePosition: number | null;
  unable: string[] | null;
  /** Events that it names: not recorded yet, and hidden while their key is still needed. */
  missing: number;
  kept: number;
}

export interface StepRow {
  request: string;
  place: string;
  entry: string;
  position: number;
  toldAt: Date;
  facts: Record<string, unknown>;
}

/** An erasure in a list. */
export interface ErasureView {
  id: string;
  correlation: string;
  site: string;
  cause: ErasureCause;
  state: ErasureState;
  requestedAt: string;
  certifiedAt?: string;
  events: number;
}

const REQUESTS_AT_MOST = 100;

const REQUESTS = `
  SELECT e.id, e.correlation, e.site, e.cause, e.events, e.people, e.unlisted, e.position::float8 AS position, e.recorded_at AS "recordedAt", e.unable,
         e.certified_at AS "certifiedAt", e.outcome_id AS "outcomeId", (SELECT position::float8 FROM entries WHERE id = e.outcome_id) AS "outcomePosition", listed.*
    FROM erasures e
   CROSS JOIN LATERAL (
     SELECT count(*) FILTER (WHERE entry.id IS NULL)::int AS missing, count(entry.id)::int AS kept
       FROM listed_events listed LEFT JOIN entries entry USING (id) WHERE listed.request = e.id) AS listed
   WHERE (e.correlation = $1 OR e.id = $2::uuid) AND ($3::text[] IS NULL OR e.site = ANY($3)) ORDER BY e.id LIMIT ${REQUESTS_AT_MOST}`;
const STEPS = `
  SELECT request, place, entry, position::float8 AS position, told_at AS "toldAt", facts FROM erasure_steps WHERE request = ANY($1::uuid[]) ORDER BY request, place`;
const LIST = `
  SELECT id, correlation, site, cause, CASE WHEN certified_at IS NULL THEN 'open' ELSE 'certified' END AS state, certified_at AS "certifiedAt",
         (SELECT coalesce(sum(value::int), 0)::int FROM jsonb_each_text(events)) AS events
    FROM erasures
   WHERE ($1::text[] IS NULL OR site = ANY($1)) AND ($2::boolean IS NULL OR (certified_at IS NULL) = $2) AND ($3::text IS NULL OR cause = $3) AND ($4::uuid IS NULL OR id < $4)
   ORDER BY id DESC LIMIT $5`;

/** Reads what was asked to be forgotten, for an auditor of the site. */
@Injectable()
export class ErasureReader {
  constructor(private readonly database: Database) {}

  /** A request by its id, or all that have this correlation. */
  requests(auditor: Auditor, id: string): Promise<ErasureRow[]> {
    return this.database.query<ErasureRow>(REQUESTS, [id, UUID_V7.test(id) ? id : null, auditor.sites ?? null]);
  }

  steps(requests: readonly ErasureRow[]): Promise<StepRow[]> {
    return this.database.query<StepRow>(STEPS, [requests.map(({ id }) => id)]);
  }

  /** The newest first. */
  async list(auditor: Auditor, { site, state, cause }: ErasuresQuery, limit: number, before: string | undefined): Promise<Omit<ErasureView, 'requestedAt'>[]> {
    const open = state === undefined ? null : state === 'open';
    const rows = await this.database.query<Omit<ErasureView, 'requestedAt' | 'certifiedAt'> & { certifiedAt: Date | null }>(LIST, [auditor.sitesFor(site) ?? null, open, cause ?? null, before ?? null, limit]);
    return rows.map(({ certifiedAt, ...row }) => ({ ...row, ...(certifiedAt === null ? {} : { certifiedAt: certifiedAt.toISOString() }) }));
  }
}
