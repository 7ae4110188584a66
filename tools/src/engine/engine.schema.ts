import { DELIVERY_MIGRATIONS } from '@posthorn/delivery';
import { INBOX_MIGRATIONS, LEDGER_MIGRATIONS } from '@posthorn/ledger';
import { provisionSchema } from '@posthorn/persistence';
import type { Client } from 'pg';

export const ENGINE_SCHEMA = 'engine';
const PASSWORD = 'engine';

/** The tables of a service that delivers, in a database of whoever measures it. Returns the service's own address. */
export async function provisionEngine(adminUrl: string): Promise<string> {
  await provisionSchema({
    admin: { url: adminUrl },
    schema: ENGINE_SCHEMA,
    role: ENGINE_SCHEMA,
    rolePassword: PASSWORD,
    migrations: [...LEDGER_MIGRATIONS, ...INBOX_MIGRATIONS, ...DELIVERY_MIGRATIONS],
    access: 'read-write',
  });
  const url = new URL(adminUrl);
  url.username = ENGINE_SCHEMA;
  url.password = PASSWORD;
  return url.href;
}

export interface Work {
  count: number;
  connections: readonly string[];
  /** Deliveries of one ordering key, which go one after the other; default 1. */
  perKey?: number;
}

// A UUIDv7 of now and of its number, so that ids ascend as those of accepted events do.
const ID = `(lpad(to_hex($1::bigint + n / 1000), 12, '0') || '7' || lpad(to_hex(n % 1000), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid`;

/** Puts work in, as intake does, for tens of thousands at a time. */
export async function seedPending(client: Client, { count, connections, perKey = 1 }: Work): Promise<void> {
  const now = Date.now();
  await client.query('BEGIN');
  await client.query(
    `INSERT INTO ${ENGINE_SCHEMA}.inbox (event_id, site, type, accepted_at, envelope)
     SELECT id, 'acme', 'lead.submitted', now(), json_build_object(
              'specversion', '1.0', 'id', id, 'source', 'acme', 'site', 'acme', 'type', 'lead.submitted', 'time', now(), 'datacontenttype', 'application/json',
              'correlationid', id, 'schemaversion', 1, 'data', json_build_object('person', json_build_object('email', n || '@example.com'), 'message', 'Hello'))
       FROM (SELECT n, ${ID} AS id FROM generate_series(1, $2::int) AS n) AS events`,
    [now, count],
  );
  // All of one key at one connection; who is not the first of a key waits.
  await client.query(
    `INSERT INTO ${ENGINE_SCHEMA}.deliveries (id, event_id, connection, action, site, type, ordering_key, latest_wins, state, waits)
     SELECT gen_random_uuid(), ${ID}, ($3::text[])[1 + key % cardinality($3::text[])], 'sync-lead', 'acme', 'lead.submitted', md5($1::text || 'key' || key)::uuid, false, 'pending', n > keys
       FROM (SELECT n, keys, n % keys AS key FROM generate_series(1, $2::int) AS n, (SELECT greatest(1, $2::int / $4::int) AS keys) AS k) AS work`,
    [now, count, connections, perKey],
  );
  await client.query('COMMIT');
  await client.query(`ANALYZE ${ENGINE_SCHEMA}.deliveries`);
}

/** A month of deliveries that were done long ago. Its indexes are built last and nothing is logged: ten million take minutes, not an hour. */
export async function seedArchive(client: Client, { count, month }: { count: number; month: Date }): Promise<void> {
  const table = `${ENGINE_SCHEMA}.deliveries_archive_${month.toISOString().slice(0, 7).replace('-', '_')}`;
  const next = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 1));
  await client.query(`CREATE UNLOGGED TABLE ${table} (LIKE ${ENGINE_SCHEMA}.deliveries_archive INCLUDING CONSTRAINTS)`);
  await client.query(
    `INSERT INTO ${table}
     SELECT lpad(to_hex(n), 32, '0')::uuid, ${ID}, 'engine', 'sync-lead', 'acme', 'lead.submitted', lpad(to_hex(n), 32, '0')::uuid, false, 'delivered', 1, 1, now(), 'external-' || n,
            'crm.contact.synced', '{"created": true}', NULL, NULL, NULL, now(), now()
       FROM generate_series(1, $2::int) AS n`,
    [month.getTime(), count],
  );
  await client.query(`ALTER TABLE ${ENGINE_SCHEMA}.deliveries_archive ATTACH PARTITION ${table} FOR VALUES FROM ('${firstId(month)}') TO ('${firstId(next)}')`);
  await client.query(`ANALYZE ${table}`);
}

export const firstId = (at: Date): string => at.getTime().toString(16).padStart(12, '0').padEnd(32, '0').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

export async function openWork(client: Client): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM ${ENGINE_SCHEMA}.deliveries WHERE state IN ('pending', 'retrying', 'unknown', 'attempting')`,
  );
  return rows[0]?.n ?? 0;
}
