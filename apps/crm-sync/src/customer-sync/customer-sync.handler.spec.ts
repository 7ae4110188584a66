import { createEvent } from '@posthorn/contracts';
import { expect, it } from 'vitest';
import { personKey } from '../person.key.js';
import { CustomerSyncHandler } from './customer-sync.handler.js';

it('waits behind what was sent about the old address when the address changes', () => {
  const event = createEvent({
    site: 'acme',
    type: 'customer.updated',
    data: { person: { email: 'new@example.org' }, previousEmail: 'old@example.org' },
  });
  expect(new CustomerSyncHandler().orderingKey(event)).toBe(personKey('old@example.org'));
});
