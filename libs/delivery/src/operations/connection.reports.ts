import { Injectable, Logger } from '@nestjs/common';
import { type Backlog, type ConnectionReport, COUNTED_AT_MOST } from '@posthorn/contracts';
import { Database, DatabaseUnavailableError } from '@posthorn/persistence';
import { type Connection, ConnectionRegistry } from '../connection.registry.js';
import { CLAIMABLE, DEAD_LETTERS, LIVE, sqlList } from '../delivery.states.js';
import { ThroughputMeter } from './throughput.meter.js';

/** Many may look at once; the tables are asked once in this time. */
const FRESH_MS = 1_000;

interface BacklogRow {
  connection: string;
  pending: number;
  attempting: number;
  retrying: number;
  unknown: number;
  dead: number;
  held: number;
  oldest: Date | null;
}

// Bounded: a million waiting deliveries must not make the look at them expensive. Then the oldest is that of the
// sample, or the first in line, which is nearly always the one.
const BACKLOG = `
  SELECT c.connection, open.pending, open.attempting, open.retrying, open.unknown, letters.dead, letters.held,
         least(open.oldest, first.created_at) AS oldest
    FROM unnest($1::text[]) AS c (connection)
   CROSS JOIN LATERAL (
     SELECT count(*) FILTER (WHERE state = 'pending')::int AS pending, count(*) FILTER (WHERE state = 'attempting')::int AS attempting,
            count(*) FILTER (WHERE state = 'retrying')::int AS retrying, count(*) FILTER (WHERE state = 'unknown')::int AS unknown,
            min(created_at) AS oldest
       FROM (SELECT d.state, d.created_at FROM deliveries d
              WHERE d.connection = c.connection AND d.state IN (${sqlList(LIVE)}) LIMIT ${COUNTED_AT_MOST + 1}) AS counted) AS open
   CROSS JOIN LATERAL (
     SELECT count(*) FILTER (WHERE state = 'dead')::int AS dead, count(*) FILTER (WHERE state = 'held')::int AS held
       FROM (SELECT d.state FROM deliveries d
              WHERE d.connection = c.connection AND d.state IN (${sqlList(DEAD_LETTERS)}) LIMIT ${COUNTED_AT_MOST + 1}) AS counted) AS letters
    LEFT JOIN LATERAL (
     SELECT d.created_at FROM deliveries d
      WHERE d.connection = c.connection AND d.state IN (${sqlList(CLAIMABLE)}) AND NOT d.waits
      ORDER BY d.next_attempt_at, d.event_id LIMIT 1) AS first ON true`;

/** How each connection does. */
@Injectable()
export class ConnectionReports {
  private readonly logger = new Logger(ConnectionReports.name);
  private rows: Promise<Map<string, BacklogRow>> | undefined;
  private askedAt = -Infinity;

  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionRegistry,
    private readonly throughput: ThroughputMeter,
  ) {}

  /** Without backlogs while the database is away: what the guards know is worth telling all the same. */
  async of(wanted: { connection?: string; site?: string }): Promise<ConnectionReport[]> {
    const all = this.connections.all().filter(({ id, site }) => (wanted.connection ?? id) === id && (wanted.site ?? site) === site);
    if (all.length === 0) return [];
    const rows = await this.backlogs().catch((error: unknown) => {
      if (!(error instanceof DatabaseUnavailableError)) this.logger.error({ err: error }, 'The backlogs cannot be counted');
      return new Map<string, BacklogRow>();
    });
    return Promise.all(all.map((connection) => this.report(connection, rows.get(connection.id))));
  }

  private async report({ id, site, providerName, guard, check }: Connection, row: BacklogRow | undefined): Promise<ConnectionReport> {
    return {
      connection: id,
      site,
      provider: providerName,
      state: guard.state,
      reason: guard.reason,
      openUntil: guard.openUntil?.toISOString(),
      backlog: row && backlogOf(row),
      oldestWaiting: row?.oldest?.toISOString(),
      perSecond: await this.throughput.perSecond(id),
      checkable: check !== undefined,
    };
  }

  private backlogs(): Promise<Map<string, BacklogRow>> {
    if (this.rows === undefined || performance.now() - this.askedAt > FRESH_MS) {
      this.askedAt = performance.now();
      this.rows = this.database
        .query<BacklogRow>(BACKLOG, [this.connections.all().map(({ id }) => id)])
        .then((rows) => new Map(rows.map((row) => [row.connection, row])));
    }
    return this.rows;
  }
}

function backlogOf({ pending, attempting, retrying, unknown, dead, held }: BacklogRow): Backlog {
  const more = pending + attempting + retrying + unknown > COUNTED_AT_MOST || dead + held > COUNTED_AT_MOST;
  return { pending, attempting, retrying, unknown, dead, held, more };
}
