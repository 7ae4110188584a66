import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { waitFor } from '@posthorn/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditFixture, startAudit } from '../testing/audit.test-kit.js';
import { leafHash } from '../tree/merkle.hash.js';
import { TreeEdge } from '../tree/tree.edge.js';
import { SignedLog } from './log.test-kit.js';

let folder: string;
let audit: AuditFixture;
let log: SignedLog;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'posthorn-checkpoints-'));
  audit = await startAudit({}, { checkpoints: { everyMs: 3_600_000, store: { folder }, witnesses: [] } });
  Logger.overrideLogger(false);
  log = new SignedLog(audit);
  await log.growAndSign(300);
  await waitFor(async () => (await log.metric('audit_unstored_checkpoints')) === 0, { describe: 'the checkpoint in the store' });
});
afterEach(async () => {
  await audit.stop();
  rmSync(folder, { recursive: true });
});

const sql = (statement: string, params: unknown[] = []): Promise<unknown[]> => audit.superuser.query(statement, params);

/** What was said in the log about the log. */
async function said(): Promise<unknown[]> {
  const rows = await audit.superuser.query<{ leaf: string }>("SELECT leaf FROM entries WHERE type LIKE 'audit.log.%' ORDER BY position");
  return rows.map(({ leaf }) => {
    const { type, data } = (JSON.parse(leaf) as { envelope: { type: string; data: { error?: { code: string } } } }).envelope;
    return [type, data.error?.code];
  });
}

const announced = (count: number): Promise<unknown> => waitFor(async () => (await said()).length === count, { describe: `${count} words about the log` });
const unready = async (): Promise<unknown> => (await log.json<{ reasons: { name: string; reason: string }[] }>('/ready')).reasons.filter(({ name }) => name === 'log').map(({ reason }) => reason.split(':')[0]);

/** As whoever owns the database would: the entry, every tile above it, and no trace. */
async function rewrite(position: number): Promise<void> {
  await sql("UPDATE entries SET leaf = replace(leaf, 'acme', 'evil') WHERE position = $1", [position]);
  const rows = await audit.superuser.query<{ leaf: string }>('SELECT leaf FROM entries ORDER BY position');
  for (const { level, number, hashes, root } of TreeEdge.empty().append(rows.map(({ leaf }) => leafHash(Buffer.from(leaf))))) {
    await sql('UPDATE tiles SET hashes = $3, root = $4 WHERE level = $1 AND number = $2', [level, number, hashes, root]);
  }
}

describe('a signer', () => {
  it.each([
    ['under a full tile', 7],
    ['under a tile that is not full', 290],
  ])('refuses to sign a log in which an entry %s was rewritten with all that follows from it', async (_, position) => {
    await rewrite(position);
    expect((await log.growAndSign(5)).size).toBe(300);
    await announced(1);
    expect(await said()).toEqual([['audit.log.differs', 'LOG_FORKED']]);
    expect(await unready()).toEqual(['LOG_FORKED']);
    expect(await log.metric('audit_log_differs')).toBe(1);
  });

  it('refuses to sign a log whose end was cut off, also when it has grown again', async () => {
    await sql('DELETE FROM entries WHERE position > 290');
    await log.sign();
    expect(await unready()).toEqual(['LOG_ROLLED_BACK']);
    await announced(1);
    expect((await log.growAndSign(50)).size).toBe(300);
    await announced(2);
    expect(await said()).toEqual([['audit.log.differs', 'LOG_ROLLED_BACK'], ['audit.log.differs', 'LOG_FORKED']]);
  });

  it('refuses by what is kept outside when whoever rewrote the log removed its checkpoints too', async () => {
    await rewrite(7);
    await sql('DELETE FROM checkpoints');
    await log.sign();
    expect(await unready()).toEqual(['LOG_FORKED']);
    expect((await log.fetch('/checkpoint')).status).toBe(404);
  });

  it('notices that an entry in the middle is gone', async () => {
    await sql('DELETE FROM entries WHERE position = 280');
    await log.sign();
    expect(await unready()).toEqual(['LOG_FORKED']);
  });

  it('says it once among all replicas, and signs again when the log was restored', async () => {
    const [before] = await audit.superuser.query<{ leaf: string }>('SELECT leaf FROM entries WHERE position = 290');
    const replica = await audit.replica();
    const both = [log, new SignedLog(audit, replica)];
    await rewrite(290);
    for (const one of [...both, ...both]) await one.sign();
    await announced(1);
    await sql('UPDATE entries SET leaf = $1 WHERE position = 290', [before?.leaf]);
    for (const one of both) await one.sign();
    await announced(2);
    expect(await said()).toEqual([['audit.log.differs', 'LOG_FORKED'], ['audit.log.agrees', undefined]]);
    expect(await unready()).toEqual([]);
    expect((await log.growAndSign(5)).size).toBe(307);
    await replica.close();
  });

  it('may itself neither change a checkpoint nor remove one', async () => {
    for (const statement of ["UPDATE checkpoints SET note = ''", 'DELETE FROM checkpoints', 'TRUNCATE cosignatures', 'DELETE FROM cosignatures']) {
      await expect(audit.role.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
  });
});
