import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES, EXAMPLES, joinPersonal, MASK, maskPersonal, personalPointers, type PersonalPart, splitPersonal } from '../index.js';

describe('personal data', () => {
  it('is marked in the contract, field by field', () => {
    const person = ['/person/email', '/person/name', '/person/phone', '/person/company', '/person/locale'];
    expect(personalPointers('lead.submitted')).toEqual([...person, '/message', '/page', '/extra']);
    expect(personalPointers('appointment.booked')).toEqual(['/title', '/place', ...person, '/notes', '/reason', '/extra']);
    expect(personalPointers('customer.updated')).toEqual([...person, '/previousEmail', '/extra']);
    expect(personalPointers('form.submitted')).toEqual(['/fields', ...person, '/extra']);
  });

  it.each(EVENT_TYPES)('of %s can be taken out and put back', (type) => {
    const data = EXAMPLES[type];
    const before = structuredClone<unknown>(data);
    const { clear, personal } = splitPersonal(type, data);
    expect(JSON.stringify(clear)).not.toMatch(/jane|roe|Berlin,|Second floor|vegetarian/i);
    expect(joinPersonal(clear, personal)).toEqual(data);
    expect(data).toEqual(before);
  });

  it('is masked without hiding which fields were there', () => {
    expect(maskPersonal('lead.submitted', { person: { email: 'jane@example.com' }, form: 'contact', message: 'Hi' })).toEqual({
      person: { email: MASK },
      form: 'contact',
      message: MASK,
    });
  });

  it('is everything, in a type that this release does not know', () => {
    expect(splitPersonal('lead.scored', { email: 'jane@example.com' })).toEqual({ clear: {}, personal: { '': { email: 'jane@example.com' } } });
    expect(maskPersonal('lead.scored', { email: 'jane@example.com' })).toBe(MASK);
  });

  it('survives the way there and back for any data at all', () => {
    const data = fc.oneof(
      fc.jsonValue(),
      fc.record({ person: fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom('email', 'name', 'x'), fc.jsonValue())), fields: fc.jsonValue() }, { requiredKeys: [] }),
    );
    // As it comes over the wire: JSON has no -0.
    const carried = data.map((value) => JSON.parse(JSON.stringify(value)) as unknown);
    fc.assert(
      fc.property(fc.constantFrom(...EVENT_TYPES, 'other.type'), carried, (type, value) => {
        const { clear, personal } = splitPersonal(type, value);
        expect(joinPersonal(clear, JSON.parse(JSON.stringify(personal)) as PersonalPart)).toEqual(value);
      }),
    );
  });
});
