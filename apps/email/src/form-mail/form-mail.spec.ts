import { expect, it } from 'vitest';
import { eventOf, mailFor, sender } from '../mail/mail.test-kit.js';
import { FormNoticeHandler } from './form-notice.handler.js';

const handler = new FormNoticeHandler(sender());

it('lists every field of the form for the owner, whatever its kind', async () => {
  const fields = { Order: '2026-00417', Text: 'two\nlines', Count: 1234.5, Agreed: true, Wishes: ['exchange', 'call'], Empty: '', '<b>': '<i>' };
  const { mail } = await mailFor(handler, eventOf('form.submitted', { form: 'returns', fields, person: { email: 'jane@example.com' } }));
  expect(mail).toMatchObject({ to: { address: 'owner@acme.example' }, replyTo: { address: 'jane@example.com' }, subject: 'Form “returns” from jane@example.com' });
  for (const said of ['Order:\n  2026-00417', 'two\n  lines', '1234.5', '✓', 'exchange\n  call', 'Empty:\n  –']) expect(mail.text).toContain(said);
  expect(mail.html).toContain('&lt;b&gt;');
  expect(mail.html).not.toMatch(/<i>/);
});

it('asks nobody for an answer where nobody is known', async () => {
  const { mail } = await mailFor(handler, eventOf('form.submitted', { form: 'poll', fields: { answer: 'yes' } }));
  expect(mail.replyTo).toBeUndefined();
  expect(mail.html).not.toContain('mailto:');
});
