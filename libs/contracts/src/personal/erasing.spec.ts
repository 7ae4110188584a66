import { describe, expect, it } from 'vitest';
import { addressesIn, canonicalAddress, createEvent, eraseEvent, EVENT_TYPES, EXAMPLES, parseEnvelope } from '../index.js';

describe('an erased event', () => {
  it.each(EVENT_TYPES)('of type %s keeps its envelope and what is not personal', (type) => {
    const event = createEvent({ site: 'acme', type, data: EXAMPLES[type] });
    const { data, ...envelope } = event;
    const erased = eraseEvent(event);
    expect(erased).toMatchObject({ ...envelope, erased: true });
    expect(JSON.stringify(erased)).not.toMatch(/jane|roe|Berlin,|Second floor|vegetarian/i);
    expect(parseEnvelope(JSON.parse(JSON.stringify(erased)))).toEqual(erased);
    expect(event.data).toEqual(data);
  });

  it('erased again is the same', () => {
    const once = eraseEvent(createEvent({ site: 'acme', type: 'order.paid', data: EXAMPLES['order.paid'] }));
    expect(eraseEvent(once)).toEqual(once);
  });

  it('of a type that this release does not know has no data left', () => {
    const event = { ...createEvent({ site: 'acme', type: 'order.paid', data: EXAMPLES['order.paid'] }), type: 'order.scored', data: { email: 'jane@example.com' } };
    expect(eraseEvent(event).data).toEqual({});
  });
});

describe('whom an event is about', () => {
  it('is told by the address of the person, and by the one before', () => {
    expect(addressesIn({ type: 'lead.submitted', data: EXAMPLES['lead.submitted'] })).toEqual(['jane.roe@example.com']);
    expect(addressesIn({ type: 'customer.updated', data: EXAMPLES['customer.updated'] })).toEqual(['jane.roe@example.com', 'jane@example.org']);
  });

  it('is told by the fields of a form that names no person', () => {
    const fields = { mail: ' Jane@Example.com ', topic: 'a@b', seats: 3, days: ['x@example.com'] };
    expect(addressesIn({ type: 'form.submitted', data: { form: 'workshop', fields } }).map(canonicalAddress)).toEqual(['jane@example.com']);
    expect(addressesIn({ type: 'form.submitted', data: { form: 'workshop', fields, person: { email: 'joe@example.com' } } })).toEqual(['joe@example.com']);
  });

  it('is not known of an erased event, or of one that names nobody', () => {
    expect(addressesIn(eraseEvent(createEvent({ site: 'acme', type: 'order.paid', data: EXAMPLES['order.paid'] })))).toEqual([]);
    expect(addressesIn({ type: 'order.scored', data: { email: 'jane@example.com' } })).toEqual([]);
  });
});
