import { hash } from 'node:crypto';
import type { Client } from 'pg';

const WIDTH = 256;
const HASH_BYTES = 32;
const TILES_AT_ONCE = 2_000;
const ROWS_AT_ONCE = 1_000_000;
/** Long ago, so that what is recorded during the benchmark is newer. */
const BEGINNING = Date.UTC(2020, 0, 1);

/** So many of each there are among the seeded entries; one out of three is an event, the others its two outcomes. */
export const SEEDED = { sites: 50, types: ['lead.submitted', 'order.paid', 'appointment.booked', 'customer.updated'], actors: 20 } as const;

// Entry n belongs to the event numbered n / 3. Half of all are acme's; one outcome in two hundred is a dead delivery, one
// entry in a thousand an operator's doing. Ids are UUIDv7 of ascending times.
const ROWS = `
  WITH numbered AS (
    SELECT n, n % 3 AS part, n / 3 AS e, (${BEGINNING}::bigint + n) AS ms FROM generate_series($1::bigint, $2::bigint) AS n
  ), named AS (
    SELECT n, part, ms,
           (lpad(to_hex(ms), 12, '0') || '7000' || '8' || lpad(to_hex(n), 15, '0'))::uuid AS id,
           (lpad(to_hex(${BEGINNING}::bigint + e * 3), 12, '0') || '7000' || '8' || lpad(to_hex(e * 3), 15, '0'))::uuid AS event_id,
           CASE WHEN e % 2 = 0 THEN 'acme' ELSE 'site-' || (e % ${SEEDED.sites}) END AS site,
           CASE part WHEN 0 THEN (ARRAY['${SEEDED.types.join("', '")}'])[1 + e % ${SEEDED.types.length}] WHEN 1 THEN 'crm.contact.synced' ELSE 'email.message.sent' END AS type,
           CASE part WHEN 0 THEN NULL WHEN 1 THEN 'crm-sync' ELSE 'email' END AS service,
           CASE WHEN part = 0 THEN NULL WHEN n % 200 = 1 THEN 'dead' ELSE 'delivered' END AS outcome,
           CASE WHEN part > 0 AND n % 1000 = 2 THEN 'operator-' || (e % ${SEEDED.actors}) END AS actor
      FROM numbered)
  INSERT INTO audit.entries (position, id, kind, site, type, service, connection, outcome, actor, event_id, correlation, causation, person, recorded_at, blob, leaf)
  SELECT n, id, CASE WHEN part = 0 THEN 'event' ELSE 'outcome' END, site, type, service, site || '-' || service, outcome, actor, event_id, event_id::text,
         CASE WHEN part > 0 THEN event_id END, NULL, to_timestamp(ms / 1000.0), NULL,
         '{"v":1,"position":' || n || ',"recordedAt":"' || to_char(to_timestamp(ms / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '","kind":"' || CASE WHEN part = 0 THEN 'event' ELSE 'outcome' END
           || '","event":"' || event_id || coalesce('","service":"' || service || '","connection":"' || site || '-' || service || '","outcome":"' || outcome, '')
           || '","envelope":{"specversion":"1.0","id":"' || id || '","source":"/sites/' || site || '","type":"' || type || '","time":"2020-01-01T00:00:00.000Z","datacontenttype":"application/json","dataschema":"https://posthorn.dev/schemas/'
           || type || '/1","site":"' || site || '","correlationid":"' || event_id || '","data":{"attempts":1,"externalId":"' || md5(n::text) || md5(event_id::text) || '","facts":{"created":true,"seeded":"' || repeat('x', 200) || '"}}}}'
    FROM named`;

/**
 * Makes the log so many entries long, as a service that has run for years would have left it: with its tree, its indexes
 * and its counts. Its indexes are built last, or ten million entries would take an hour. No service may run meanwhile.
 */
export async function growLog(client: Client, size: number, progress: (line: string) => void): Promise<void> {
  const { size: before } = await one<{ size: number }>(client, 'SELECT coalesce(max(position), 0)::float8 AS size FROM audit.entries');
  const indexes = await client.query<{ name: string; definition: string }>(`
    SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
     WHERE indrelid = 'audit.entries'::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`);
  for (const { name } of indexes.rows) await client.query(`DROP INDEX ${name}`);
  for (let from = before + 1; from <= size; from += ROWS_AT_ONCE) {
    const until = Math.min(size, from + ROWS_AT_ONCE - 1);
    await client.query(ROWS, [from, until]);
    progress(`${until.toLocaleString('en')} entries written`);
  }
  await client.query("SET maintenance_work_mem = '512MB'");
  for (const { definition } of indexes.rows) await client.query(definition);
  progress('the indexes are built');
  await growTree(client, Math.floor(size / WIDTH));
  progress('the tree is grown');
  // As counted by the service itself, which would be busy with it for minutes.
  await client.query(`
    INSERT INTO audit.entry_counts AS known (hour, kind, site, type, service, connection, outcome, entries)
    SELECT audit.utc_hour_of(id), kind, site, type, service, connection, outcome, count(*) FROM audit.entries WHERE position > $1 GROUP BY 1, 2, 3, 4, 5, 6, 7
    ON CONFLICT ON CONSTRAINT entry_counts_sort DO UPDATE SET entries = known.entries + EXCLUDED.entries`, [before]);
  await client.query('INSERT INTO audit.entry_counter (id, position) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET position = EXCLUDED.position', [size]);
  await client.query('VACUUM (ANALYZE) audit.entries');
  await client.query('ANALYZE audit.tiles');
}

/** Fills the tiles of every level that have become full: those of the leaves from the entries, the others from the level below. */
async function growTree(client: Client, full: number): Promise<void> {
  for (let level = 0, tiles = full; tiles > 0; level += 1, tiles = Math.floor(tiles / WIDTH)) {
    const { known } = await one<{ known: number }>(client, 'SELECT count(*)::int AS known FROM audit.tiles WHERE level = $1', [level]);
    for (let from = known; from < tiles; from += TILES_AT_ONCE) {
      const until = Math.min(tiles, from + TILES_AT_ONCE);
      const { rows } = await client.query<{ number: number; hashes: Buffer }>(level === 0 ? OF_LEAVES : OF_TILES, level === 0 ? [from, until] : [from, until, level - 1]);
      await client.query('INSERT INTO audit.tiles (level, number, hashes, root) SELECT $1, * FROM unnest($2::bigint[], $3::bytea[], $4::bytea[])', [level, rows.map(({ number }) => number), rows.map(({ hashes }) => hashes), rows.map(({ hashes }) => rootOf(hashes))]);
    }
  }
}

const OF_LEAVES = `
  SELECT ((position - 1) / ${WIDTH})::float8 AS number, string_agg(sha256('\\x00'::bytea || convert_to(leaf, 'UTF8')), NULL ORDER BY position) AS hashes
    FROM audit.entries WHERE position > $1::bigint * ${WIDTH} AND position <= $2::bigint * ${WIDTH} GROUP BY (position - 1) / ${WIDTH}`;
const OF_TILES = `
  SELECT (number / ${WIDTH})::float8 AS number, string_agg(root, NULL ORDER BY number) AS hashes
    FROM audit.tiles WHERE level = $3 AND number >= $1::bigint * ${WIDTH} AND number < $2::bigint * ${WIDTH} GROUP BY number / ${WIDTH}`;

/** RFC 6962, 2.1, over the hashes of a full tile. */
function rootOf(hashes: Buffer): Buffer {
  let row = hashes;
  while (row.length > HASH_BYTES) {
    const above = Buffer.alloc(row.length / 2);
    for (let at = 0; at < row.length; at += 2 * HASH_BYTES) hash('sha256', Buffer.concat([Buffer.of(1), row.subarray(at, at + 2 * HASH_BYTES)]), 'buffer').copy(above, at / 2);
    row = above;
  }
  return row;
}

async function one<R extends object>(client: Client, sql: string, params: unknown[] = []): Promise<R> {
  const { rows } = await client.query<R>(sql, params);
  return rows[0] as R;
}
