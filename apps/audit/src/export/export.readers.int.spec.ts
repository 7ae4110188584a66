import { createEvent, EXAMPLES } from '@posthorn/contracts';
import { shutDown } from '@posthorn/http';
import { waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SignedLog } from '../log/log.test-kit.js';
import { entryOfEvent } from '../recording/entry.js';
import { EntryWriter } from '../recording/entry.writer.js';
import { type AuditFixture, startAudit } from '../testing/audit.test-kit.js';
import { sortsDuring } from '../testing/plans.test-kit.js';
import { Exporting, verified } from './export.test-kit.js';
import { NdjsonFormat } from './ndjson.format.js';

const ENTRIES = 2_000;
const AT_ONCE = 4;
let audit: AuditFixture;
let log: SignedLog;
let exporting: Exporting;

beforeAll(async () => {
  audit = await startAudit();
  log = new SignedLog(audit);
  exporting = new Exporting(log);
  // Some 60 MB: more than fits between us and a reader.
  for (let n = 0; n < ENTRIES; n += 250) await audit.app.get(EntryWriter).append(Array.from({ length: 250 }, () => {
    const entry = entryOfEvent(createEvent({ site: 'acme', type: 'lead.submitted', data: EXAMPLES['lead.submitted'] }));
    return { ...entry, envelope: { ...entry.envelope, data: { form: 'x'.repeat(30_000) } } };
  }));
  await log.sign();
}, 60_000);
afterAll(async () => {
  await audit.stop();
});

describe('an export', () => {
  it.each<[string, Record<string, string>]>([['of everything', {}], ['of a selection', { type: 'lead.submitted' }], ['of a few', { site: 'nobody' }]])('%s reads no entry twice: each statement goes on where the one before ended', async (_, filter) => {
    expect(await sortsDuring(audit, () => exporting.export(filter))).toEqual([]);
  });
});

describe('a reader who takes nothing', () => {
  it('makes the export wait, with no work done and nothing open in Postgres', async () => {
    const lines = vi.spyOn(audit.app.get(NdjsonFormat), 'lines');
    const slow = await exporting.open();
    let seen = -1;
    await waitFor(async () => {
      const before = seen;
      seen = lines.mock.calls.length;
      return seen > 0 && seen === before && (await openInPostgres()) === 0;
    }, { describe: 'the export to wait for its reader' });
    expect(seen * 256).toBeLessThan(ENTRIES);
    const received: Buffer[] = [];
    for await (const chunk of slow as AsyncIterable<Buffer>) received.push(chunk);
    lines.mockRestore();
    expect(verified(Buffer.concat(received).toString(), log.verifierKey)).toHaveLength(ENTRIES);
  });

  it('takes a place, of which there are few; it is free again when the reader leaves', async () => {
    const slow = await Promise.all(Array.from({ length: AT_ONCE }, () => exporting.open()));
    const { status, headers, text } = await exporting.export({ site: 'acme' });
    expect([status, headers.get('retry-after'), (JSON.parse(text) as { code: string }).code]).toEqual([429, '30', 'exports-busy']);
    for (const one of slow) one.destroy();
    await waitFor(async () => (await exporting.export({ site: 'nobody' })).status === 200, { describe: 'a place' });
  });

  it('does not keep the service from stopping', async () => {
    const replica = await audit.replica();
    const slow = await new Exporting(new SignedLog(audit, replica)).open();
    const broken = new Promise((resolve) => slow.once('error', resolve));
    await shutDown(replica);
    slow.resume();
    await broken;
  });
});

async function openInPostgres(): Promise<number> {
  const [row] = await audit.superuser.query<{ n: number }>("SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'audit' AND state <> 'idle'");
  return row?.n ?? -1;
}
