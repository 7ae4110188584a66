import { Injectable } from '@nestjs/common';
import { Database, prepared, type Transaction } from '@posthorn/persistence';
import { type Standing } from '@posthorn/resilience';

/** What is written of a connection. Times come as durations: replicas' clocks differ, Postgres's is one. */
export interface SharedStanding {
  readonly standing: Standing;
  readonly revision: number;
  /** Until another replica's test should have ended, or may begin. */
  readonly waitMs: number;
}

interface Row {
  connection: string;
  state: Standing['state'];
  reason: string | null;
  failures: number;
  revision: number;
  open_ms: number;
  probed_ms: number;
}

const MS_UNTIL = (at: string): string => `coalesce(greatest(0, extract(epoch FROM ${at} - now()) * 1000), 0)::float8`;

const LOOK = prepared(`
  SELECT connection, state, reason, failures, revision, ${MS_UNTIL('open_until')} AS open_ms, ${MS_UNTIL('probed_until')} AS probed_ms
    FROM connection_circuits WHERE connection = ANY ($1::text[])`);

const DECIDE = prepared(`
  INSERT INTO connection_circuits AS c (connection, state, reason, failures, revision, open_until)
  VALUES ($1, $2, $3, $4, 1, now() + $5 * interval '1 millisecond')
  ON CONFLICT (connection) DO UPDATE
     SET state = excluded.state, reason = excluded.reason, failures = excluded.failures, open_until = excluded.open_until,
         probed_until = NULL, revision = c.revision + 1, changed_at = now()
   WHERE c.revision = $6
  RETURNING revision`);

const TAKE_PROBE = prepared(`
  UPDATE connection_circuits SET probed_until = now() + $3 * interval '1 millisecond'
   WHERE connection = $1 AND revision = $2 AND state <> 'closed'
     AND (open_until <= now() OR $4) AND coalesce(probed_until <= now(), true)
  RETURNING state`);

const DUE_AT_ONCE = `
  INSERT INTO connection_circuits (connection) SELECT unnest($1::text[])
  ON CONFLICT (connection) DO UPDATE SET check_at = now()`;

const TAKE_CHECKS = prepared(`
  UPDATE connection_circuits c SET check_at = now() + next.ms * interval '1 millisecond'
    FROM unnest($1::text[], $2::float8[]) AS next (connection, ms)
   WHERE c.connection = next.connection AND c.check_at <= now()
  RETURNING c.connection`);

/** The table in which replicas of a service tell each other how connections stand. */
@Injectable()
export class CircuitStore {
  constructor(private readonly database: Database) {}

  async look(connections: readonly string[]): Promise<Map<string, SharedStanding>> {
    const rows = await this.database.query<Row>(LOOK, [connections]);
    return new Map(rows.map((row) => [row.connection, sharedOf(row)]));
  }

  /** The new revision; undefined where another replica has decided since `known`. */
  async decide(tx: Transaction, connection: string, { state, reason, failures, until }: Standing, known: number): Promise<number | undefined> {
    const openMs = until === undefined ? null : Math.max(0, until.getTime() - Date.now());
    const [row] = await tx.query<{ revision: number }>(DECIDE, [connection, state, reason?.slice(0, 1_000) ?? null, failures, openMs, known]);
    return row?.revision;
  }

  /** What is tested, where this replica may test it now: undefined where it may not. */
  async takeProbe(tx: Transaction, connection: string, known: number, leaseMs: number, urgent: boolean): Promise<Standing['state'] | undefined> {
    const [row] = await tx.query<{ state: Standing['state'] }>(TAKE_PROBE, [connection, known, leaseMs, urgent]);
    return row?.state;
  }

  /** Has the credentials of these connections checked at once, whenever they were to be checked. */
  async makeChecksDue(connections: readonly string[]): Promise<void> {
    await this.database.query(DUE_AT_ONCE, [connections]);
  }

  /** Which checks are due and now this replica's, given when each is due next, in milliseconds. */
  async takeChecks(nextMs: ReadonlyMap<string, number>): Promise<string[]> {
    const rows = await this.database.query<{ connection: string }>(TAKE_CHECKS, [[...nextMs.keys()], [...nextMs.values()]]);
    return rows.map(({ connection }) => connection);
  }
}

function sharedOf({ state, reason, failures, revision, open_ms: openMs, probed_ms: probedMs }: Row): SharedStanding {
  const until = state === 'closed' ? undefined : new Date(Date.now() + openMs);
  return { standing: { state, reason: reason ?? undefined, failures, until }, revision, waitMs: Math.max(openMs, probedMs) };
}
