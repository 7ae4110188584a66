import { createEvent, EXAMPLES } from '@posthorn/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditFixture, startAudit } from '../testing/audit.test-kit.js';
import { leafHash } from '../tree/merkle.hash.js';
import { TreeEdge } from '../tree/tree.edge.js';
import { entryOfEvent, type NewEntry } from './entry.js';
import { EntryWriter } from './entry.writer.js';

let audit: AuditFixture;
beforeAll(async () => {
  audit = await startAudit();
});
afterAll(async () => {
  await audit.stop();
});

const leads = (count: number): NewEntry[] => Array.from({ length: count }, () => entryOfEvent(createEvent({ site: 'acme', type: 'lead.submitted', data: EXAMPLES['lead.submitted'] })));

/** The tree as anybody would build it from the entries alone, and the tiles beside it. */
async function treeFromScratch(): Promise<{ positions: number[]; edge: TreeEdge; tiles: unknown[]; stored: unknown[] }> {
  const rows = await audit.superuser.query<{ position: string; leaf: string }>('SELECT position, leaf FROM entries ORDER BY position');
  const edge = TreeEdge.empty();
  const tiles = edge.append(rows.map(({ leaf }) => leafHash(Buffer.from(leaf))));
  const stored = await audit.superuser.query('SELECT level, number::float8 AS number, hashes, root FROM tiles ORDER BY level, number');
  const byPlace = (a: { level: number; number: number }, b: { level: number; number: number }): number => a.level - b.level || a.number - b.number;
  return { positions: rows.map(({ leaf }) => (JSON.parse(leaf) as { position: number }).position), edge, tiles: tiles.toSorted(byPlace), stored };
}

describe('the tree of the log', () => {
  it('has a tile for every 256 entries, whatever the batches they came in', async () => {
    const writer = audit.app.get(EntryWriter);
    for (const size of [1, 254, 1, 1, 255, 300, 700]) await writer.append(leads(size));
    const { positions, tiles, stored } = await treeFromScratch();
    expect(positions).toEqual(Array.from({ length: positions.length }, (_, at) => at + 1));
    expect(tiles).toHaveLength(5);
    expect(stored).toEqual(tiles);
  });

  it('stays one tree when replicas write in turn', async () => {
    const replica = await audit.replica();
    const writers = [audit.app.get(EntryWriter), replica.get(EntryWriter)];
    await Promise.all(Array.from({ length: 12 }, () => writers.map((writer) => writer.append(leads(37)))).flat());
    await replica.close();
    const { positions, tiles, stored } = await treeFromScratch();
    expect(positions).toEqual(Array.from({ length: positions.length }, (_, at) => at + 1));
    expect(stored).toEqual(tiles);
  });

  it('remembers nothing of a batch that was not committed', async () => {
    const writer = audit.app.get(EntryWriter);
    await audit.superuser.query("ALTER TABLE entries ADD CONSTRAINT no_more CHECK (site <> 'never') NOT VALID");
    const bad = leads(300).map((entry) => ({ ...entry, envelope: { ...entry.envelope, site: 'never' } }));
    await expect(writer.append(bad)).rejects.toMatchObject({ code: '23514' });
    await audit.superuser.query('ALTER TABLE entries DROP CONSTRAINT no_more');
    await writer.append(leads(300));
    const { tiles, stored } = await treeFromScratch();
    expect(stored).toEqual(tiles);
  });

  it('goes on after the database was set back, by what is there and not by what it remembers', async () => {
    const writer = audit.app.get(EntryWriter);
    const [last] = await audit.superuser.query<{ size: number }>('SELECT max(position)::int AS size FROM entries');
    await audit.superuser.query('DELETE FROM entries WHERE position > $1', [(last?.size ?? 0) - 3]);
    await audit.superuser.query("INSERT INTO entries (position, id, kind, type, recorded_at, leaf) SELECT $1 - 3 + n, gen_random_uuid(), 'event', 'other', now(), '{\"position\":' || ($1 - 3 + n) || '}' FROM generate_series(1, 3) AS n", [last?.size]);
    await writer.append(leads(300));
    const { tiles, stored } = await treeFromScratch();
    expect(stored).toEqual(tiles);
  });
});
