import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { Database } from '@posthorn/persistence';
import { createFaultProxy, type FaultProxy, useDatabase, waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditFixture, ORIGIN, startAudit } from '../../testing/audit.test-kit.js';
import type { CheckpointStore } from '../checkpoint.store.js';
import { SignedLog } from '../log.test-kit.js';
import { BucketStore } from './bucket.store.js';
import { DatabaseStore } from './database.store.js';
import { FolderStore } from './folder.store.js';
import { BUCKET_KEY, TestBucket } from './store.test-kit.js';

/** As docs/how-to/prove-the-log.md has it. */
const TABLE = `CREATE TABLE checkpoints (
  origin text NOT NULL, size bigint NOT NULL, note text NOT NULL, kept_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (origin, size))`;

let folder: string;
let bucket: TestBucket;
let second: { url: string; owner: Database; proxy: FaultProxy };
let audit: AuditFixture;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'posthorn-stores-'));
  bucket = await TestBucket.start();
  const database = await useDatabase();
  const owner = new Database({ url: database.adminUrl, schema: 'public', service: 'test' });
  await owner.ready();
  await owner.query(TABLE);
  await owner.query('DROP ROLE IF EXISTS keeper_of_checkpoints');
  await owner.query('CREATE ROLE keeper_of_checkpoints LOGIN');
  await owner.query('GRANT SELECT, INSERT ON checkpoints TO keeper_of_checkpoints');
  const proxy = await createFaultProxy({ target: { port: database.port } });
  second = { url: database.urlFor('keeper_of_checkpoints').replace(`:${database.port}/`, `:${proxy.port}/`), owner, proxy };
  audit = await startAudit();
  Logger.overrideLogger(false);
});
afterAll(async () => {
  await audit.stop();
  await bucket.stop();
  await second.owner.query('DROP OWNED BY keeper_of_checkpoints');
  await second.owner.query('DROP ROLE keeper_of_checkpoints');
  await second.owner.close();
  await second.proxy.close();
  rmSync(folder, { recursive: true });
});

const noteOf = (size: number, root = 'a'): string => `${ORIGIN}\n${size}\n${root.repeat(43)}=\n\n— ${ORIGIN} x\n`;

describe.each<[string, () => CheckpointStore]>([
  ['a folder', () => new FolderStore(folder, ORIGIN)],
  ['another database', () => new DatabaseStore({ url: second.url }, ORIGIN)],
  ['a bucket', () => new BucketStore({ url: bucket.url, ...BUCKET_KEY }, ORIGIN)],
])('%s', (_, make) => {
  it('keeps each checkpoint for good, and knows which is the newest', async () => {
    const store = make();
    await waitFor(async () => (await store.newest().catch(() => 'away')) === undefined);
    for (const size of [9, 10, 1_000, 20_852_163]) {
      await store.keep(size, noteOf(size));
      expect(await store.newest()).toBe(noteOf(size));
    }
    await store.keep(20_852_163, noteOf(20_852_163));
    await expect(store.keep(20_852_163, noteOf(20_852_163, 'b'))).rejects.toMatchObject({ code: 'CHECKPOINT_CONFLICT' });
    expect(await store.newest()).toBe(noteOf(20_852_163));
    await store.close?.();
  });
});

describe('a bucket', () => {
  it('refuses whoever does not have its key, and the error says what it said', async () => {
    const store = new BucketStore({ url: bucket.url, ...BUCKET_KEY, secretAccessKey: 'another' }, ORIGIN);
    await expect(store.newest()).rejects.toThrow(/403 \(SignatureDoesNotMatch\)/);
    await expect(store.keep(1, noteOf(1))).rejects.toThrow(/403/);
  });
});

describe('a store that is away', () => {
  it('delays no checkpoint, and is filled when it is back, the oldest first', async () => {
    await second.owner.query('TRUNCATE checkpoints');
    const app = await audit.replica({ checkpoints: { everyMs: 3_600_000, store: { database: { url: second.url } }, witnesses: [] } });
    const log = new SignedLog(audit, app);
    const stored = async (): Promise<number[]> => (await second.owner.query<{ size: number }>('SELECT size::int AS size FROM checkpoints ORDER BY kept_at')).map(({ size }) => size);
    await log.growAndSign(3);
    await waitFor(async () => {
      await log.sign();
      return (await stored()).length === 1;
    });
    second.proxy.cut();
    for (const more of [4, 5]) expect((await log.growAndSign(more)).size).toBeGreaterThan(3);
    expect(await log.metric('audit_unstored_checkpoints')).toBe(2);
    second.proxy.restore();
    await waitFor(async () => {
      await log.sign();
      return (await stored()).length === 3;
    });
    expect(await stored()).toEqual([3, 7, 12]);
    expect(await log.metric('audit_unstored_checkpoints')).toBe(0);
    await app.close();
  });
});

describe('a folder', () => {
  it('holds the notes as files, by origin and size', async () => {
    const store = new FolderStore(join(folder, 'own'), ORIGIN);
    await store.keep(7, noteOf(7));
    expect(readdirSync(join(folder, 'own', ORIGIN)).sort()).toEqual(['7', 'latest']);
  });
});
