import { createEvent, EXAMPLES } from '@posthorn/contracts';
import { shutDown } from '@posthorn/http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SignedLog } from '../log/log.test-kit.js';
import { entryOfEvent } from '../recording/entry.js';
import { EntryWriter } from '../recording/entry.writer.js';
import { type AuditFixture, CLERK, startAudit } from '../testing/audit.test-kit.js';
import { EntryScan } from './entry.scan.js';
import { brokenAfter, Exporting, positionIn, verified } from './export.test-kit.js';

let audit: AuditFixture;
let log: SignedLog;
let exporting: Exporting;

beforeAll(async () => {
  audit = await startAudit();
  log = new SignedLog(audit);
  exporting = new Exporting(log);
  await log.grow(600);
  // Both its data and its personal values are too large for an entry, and beside the log.
  const large = Array.from({ length: 4 }, () => entryOfEvent(createEvent({ site: 'other', type: 'lead.submitted', data: { ...EXAMPLES['lead.submitted'], message: 'A wedding in spring. '.repeat(900) } })));
  await audit.app.get(EntryWriter).append(large.map((entry) => ({ ...entry, envelope: { ...entry.envelope, data: { form: 'x'.repeat(40_000) } } })));
  await log.growAndSign(300);
});
afterAll(async () => {
  await audit.stop();
});

describe('an export of the whole log', () => {
  it('is every entry to the byte, and verified offline with nothing but the verifier key', async () => {
    const { status, headers, text } = await exporting.export();
    expect([status, headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    const entries = verified(text, log.verifierKey);
    const stored = await audit.superuser.query<{ leaf: string }>('SELECT leaf FROM entries WHERE position <= $1 ORDER BY position', [headers.get('posthorn-log-size')]);
    expect(entries.map(({ entry }) => entry)).toEqual(stored.map(({ leaf }) => leaf));
    expect(headers.get('posthorn-entries-estimate')).toBe(String(entries.length));
  });

  it.each<[string, (text: string) => string, string]>([
    ['a letter of an entry was changed', (text) => text.replace('lead.submitted', 'lead.Submitted'), 'digest'],
    ['a personal value was changed', (text) => text.replace('"personal":{"', '"personal":{"x":1,"'), 'digest'],
    ['an entry was left out', (text) => text.split('\n').toSpliced(5, 1).join('\n'), 'digest'],
    ['it ends early', (text) => text.split('\n').slice(0, 9).join('\n') + '\n', 'cut'],
    ['its last line was made over other bytes', (text) => text.replace(/"sha256":"[0-9a-f]{64}"/, `"sha256":"${'0'.repeat(64)}"`), 'digest'],
  ])('is found out when %s', async (_, alter, why) => {
    const { text } = await exporting.export();
    expect(() => verified(text, log.verifierKey)).not.toThrow();
    expect(() => verified(alter(text), log.verifierKey)).toThrow(why);
  });

  it('is an entry itself before its first byte, and none is given that cannot be written down', async () => {
    await exporting.export({ site: 'acme' }, CLERK);
    const [last] = await audit.superuser.query<{ leaf: string }>("SELECT leaf FROM entries WHERE type = 'audit.log.exported' ORDER BY position DESC LIMIT 1");
    expect(JSON.parse(last?.leaf ?? '')).toMatchObject({ actor: 'clerk', envelope: { site: 'acme', data: { format: 'ndjson', filter: { site: 'acme' }, after: 0, personalData: false } } });
  });

  it('has personal values beside the entry, for those who may see them', async () => {
    const [first] = verified((await exporting.export()).text, log.verifierKey);
    expect(first?.personal).toMatchObject({ '/person/email': EXAMPLES['lead.submitted'].person.email });
    expect((await exporting.export({}, CLERK)).text).not.toContain(EXAMPLES['lead.submitted'].person.email);
  });
});

describe('an export that broke off', () => {
  it.each([
    ['the whole log', {}],
    ['a selection', { site: 'acme', kind: 'event' }],
  ])('goes on where it was, and the pieces are one export: %s', async (_, filter) => {
    const whole = await exporting.export(filter);
    const checkpoint = whole.headers.get('posthorn-checkpoint') ?? '';
    // The log has grown meanwhile.
    await log.growAndSign(5);
    for (const lines of [1, 255, 256, 500]) {
      const { kept, after } = brokenAfter(whole.text, lines);
      const rest = await exporting.export({ ...filter, after, checkpoint });
      expect(kept + rest.text).toBe(whole.text);
    }
  });

  it('goes on after its connection was cut, without being read from its beginning again', async () => {
    const cut = await exporting.open();
    const checkpoint = String(cut.headers['posthorn-checkpoint']);
    const received: Buffer[] = [];
    for await (const chunk of cut as AsyncIterable<Buffer>) {
      received.push(chunk);
      if (Buffer.concat(received).length > 700_000) break;
    }
    cut.destroy();
    const lines = Buffer.concat(received).toString().split('\n').slice(0, -1);
    const kept = `${lines.join('\n')}\n`;
    const after = positionIn(lines.at(-1) ?? '');
    const read = vi.spyOn(audit.app.get(EntryScan), 'batches');
    const rest = await exporting.export({ after, checkpoint });
    // At most what lay between us and the reader.
    expect(read.mock.calls.every(([, stretch]) => stretch.after > 0 && stretch.after >= after - 256)).toBe(true);
    read.mockRestore();
    expect(verified(kept + rest.text, log.verifierKey).length).toBeGreaterThan(900);
  });

  it('is read from its beginning once for its seal, at a replica that did not begin it', async () => {
    const replica = await audit.replica();
    const there = new Exporting(new SignedLog(audit, replica));
    const whole = await exporting.export();
    const { kept, after } = brokenAfter(whole.text, 700);
    const question = { after, checkpoint: whole.headers.get('posthorn-checkpoint') ?? '' };
    await there.export(question);
    const read = vi.spyOn(replica.get(EntryScan), 'batches');
    expect(kept + (await there.export(question)).text).toBe(whole.text);
    expect(read.mock.calls.map(([, stretch]) => stretch.after >= after - 256)).toEqual([true, true]);
    await shutDown(replica);
  });

  it('says what is missing or foreign in a request to go on', async () => {
    const { headers } = await exporting.export({ site: 'other' });
    const note = Buffer.from(headers.get('posthorn-checkpoint') ?? '', 'base64url').toString();
    const pack = (text: string): string => Buffer.from(text).toString('base64url');
    const refused = async (parameters: Record<string, string | number>): Promise<unknown> => {
      const { status, text } = await exporting.export(parameters);
      return [status, (JSON.parse(text) as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer)];
    };
    expect(await refused({ after: 3 })).toEqual([400, ['/checkpoint']]);
    expect(await refused({ checkpoint: pack(note) })).toEqual([400, ['/after']]);
    expect(await refused({ after: 1e9, checkpoint: pack(note) })).toEqual([400, ['/after']]);
    expect(await refused({ after: 3, checkpoint: pack(note.replace(/\n\d+\n/, '\n7\n')) })).toEqual([400, ['/checkpoint']]);
    expect(await refused({ after: 3, checkpoint: pack(`${note}— somebody.example AAAA\n`) })).toEqual([400, ['/checkpoint']]);
    expect(await refused({ format: 'xml', sites: 'acme' })).toEqual([400, ['/format', '/sites']]);
  });
});

describe('an export of a selection', () => {
  it('has a proof for each entry', async () => {
    const { text } = await exporting.export({ site: 'other' });
    const entries = verified(text, log.verifierKey);
    expect(entries.map(({ entry }) => (JSON.parse(entry) as { envelope: { site: string } }).envelope.site)).toEqual(['other', 'other', 'other', 'other']);
    expect(entries.every(({ index, proof }) => index !== undefined && proof !== undefined)).toBe(true);
    expect(entries[0]).toMatchObject({ data: { form: 'x'.repeat(40_000) }, personal: { '/message': 'A wedding in spring. '.repeat(900) } });
  });

  it('that finds nothing is sealed as well', async () => {
    const { text } = await exporting.export({ site: 'nobody' });
    expect(verified(text, log.verifierKey)).toEqual([]);
  });
});
