import { Pool } from 'pg';
import type { BookFigures } from './books.witness.js';
import { type DeliveryRow, type Evidence, keyOf } from './evidence.js';
import { DELIVERING, type DeliveringService, typesOf } from './promises.js';

/** The schema each service keeps its tables in. */
const SCHEMAS: Readonly<Record<DeliveringService, string>> = { 'crm-sync': 'crm', email: 'email', calendar: 'calendar' };

/** How much is not done yet, at one moment. */
export interface Remaining {
  /** In a ledger or an outbox, and not yet handed to NATS. */
  unrelayed: number;
  /** Deliveries that are not in a final state, by service. */
  open: Record<DeliveringService, number>;
  /** Counted only once the above is nothing: it means reading everything, of which the storm has left a lot. */
  whole?: {
    /** In ingress's ledger. */
    accepted: number;
    /** Deliveries that exist. */
    planned: Record<DeliveringService, number>;
    /** Events and outcomes that the audit log does not have yet. */
    unrecorded: number;
  };
}

export type LedgerRows = Map<string, { key: string | null; acceptedAt: number }>;

interface DeliveryRecord {
  event_id: string;
  action: string;
  state: string;
  attempts: number;
  error_code: string | null;
  at: string;
}

const OUTBOXES = DELIVERING.map((service) => SCHEMAS[service]);

const ofEach = (numberOf: (service: string) => number): Record<DeliveringService, number> =>
  Object.fromEntries(DELIVERING.map((service) => [service, numberOf(service)])) as Record<DeliveringService, number>;

/** Reads the services' tables as an administrator. It knows their columns and none of their code. */
export class DatabaseWitness {
  private readonly pool: Pool;

  constructor({ url, password }: { url: string; password?: string }) {
    const { hostname, port, username, pathname } = new URL(url);
    // Beside a URL node-postgres ignores a password, so the parts are given.
    this.pool = new Pool({ host: hostname, port: Number(port), user: username, password, database: pathname.slice(1), max: 4, connectionTimeoutMillis: 5_000 });
    // Postgres dies often here; the next question opens a new connection.
    this.pool.on('error', () => undefined);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  async remaining(): Promise<Remaining> {
    const row = await this.row([
      ...DELIVERING.map((service) => `(SELECT count(*) FROM ${SCHEMAS[service]}.deliveries WHERE state IN ('pending', 'retrying', 'unknown', 'attempting')) AS "${service}"`),
      `${['ingress', ...OUTBOXES].map((schema) => `(SELECT count(*) FROM ${schema}.unrelayed)`).join(' + ')} AS unrelayed`,
    ]);
    const remaining = { unrelayed: row('unrelayed'), open: ofEach(row) };
    const idle = remaining.unrelayed === 0 && DELIVERING.every((service) => remaining.open[service] === 0);
    return idle ? { ...remaining, whole: await this.whole() } : remaining;
  }

  private async whole(): Promise<Remaining['whole']> {
    const row = await this.row([
      ...DELIVERING.map((service) => `(SELECT count(*) FROM ${SCHEMAS[service]}.all_deliveries) AS "${service}"`),
      '(SELECT count(*) FROM ingress.ledger) AS accepted',
      `${OUTBOXES.map((schema) => `(SELECT count(*) FROM ${schema}.ledger)`).join(' + ')} AS told`,
      // Without gaps, so the last position is their number; that each is the right one is looked at in the end.
      '(SELECT coalesce(max(position), 0) FROM audit.entries) AS recorded',
    ]);
    return { accepted: row('accepted'), planned: ofEach(row), unrecorded: row('accepted') + row('told') - row('recorded') };
  }

  async ledger(): Promise<LedgerRows> {
    const rows = await this.query<{ id: string; idempotency_key: string | null; at: string }>(
      'SELECT id, idempotency_key, extract(epoch FROM accepted_at) * 1000 AS at FROM ingress.ledger',
    );
    return new Map(rows.map(({ id, idempotency_key: key, at }) => [id, { key, acceptedAt: Number(at) }]));
  }

  async deliveries(): Promise<Map<string, DeliveryRow>> {
    const found = new Map<string, DeliveryRow>();
    for (const service of DELIVERING) {
      const rows = await this.query<DeliveryRecord>(
        `SELECT event_id, action, state, attempts, error_code, extract(epoch FROM updated_at) * 1000 AS at FROM ${SCHEMAS[service]}.all_deliveries`,
      );
      for (const { event_id, action, state, attempts, error_code, at } of rows) {
        found.set(keyOf(service, event_id, action), { state, attempts, settledAt: Number(at), ...(error_code === null ? {} : { errorCode: error_code }) });
      }
    }
    return found;
  }

  async audit(): Promise<Evidence['audit']> {
    const events = await this.query<{ id: string; at: string }>("SELECT id, extract(epoch FROM recorded_at) * 1000 AS at FROM audit.entries WHERE kind = 'event'");
    const outcomes = await this.query<{ service: string; event_id: string; action: string; outcome: string; count: string }>(`
      SELECT service, event_id, leaf::json -> 'envelope' -> 'data' ->> 'action' AS action, outcome, count(*) AS count
        FROM audit.entries
       WHERE kind = 'outcome' AND outcome IN ('delivered', 'unknown') AND event_id IS NOT NULL
       GROUP BY 1, 2, 3, 4`);
    const missing = await Promise.all(
      DELIVERING.map((service) =>
        this.query<{ count: string }>(
          `SELECT count(*) AS count FROM ${SCHEMAS[service]}.ledger AS told WHERE NOT EXISTS (SELECT FROM audit.entries WHERE entries.id = told.id)`,
        ),
      ),
    );
    const countsOf = (wanted: string): Map<string, number> =>
      new Map(outcomes.filter(({ outcome }) => outcome === wanted).map(({ service, event_id, action, count }) => [keyOf(service, event_id, action), Number(count)]));
    return {
      events: new Map(events.map(({ id, at }) => [id, Number(at)])),
      delivered: countsOf('delivered'),
      unknown: countsOf('unknown'),
      missingOutcomes: missing.flat().reduce((sum, { count }) => sum + Number(count), 0),
    };
  }

  /** The books, counted from the ledger and the deliveries themselves: an event is what its worst delivery is. */
  async books(): Promise<BookFigures[]> {
    const ofServices = await Promise.all(
      DELIVERING.map((service) =>
        this.bookOf(service, typesOf(service), `
          SELECT event_id, min(CASE state WHEN 'dead' THEN '1 dead' WHEN 'held' THEN '2 held' WHEN 'delivered' THEN '4 delivered' WHEN 'skipped' THEN '5 skipped' ELSE '3 inProgress' END) AS state
            FROM ${SCHEMAS[service]}.all_deliveries GROUP BY event_id`),
      ),
    );
    return [...ofServices.flat(), ...(await this.bookOf('audit', null, "SELECT id AS event_id, '4 delivered' AS state FROM audit.entries WHERE kind = 'event'"))];
  }

  private async bookOf(service: string, types: readonly string[] | null, states: string): Promise<BookFigures[]> {
    const count = (state: string): string => `count(*) FILTER (WHERE right(state, -2) = '${state}')::int AS "${state}"`;
    return this.query<BookFigures>(
      `SELECT $1 AS service, site, to_char(to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
              count(*)::int AS accepted, ${['delivered', 'inProgress', 'held', 'dead', 'skipped'].map(count).join(', ')}, count(*) FILTER (WHERE state IS NULL)::int AS missing
         FROM ingress.ledger LEFT JOIN (${states}) AS states ON states.event_id = ledger.id
        WHERE $2::text[] IS NULL OR type = ANY($2) GROUP BY 2, 3`,
      [service, types],
    );
  }

  private async row(columns: readonly string[]): Promise<(name: string) => number> {
    const [row = {}] = await this.query<Record<string, string>>(`SELECT ${columns.join(', ')}`);
    return (name) => Number(row[name]);
  }

  private async query<R extends object>(sql: string, values: unknown[] = []): Promise<R[]> {
    const { rows } = await this.pool.query<R>(sql, values);
    return rows;
  }
}
