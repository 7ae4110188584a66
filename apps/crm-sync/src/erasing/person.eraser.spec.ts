import { createEvent } from '@posthorn/contracts';
import { expect, it } from 'vitest';
import { tracesOf } from './person.eraser.js';

const person = { email: ' Jane@Example.org '.trim() };

it('names everything that events of a person left in the CRM, each once', () => {
  const lead = createEvent({ site: 'acme', type: 'lead.submitted', data: { person } });
  const moved = createEvent({ site: 'acme', type: 'customer.updated', data: { person: { email: 'new@example.org' }, previousEmail: person.email } });
  const order = createEvent({ site: 'acme', type: 'order.paid', data: { orderId: 'A-1', total: { amount: '1.00', currency: 'EUR' }, lines: [{ name: 'Tea', quantity: 1, price: '1.00' }], person } });
  expect(tracesOf([lead, order, order, moved])).toEqual({ emails: ['jane@example.org', 'new@example.org'], enquiries: [lead.id], orders: ['acme:A-1'] });
});

it('leaves alone whoever is only mentioned in a form that names nobody', () => {
  const form = createEvent({ site: 'acme', type: 'form.submitted', data: { form: 'invite', fields: { me: 'jane@example.org', friend: 'joe@example.org' } } });
  expect(tracesOf([form])).toEqual({ emails: [], enquiries: [], orders: [] });
});
