import { Injectable } from '@nestjs/common';
import { prepared, type Transaction } from '@posthorn/persistence';
import { countEvents, EVENT_STATE } from '../books/event.state.js';
import { FINISHED, sqlList } from '../delivery.states.js';

const FINISHED_SQL = sqlList(FINISHED);
const LOCK = `hashtextextended('posthorn archive ' || current_schema(), 0)`;
const KEPT = `id, event_id, connection, action, site, type, ordering_key, latest_wins, state, attempts, fence, first_attempt_at,
  external_id, outcome, facts, error_code, error_message, error_remedy, created_at, updated_at`;
const EVENTS = (rows: string): string => `SELECT event_id, site, type, ${EVENT_STATE} AS state FROM ${rows} GROUP BY event_id, site, type`;

const LOOK = prepared(`
  WITH seen AS (
    SELECT updated_at, id, event_id FROM deliveries
     WHERE state IN (${FINISHED_SQL}) AND (updated_at, id) > ($1::timestamptz, $2::uuid)
       AND updated_at <= now() - $3 * interval '1 millisecond'
     ORDER BY updated_at, id LIMIT $4)
  SELECT count(*)::int AS count, max(updated_at)::text AS at, (array_agg(id ORDER BY updated_at DESC, id DESC))[1] AS id,
         array_agg(DISTINCT to_char(day_of(event_id), 'YYYY-MM')) AS months, array_agg(event_id) AS events
    FROM seen`);

// An event goes when all its deliveries are finished, so that its state in the books is the state of what goes.
const MOVE = prepared(`
  WITH moved AS (
    DELETE FROM deliveries d
     WHERE d.event_id = ANY (ARRAY(
             SELECT e.event_id FROM unnest($1::uuid[]) AS e (event_id)
              WHERE (SELECT true FROM deliveries o
                      WHERE o.event_id = e.event_id
                        AND (o.state NOT IN (${FINISHED_SQL}) OR o.updated_at > now() - $2 * interval '1 millisecond') LIMIT 1) IS NOT TRUE))
       AND d.state IN (${FINISHED_SQL})
    RETURNING ${KEPT}
  ), kept AS (
    INSERT INTO deliveries_archive (${KEPT}) SELECT ${KEPT} FROM moved ORDER BY event_id
  ), counted AS (${countEvents(EVENTS('moved'))})
  SELECT count(*)::int AS count FROM moved`);

const REOPEN = `
  WITH back AS (
    DELETE FROM deliveries_archive WHERE event_id = ANY ($1::uuid[]) RETURNING ${KEPT}
  ), opened AS (
    INSERT INTO deliveries (${KEPT}, waits, next_attempt_at) SELECT ${KEPT}, false, updated_at FROM back
  ), counted AS (${countEvents(EVENTS('back'), '-')})
  SELECT count(*) FROM back`;

/** How far the archivist has looked. */
export interface ArchivePosition {
  readonly at: string;
  readonly id: string;
}

export const BEGINNING: ArchivePosition = { at: '-infinity', id: '00000000-0000-0000-0000-000000000000' };

/**
 * Where deliveries go that are finished, and come from when one of them is sent again. Only redelivery changes what is
 * finished, and it holds the archivist off; so what is moved needs no lock on its rows.
 */
@Injectable()
export class DeliveryArchive {
  private readonly months = new Set<string>();

  /** False while another replica archives or a redelivery is under way; else held until the transaction ends. */
  async begin(tx: Transaction): Promise<boolean> {
    const [row] = await tx.query<{ locked: boolean }>(`SELECT pg_try_advisory_xact_lock(${LOCK}) AS locked`);
    // What a crash of Postgres takes back is still in the open table, and nobody waits for the disk.
    await tx.query(`SET LOCAL synchronous_commit = off`);
    return row?.locked === true;
  }

  /** Looks at the next so many finished deliveries, and moves the events that are done. Undefined when there are no more. */
  async step(tx: Transaction, after: ArchivePosition, { lagMs, limit }: { lagMs: number; limit: number }): Promise<{ position: ArchivePosition; seen: number; moved: number } | undefined> {
    const [look] = await tx.query<{ count: number; at: string; id: string; months: string[]; events: string[] }>(LOOK, [after.at, after.id, lagMs, limit]);
    if (look === undefined || look.count === 0) return undefined;
    await this.makeMonths(tx, look);
    const [moved] = await tx.query<{ count: number }>(MOVE, [[...new Set(look.events)], lagMs]);
    return { position: { at: look.at, id: look.id }, seen: look.count, moved: moved?.count ?? 0 };
  }

  /** Holds the archivist off until the transaction ends. */
  async hold(tx: Transaction): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock_shared(${LOCK})`);
  }

  /** Holds both the archivist and redeliveries off until the transaction ends: nothing that is finished changes meanwhile. */
  async freeze(tx: Transaction): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(${LOCK})`);
  }

  /** Takes all that the archive has of these events back; call `hold` first. */
  async reopen(tx: Transaction, eventIds: readonly string[]): Promise<void> {
    await tx.query(REOPEN, [eventIds]);
  }

  private async makeMonths(tx: Transaction, { months, events }: { months: readonly string[]; events: readonly string[] }): Promise<void> {
    const unknown = months.filter((month) => !this.months.has(month));
    if (unknown.length === 0) return;
    await tx.query(
      `SELECT make_archive_month(event_id)
         FROM (SELECT DISTINCT ON (to_char(day_of(event_id), 'YYYY-MM')) event_id FROM unnest($1::uuid[]) AS e (event_id)) AS months`,
      [events],
    );
    tx.afterCommit(() => unknown.forEach((month) => this.months.add(month)));
  }
}
