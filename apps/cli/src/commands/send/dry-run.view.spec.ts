import { describe, expect, it } from 'vitest';
import { describeDryRun } from './dry-run.view.js';

describe('a dry run, for a reader', () => {
  it('names each receiver, and field by field what its provider would be told', () => {
    const mapped = [{ does: 'recordEnquiry', with: { person: { email: 'ada@example.org' }, message: 'Hello\n\u001b[2Jthere', details: [] } }];
    const text = describeDryRun({
      valid: true,
      decision: 'accept',
      receivers: [
        { service: 'crm-sync', connection: 'acme-hubspot', provider: 'hubspot', action: 'sync-person', mapped },
        { service: 'email', connection: 'acme-mail', provider: 'smtp', action: 'notify', skipped: 'nobody to tell' },
        { service: 'email', connection: 'old-mail', provider: 'smtp', action: 'notify', problem: { message: 'No site "old"', remedy: 'Describe it.' } },
      ],
      notAnswered: ['calendar'],
    });
    expect(text).toBe(`It would be accepted.

crm-sync → acme-hubspot (hubspot): sync-person
  recordEnquiry
    person:
      email: ada@example.org
    message: Hello [2Jthere
    details: []

email → acme-mail (smtp): notify, which would be skipped: nobody to tell

email → old-mail (smtp): notify, which would fail: No site "old"
  Describe it.

No answer from calendar: what would become of it there is not known.
Nothing was sent.
`);
  });

  it('lists all that is wrong with what would be refused', () => {
    const problem = { title: 'The event is not valid', errors: [{ pointer: '/data/person/email', message: 'must be an e-mail address' }, { pointer: '', message: 'must be one JSON object' }] };
    expect(describeDryRun({ valid: false, decision: 'refuse', problem })).toBe(
      'It would be refused. The event is not valid:\n  /data/person/email: must be an e-mail address\n  (the whole): must be one JSON object\nNothing was sent.\n',
    );
  });

  it('says what a person would have to decide', () => {
    expect(describeDryRun({ valid: true, decision: 'hold', held: { code: 'spam-suspected' }, receivers: [] })).toBe(
      'It would be held until a person decides: spam-suspected.\nNobody would receive it.\nNothing was sent.\n',
    );
  });
});
