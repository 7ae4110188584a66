import { createEvent } from '@posthorn/contracts';
import { expect, it } from 'vitest';
import { FormSyncHandler } from './form-sync.handler.js';
import { formEnquiry } from './form.mapping.js';

const person = { email: 'jane@example.org' };

it('tells every field of the form, in its order and as a person would', () => {
  const event = createEvent({
    site: 'acme',
    type: 'form.submitted',
    data: { form: 'survey', fields: { size: 42, member: true, colours: ['red', 'blue'], remark: 'none' }, person },
  });
  expect(formEnquiry(event, person)).toMatchObject({
    subject: 'Form: survey',
    details: [
      { label: 'size', value: '42' },
      { label: 'member', value: 'yes' },
      { label: 'colours', value: 'red, blue' },
      { label: 'remark', value: 'none' },
    ],
  });
});

it('skips a form that names no person, and says so', () => {
  const event = createEvent({ site: 'acme', type: 'form.submitted', data: { form: 'poll', fields: { answer: 'B' } } });
  expect(new FormSyncHandler().skip(event)).toBe('the form names no person');
});
