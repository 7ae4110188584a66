import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEvent, EXAMPLES } from '@posthorn/contracts';
import { waitFor } from '@posthorn/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SignedLog } from '../log/log.test-kit.js';
import { entryOfEvent } from '../recording/entry.js';
import { EntryWriter } from '../recording/entry.writer.js';
import { type AuditFixture, AUDITOR, startAudit } from '../testing/audit.test-kit.js';
import { tellStory } from '../testing/story.test-kit.js';
import { leafHash } from '../tree/merkle.hash.js';
import { TreeEdge } from '../tree/tree.edge.js';
import type { AuditCheckConfig } from '../config.js';
import { CheckFindings } from './check.findings.js';
import { runCheck } from './check.program.js';
import { TilesCheck } from './tiles.check.js';

const KEPT = ['entries', 'tiles', 'entry_blobs', 'people', 'person_addresses', 'checkpoints'];

let folder: string;
let audit: AuditFixture;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'posthorn-checkpoints-'));
  audit = await startAudit({}, { checkpoints: { everyMs: 3_600_000, store: { folder }, witnesses: [] } });
  const log = new SignedLog(audit);
  await audit.publish(tellStory('acme').all);
  await audit.recorded(4);
  const large = entryOfEvent(createEvent({ site: 'other', type: 'lead.submitted', data: { ...EXAMPLES['lead.submitted'], message: 'A wedding in spring. '.repeat(900) } }));
  await audit.app.get(EntryWriter).append([{ ...large, envelope: { ...large.envelope, data: { form: 'x'.repeat(40_000) } } }]);
  await audit.get('/v1/entries?site=acme', AUDITOR);
  await log.growAndSign(600);
  await waitFor(async () => (await log.metric('audit_unstored_checkpoints')) === 0, { describe: 'the checkpoint in the store' });
  for (const table of KEPT) await sql(`CREATE TABLE kept_${table} AS TABLE ${table}`);
});
afterAll(async () => {
  await audit.stop();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  await sql(`TRUNCATE ${KEPT.join(', ')} CASCADE`);
  for (const table of KEPT) await sql(`INSERT INTO ${table} SELECT * FROM kept_${table}`);
});

const sql = (statement: string, params: unknown[] = []): Promise<unknown[]> => audit.superuser.query(statement, params);

async function check(changed: Partial<AuditCheckConfig['section']> = {}): Promise<{ code: number; out: string; codes: string[] }> {
  let out = '';
  const { section, database } = audit.config;
  const code = await runCheck({ section: { ...section, ...changed }, database }, { out: { write: (text) => (out += text) }, error: { write: () => undefined } });
  return { code, out, codes: [...out.matchAll(/^[A-Z_]{6,}$/gm)].map(([found]) => found) };
}

/** The entry, and every tile above it, as whoever owns the database would. */
async function rewriteTiles(): Promise<void> {
  const rows = await audit.superuser.query<{ leaf: string }>('SELECT leaf FROM entries ORDER BY position');
  for (const { level, number, hashes, root } of TreeEdge.empty().append(rows.map(({ leaf }) => leafHash(Buffer.from(leaf))))) await sql('UPDATE tiles SET hashes = $3, root = $4 WHERE level = $1 AND number = $2', [level, number, hashes, root]);
}

describe('a check of the database', () => {
  it('finds nothing wrong with a log of events, outcomes, accesses and large data', async () => {
    const { code, out } = await check();
    expect(out).toMatch(/^acme\.example\/audit: 606 entries, the keys of \d people\.\nThe entries are those of the checkpoint of 606 entries in the database\.\nThe entries are those of the checkpoint of 606 entries in the folder .*\nAll right\./);
    expect(code).toBe(0);
  });

  it.each<[string, string | (() => Promise<void>), string[], RegExp]>([
    ['an entry was changed', "UPDATE entries SET leaf = replace(leaf, 'lead.submitted', 'lead.Submitted'), type = 'lead.Submitted' WHERE position = 300", ['ENTRY_OR_TILE_CHANGED', 'LOG_FORKED'], /entry at position 300 is not the one whose hash is in tile 0\/1[^]*do not lead to the root of the checkpoint in the database; the tiles do, so it is entries/],
    ['an entry under no full tile was changed', "UPDATE entries SET leaf = replace(leaf, 'lead.submitted', 'lead.Submitted'), type = 'lead.Submitted' WHERE position = 600", ['LOG_FORKED'], /first 606 entries of the log are not those of the checkpoint in the folder/],
    ['an entry is no JSON any more', "UPDATE entries SET leaf = 'gone' WHERE position = 300", ['ENTRY_UNREADABLE', 'ENTRY_OR_TILE_CHANGED', 'LOG_FORKED'], /Position 300\./],
    ['two entries changed places', 'UPDATE entries SET position = CASE position WHEN 300 THEN -301 ELSE -300 END WHERE position IN (300, 301); UPDATE entries SET position = -position WHERE position < 0', ['ENTRY_MISPLACED', 'ENTRY_OR_TILE_CHANGED', 'LOG_FORKED'], /stands at position 300 says that it is at 301/],
    ['entries are gone', 'DELETE FROM entries WHERE position BETWEEN 10 AND 12', ['POSITION_MISSING', 'LOG_FORKED'], /No entries stand at positions 10 to 12\./],
    ['thousands are gone', 'UPDATE entries SET position = position + 5000 WHERE position > 300', ['ENTRY_MISPLACED', 'POSITION_MISSING', 'TILE_MISSING', 'LOG_FORKED'], /No entries stand at positions 301 to 5300\.[^]*Tiles 0\/2 to 0\/20/],
    ['the end was cut off', 'DELETE FROM entries WHERE position > 500', ['TILE_BEYOND', 'LOG_ROLLED_BACK'], /Level 0 has 1 tile beyond the last entry[^]*says that it had 606/],
    ['an entry was rewritten with all tiles above it', async () => {
      await sql("UPDATE entries SET leaf = replace(leaf, 'lead.submitted', 'lead.Submitted'), type = 'lead.Submitted' WHERE position = 300");
      await rewriteTiles();
    }, ['LOG_FORKED'], /first 606 entries of the log are not those of the checkpoint in the database/],
    ['a hash in a tile was changed', "UPDATE tiles SET hashes = set_byte(hashes, 40, 255 - get_byte(hashes, 40)) WHERE number = 1", ['ENTRY_OR_TILE_CHANGED', 'TILE_CHANGED'], /The entries are those of the checkpoint of 606 entries in the folder[^]*position 258 is not the one[^]*Tile 0\/1: its root is not that of its hashes/],
    ['the root of a tile was changed', 'UPDATE tiles SET root = set_byte(root, 0, 255 - get_byte(root, 0)) WHERE number = 0', ['TILE_CHANGED', 'TILES_FORKED'], /Tile 0\/0[^]*The entries lead to the root/],
    ['a tile is gone', 'DELETE FROM tiles WHERE number = 1', ['TILE_MISSING', 'TILES_FORKED'], /Tile 0\/1\./],
    ['data beside the log was changed', "UPDATE entry_blobs SET bytes = bytes || '!'", ['BLOB_CHANGED'], /Position 5 names [0-9a-f]{64}[^]*Position 5 names/],
    ['data beside the log is gone', 'DELETE FROM entry_blobs', ['BLOB_MISSING'], /Position 5 names/],
    ['the checkpoint was replaced by one that nobody signed', "UPDATE checkpoints SET note = regexp_replace(note, '— (\\S+) \\S+', '— \\1 AAAAAAAAAAAA')", ['CHECKPOINT_UNSIGNED'], /The checkpoint of 606 entries in the database/],
    ['the checkpoint is of another log', "UPDATE checkpoints SET note = 'evil' || note", ['CHECKPOINT_UNREADABLE'], /of "evilacme.example\/audit"/],
    ["a person's key was changed", "UPDATE people SET wrapped_key = set_byte(wrapped_key, 20, 255 - get_byte(wrapped_key, 20)) WHERE site = 'other'", ['KEY_UNUSABLE'], /[0-9a-f-]{36}: ENCRYPTION_KEY_WRONG/],
    ["a person was given another's key", "UPDATE people SET wrapped_key = (SELECT wrapped_key FROM people WHERE site = 'acme' LIMIT 1) WHERE site = 'other'", ['KEY_UNUSABLE'], /ENCRYPTION_KEY_WRONG/],
  ])('names it when %s', async (_, change, codes, words) => {
    if (typeof change === 'string') for (const statement of change.split('; ')) await sql(statement);
    else await change();
    const found = await check();
    expect(found.codes).toEqual(codes);
    expect(found.out).toMatch(words);
    expect(found.out).toMatch(/ {2}It means: .*\n {2}Do: /);
    expect(found.code).toBe(6);
  });

  it.each([
    ['site', "'evil'"], ['type', "'lead.deleted'"], ['kind', "'operation'"], ['service', "'email'"], ['connection', "'acme-crm'"], ['outcome', "'delivered'"], ['actor', "'mallory'"],
    ['event_id', 'gen_random_uuid()'], ['person', 'gen_random_uuid()'], ['person', 'NULL'], ['correlation', "'c'"], ['causation', 'gen_random_uuid()'], ['id', 'gen_random_uuid()'], ['recorded_at', "recorded_at + interval '1 ms'"],
  ])('names an entry whose column %s was set to %s', async (column, value) => {
    await sql(`UPDATE entries SET ${column} = ${value} WHERE position = 300`);
    const { out, codes } = await check();
    expect(codes).toEqual(['COLUMNS_DIFFER']);
    expect(out).toContain(`Position 300: ${column}.`);
  });

  it('names a store that is away, a wrapping key that is not configured, and keys that signed nothing', async () => {
    const { section } = audit.config;
    const [first] = section.encryption.keys;
    const found = await check({
      checkpoints: { ...section.checkpoints, store: { database: { url: 'postgres://nobody@127.0.0.1:1/none' } } },
      encryption: { ...section.encryption, keys: [{ ...first, id: 'second' }] },
      signingKeys: [Buffer.alloc(32, 7)],
    });
    expect(found.codes).toEqual(['STORE_AWAY', 'CHECKPOINT_UNSIGNED', 'KEY_UNUSABLE']);
    expect(found.out).toContain('ENCRYPTION_KEY_MISSING');
  });

  it('says when there is no Postgres, and waits for none', { timeout: 20_000 }, async () => {
    const { section } = audit.config;
    await expect(runCheck({ section, database: { url: 'postgres://audit@127.0.0.1:1/none' } }, { out: process.stdout, error: process.stderr })).rejects.toThrow(/DATABASE_UNAVAILABLE: .*DATABASE_URL/);
  });

  it('lists some of what is wrong, and counts all of it', async () => {
    await sql("UPDATE entries SET actor = 'mallory'");
    expect((await check()).out).toMatch(/ {2}and 58\d more\n/);
  });

  it('takes no offence at entries that come meanwhile', async () => {
    const growing = new SignedLog(audit).grow(300);
    expect((await check()).code).toBe(0);
    await growing;
  });

  it('compares every level of tiles with the one below', async () => {
    const tiles = TreeEdge.empty().append(Array.from({ length: 65_536 }, (_, at) => leafHash(Buffer.from(String(at)))));
    await sql('TRUNCATE tiles');
    await sql('INSERT INTO tiles (level, number, hashes, root) SELECT * FROM unnest($1::int[], $2::bigint[], $3::bytea[], $4::bytea[])', [tiles.map(({ level }) => level), tiles.map(({ number }) => number), tiles.map(({ hashes }) => hashes), tiles.map(({ root }) => root)]);
    const lines = async (): Promise<string[]> => {
      const findings = new CheckFindings();
      await new TilesCheck(audit.role, findings).compareLevels(65_536);
      return findings.lines.filter((line) => line.startsWith('  Tile'));
    };
    expect(await lines()).toEqual([]);
    await sql('UPDATE tiles SET hashes = set_byte(hashes, 96, 255 - get_byte(hashes, 96)) WHERE level = 1');
    expect(await lines()).toEqual(['  Tile 1/0: its root is not that of its hashes.', '  Tile 1/0 has another hash for tile 0/3 than its root.']);
    await sql('DELETE FROM tiles WHERE level = 1 OR number BETWEEN 7 AND 9');
    expect(await lines()).toEqual(['  Tiles 0/7 to 0/9.', '  Tile 1/0.']);
  });
});
