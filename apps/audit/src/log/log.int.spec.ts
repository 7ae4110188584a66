import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditFixture, CLERK, ORIGIN, startAudit } from '../testing/audit.test-kit.js';
import type { InclusionProof } from './evidence.controller.js';
import { LogIdentity } from './log.identity.js';
import { SignedLog } from './log.test-kit.js';
import { entriesIn, type Head, isContinued, isIncluded, rootOver } from './verifier.test-kit.js';

let audit: AuditFixture;
let log: SignedLog;
beforeAll(async () => {
  audit = await startAudit();
  log = new SignedLog(audit);
});
afterAll(async () => {
  await audit.stop();
});

const code = async (path: string, key?: string): Promise<unknown> => {
  const answer = await log.fetch(path, key);
  return [answer.status, ((await answer.json()) as { code: string }).code];
};

describe('the log, before its first entry', () => {
  it('has no checkpoint, and says so', async () => {
    await log.sign();
    expect(await code('/checkpoint')).toEqual([404, 'checkpoint-none']);
    expect(await code('/tile/0/000.p/1')).toEqual([404, 'tile-unknown']);
    expect(await code('/v1/consistency?from=1')).toEqual([404, 'checkpoint-none']);
    expect(await log.json('/v1/log')).toMatchObject({ origin: ORIGIN, verifierKeys: [log.verifierKey], size: 0, signedAt: null });
  });
});

describe('the log, as it grows', () => {
  const heads: Head[] = [];
  let ids: string[];
  beforeAll(async () => {
    ids = await log.grow(3);
    await log.sign();
    heads.push(await log.head());
    for (const more of [1, 252, 1, 700]) heads.push(await log.growAndSign(more));
  });

  it('is signed at every size it was found at', () => {
    expect(heads.map(({ size, origin }) => [size, origin])).toEqual([3, 4, 256, 257, 957].map((size) => [size, ORIGIN]));
  });

  it('is not signed again while it does not grow, nor before a checkpoint is due', async () => {
    await log.letTimePass();
    await log.sign();
    const { checkpoints } = await log.json<{ checkpoints: unknown[] }>('/v1/checkpoints');
    expect(checkpoints).toHaveLength(5);
  });

  it('gives bundles of entries that have the root that was signed', async () => {
    const bundles = await Promise.all(['000', '001', '002', '003.p/189'].map((path) => log.bytes(`/tile/entries/${path}`, CLERK)));
    const entries = bundles.flatMap(entriesIn);
    expect(heads.map(({ size }) => rootOver(entries.slice(0, size)))).toEqual(heads.map(({ root }) => root));
  });

  it('gives the tiles of every size that was signed, and no hash beyond', async () => {
    const level0 = await Promise.all(['000', '001', '002', '003.p/189'].map((path) => log.bytes(`/tile/0/${path}`)));
    expect(level0.map(({ length }) => length / 32)).toEqual([256, 256, 256, 189]);
    expect(await log.bytes('/tile/0/000.p/4')).toEqual(level0[0]?.subarray(0, 4 * 32));
    expect((await log.bytes('/tile/1/000.p/3')).length).toBe(3 * 32);
    for (const path of ['0/003', '0/003.p/190', '0/004.p/1', '1/000', '1/000.p/4', '2/000.p/1', '0/3', 'x', '63/000', 'entries/004.p/1']) {
      expect(await code(`/tile/${path}`, CLERK)).toEqual([404, 'tile-unknown']);
    }
  });

  it('may be cached: what never changes for ever, the newest checkpoint for a second', async () => {
    const cacheOf = async (path: string): Promise<string | null> => (await log.fetch(path, CLERK)).headers.get('cache-control');
    expect(await cacheOf('/tile/0/000')).toBe('public, max-age=31536000, immutable');
    expect(await cacheOf('/tile/entries/000')).toBe('private, max-age=31536000, immutable');
    expect(await cacheOf('/checkpoint')).toBe('public, max-age=1');
    expect((await log.fetch('/checkpoint')).headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect((await log.fetch('/tile/entries/000', CLERK)).headers.get('content-encoding')).toBe('gzip');
  });

  it('shows what was recorded to auditors only, and hashes to everybody', async () => {
    expect(await code('/tile/entries/000')).toEqual([401, 'key-missing']);
    expect(await code(`/v1/entries/${ids[0] ?? ''}/proof`)).toEqual([401, 'key-missing']);
    expect((await log.fetch('/v1/checkpoints')).status).toBe(200);
  });

  it('proves of an entry that it is in the log that was signed', async () => {
    for (const id of ids) {
      const { leaf, index, position, proof, checkpoint } = await log.json<InclusionProof>(`/v1/entries/${id}/proof`, CLERK);
      expect(JSON.parse(leaf)).toMatchObject({ position, envelope: { id } });
      expect(checkpoint).toBe(await log.note());
      expect(isIncluded(Buffer.from(leaf), index, 957, (await log.head()).root, proof)).toBe(true);
      expect(isIncluded(Buffer.from(`${leaf} `), index, 957, (await log.head()).root, proof)).toBe(false);
    }
  });

  it('writes down who read proofs, and who followed it, the latter once an hour', async () => {
    const rows = await audit.superuser.query<{ type: string; actor: string }>("SELECT type, actor FROM entries WHERE kind = 'access' ORDER BY position");
    expect(rows).toEqual([{ type: 'audit.log.exported', actor: 'clerk' }, ...ids.map(() => ({ type: 'audit.proof.read', actor: 'clerk' }))]);
  });

  it('proves that each checkpoint continues every earlier one', async () => {
    for (const [at, newer] of heads.entries()) {
      for (const older of heads.slice(0, at + 1)) {
        const { proof } = await log.json<{ proof: string[] }>(`/v1/consistency?from=${older.size}&to=${newer.size}`);
        expect(isContinued(older, newer, proof)).toBe(true);
        expect(isContinued({ ...older, root: rootOver([Buffer.from('another')]) }, newer, proof)).toBe(false);
      }
    }
  });

  it('lists its checkpoints, the newest first, page by page', async () => {
    interface Page { checkpoints: { size: number; checkpoint: string }[]; next: number | null }
    const first = await log.json<Page>('/v1/checkpoints?limit=3');
    const second = await log.json<Page>(`/v1/checkpoints?limit=3&before=${first.next}`);
    expect([...first.checkpoints, ...second.checkpoints].map(({ size }) => size)).toEqual([957, 257, 256, 4, 3]);
    expect(first.checkpoints[0]?.checkpoint).toBe(await log.note());
    expect(second.next).toBeNull();
  });

  it('refuses questions with mistakes, and says when to ask for a proof that is not there yet', async () => {
    for (const question of ['consistency?from=0', 'consistency?from=5&to=4', 'consistency?from=1&to=958', 'consistency', 'consistency?from=1&till=2', 'checkpoints?limit=0', 'checkpoints?before=x', 'entries/7/proof']) {
      expect(await code(`/v1/${question}`, CLERK)).toEqual([400, 'query-invalid']);
    }
    const [young = ''] = await log.grow(1);
    const answer = await log.fetch(`/v1/entries/${young}/proof`, CLERK);
    expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([409, true]);
    expect(await code(`/v1/entries/${young.replace(/.$/, (last) => (last === '0' ? '1' : '0'))}/proof`, CLERK)).toEqual([404, 'entry-unknown']);
  });
});

describe('a log whose key is replaced', () => {
  it('is signed by the old and the new one for a while, so that nobody loses sight of it', async () => {
    const [seed, next] = [randomBytes(32), randomBytes(32)];
    const keysOf = (...seeds: Buffer[]): string[] => new LogIdentity(ORIGIN, seeds).verifierKeys;
    const [old = '', fresh = ''] = keysOf(seed, next);
    const sizes: number[] = [];
    for (const [seeds, holds] of [[[seed], [old]], [[seed, next], [old, fresh]], [[next], [fresh]]] as const) {
      const app = await audit.replica({ signingKeys: [...seeds] });
      const rotated = new SignedLog(audit, app);
      sizes.push((await rotated.growAndSign(2)).size);
      for (const key of holds) expect((await rotated.head(key)).size).toBe(sizes.at(-1));
      if (!holds.some((key) => key === old)) await expect(rotated.head(old)).rejects.toThrow(/No signature/);
      expect(await rotated.json('/v1/log')).toMatchObject({ verifierKeys: holds });
      await app.close();
    }
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  });
});

describe('replicas that sign at the same time', () => {
  it('make one chain of checkpoints', async () => {
    const apps = await Promise.all([audit.replica(), audit.replica()]);
    const logs = [log, ...apps.map((app) => new SignedLog(audit, app))];
    for (let round = 0; round < 10; round += 1) {
      await log.letTimePass();
      // Each finds the log at another size.
      await Promise.all(logs.flatMap((one) => [one.grow(5), one.sign()]));
    }
    const rows = await audit.superuser.query<{ size: number; previous: number }>('SELECT size::int AS size, previous::int AS previous FROM checkpoints ORDER BY size');
    expect(rows.map(({ previous }) => previous)).toEqual([0, ...rows.slice(0, -1).map(({ size }) => size)]);
    await Promise.all(apps.map((app) => app.close()));
  });
});
