import { createEvent, EXAMPLES } from '@posthorn/contracts';
import { runExamples } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { erasureOf } from './erasing/erasing.test-kit.js';
import { SignedLog } from './log/log.test-kit.js';
import { SHOWN_ID } from './questions/entries.openapi.js';
import { type AuditFixture, AUDITOR, startAudit } from './testing/audit.test-kit.js';
import { outcomeOf } from './testing/story.test-kit.js';

let audit: AuditFixture;
let values: Record<string, string>;

beforeAll(async () => {
  audit = await startAudit();
  const lead = createEvent({ site: 'acme', type: 'lead.submitted', data: { ...EXAMPLES['lead.submitted'], person: { email: 'ada@example.com' } } });
  const other = createEvent({ site: 'acme', type: 'lead.submitted', data: { ...EXAMPLES['lead.submitted'], person: { email: 'bob@example.com' } } });
  const erasure = erasureOf([other]);
  const synced = outcomeOf(lead, 'crm.contact.synced', { service: 'crm-sync', connection: 'acme-hubspot', action: 'sync-lead', state: 'delivered', externalId: '90210' });
  await audit.publish([lead, synced, other, erasure]);
  await audit.recorded(4);
  await new SignedLog(audit).sign();
  await audit.superuser.query("INSERT INTO books (service, site, day, accepted) VALUES ('email', 'acme', (now() AT TIME ZONE 'utc')::date, 1)");
  await audit.superuser.query("INSERT INTO book_services (service, as_of, history_as_of) VALUES ('email', now(), now())");
  values = { [SHOWN_ID]: lead.id, '01a2041c-17c5-7d0b-a5a5-0c8f6f6f6a41': erasure.id };
});
afterAll(() => audit.stop());

describe('/openapi.json of the audit service', () => {
  it('has examples of every operation, which are answered as it says', async () => {
    expect(await runExamples({ url: await audit.app.getUrl(), keyFor: () => AUDITOR, values })).toEqual([]);
  });
});
