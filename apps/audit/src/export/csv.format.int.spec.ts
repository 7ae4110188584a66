import { createEvent, EXAMPLES, MASK } from '@posthorn/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SignedLog } from '../log/log.test-kit.js';
import { entryOfEvent } from '../recording/entry.js';
import { EntryWriter } from '../recording/entry.writer.js';
import { type AuditFixture, CLERK, startAudit } from '../testing/audit.test-kit.js';
import { rowOf } from './csv.format.js';
import { Exporting } from './export.test-kit.js';

describe('a row', () => {
  it.each([
    [['a', 'b c', ''], 'a,b c,\r\n'],
    [['a,b', 'say "hi"'], '"a,b","say ""hi"""\r\n'],
    [['two\r\nlines'], 'two lines\r\n'],
    [['Grüße', undefined], 'Grüße,\r\n'],
  ])('of %j is one line of RFC 4180', (values, row) => {
    expect(rowOf(values)).toBe(row);
  });

  it.each(['=1+1', '+49 30 1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1+1', '=HYPERLINK("https://evil.example")'])('has no formula in it for %j', (value) => {
    expect(rowOf([value])).toMatch(/^"?'/);
  });
});

describe('an export as CSV', () => {
  let audit: AuditFixture;
  let exporting: Exporting;
  beforeAll(async () => {
    audit = await startAudit();
    const log = new SignedLog(audit);
    exporting = new Exporting(log);
    await audit.app.get(EntryWriter).append([1, 2, 3].map(() => ({ ...entryOfEvent(createEvent({ site: 'acme', type: 'lead.submitted', data: EXAMPLES['lead.submitted'] })), actor: '=cmd|calc' })));
    await log.sign();
  });
  afterAll(async () => {
    await audit.stop();
  });

  it('is a table for spreadsheets, with masks where the auditor may not see a value', async () => {
    const { headers, text } = await exporting.export({ format: 'csv' }, CLERK);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    const [head, first, ...more] = text.split('\r\n');
    expect(head).toBe('\uFEFFposition,recordedAt,acceptedAt,kind,site,type,event,service,connection,outcome,actor,person,data');
    expect(first).toMatch(/^1,\d{4}-[^,]+Z,\d{4}-[^,]+Z,event,acme,lead.submitted,[0-9a-f-]{36},,,,'=cmd\|calc,[0-9a-f-]{36},"\{""/);
    expect(first).toContain(MASK);
    expect([more.length, more.at(-1)]).toEqual([3, '']);
    expect((await exporting.export({ format: 'csv' })).text).toContain(EXAMPLES['lead.submitted'].person.email);
  });

  it('goes on after its last row', async () => {
    const whole = await exporting.export({ format: 'csv' });
    const rest = await exporting.export({ format: 'csv', after: 2, checkpoint: whole.headers.get('posthorn-checkpoint') ?? '' });
    expect(rest.text).toMatch(/^3,/);
    expect(whole.text.endsWith(rest.text)).toBe(true);
  });
});
