import { createEvent, EXAMPLES, type PosthornEvent } from '@posthorn/contracts';
import { expect, it } from 'vitest';
import { ConsentRule } from './consent.rule.js';
import { consentSettings } from './consent.settings.js';

const acme = consentSettings.parse({
  'lead.submitted': { purposes: ['contact', 'offers'] },
  'order.paid': { purposes: ['receipts'], missing: 'hold' },
});
const rule = new ConsentRule(new Map([['acme', acme]]));
const consent = (...purposes: string[]) => ({ purposes, wordingVersion: '3', time: '2026-05-01T10:00:00Z' });
const lead = (purposes?: string[], site = 'acme'): PosthornEvent =>
  createEvent({ site, type: 'lead.submitted', data: { person: { email: 'jane@example.com' }, ...(purposes && { consent: consent(...purposes) }) } });

it('lets pass what was agreed to, and what nobody asks a consent for', () => {
  expect(rule.judge(lead(['offers', 'contact', 'more']))).toBeUndefined();
  expect(rule.judge(lead(undefined, 'other'))).toBeUndefined();
  expect(rule.judge(createEvent({ site: 'acme', type: 'form.submitted', data: EXAMPLES['form.submitted'] }))).toBeUndefined();
});

it('refuses an event without a consent, and says which purposes it needs', () => {
  expect(rule.judge(lead())).toMatchObject({ decision: 'refuse', code: 'consent-missing', reasons: [{ pointer: '/data/consent', rule: 'required', message: expect.stringContaining('"contact", "offers"') as string }] });
});

it('names each purpose that was not agreed to', () => {
  expect(rule.judge(lead(['offers']))?.reasons).toEqual([{ pointer: '/data/consent/purposes', rule: 'purpose', message: 'must include "contact"' }]);
  expect(rule.judge(lead([]))?.reasons).toHaveLength(2);
});

it('has it held where the site wants that', () => {
  expect(rule.judge(createEvent({ site: 'acme', type: 'order.paid', data: EXAMPLES['order.paid'] }))?.decision).toBe('hold');
});

it.each(['newsletter.unsubscribed', 'appointment.cancelled', 'privacy.erasure_requested'])('cannot be asked for with %s, which takes something back', (type) => {
  expect(consentSettings.safeParse({ [type]: { purposes: ['any'] } }).success).toBe(false);
});
