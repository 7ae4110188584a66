import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { acceptedAtOf, ContractError, eventsOfType, eventSubject, newId, outcomeSubject, UUID_V7 } from '../index.js';

describe('an id', () => {
  it('carries the millisecond in which it was made', () => {
    const before = Date.now();
    const made = acceptedAtOf(newId()).getTime();
    expect(made).toBeGreaterThanOrEqual(before);
    expect(made).toBeLessThanOrEqual(Date.now());
    expect(acceptedAtOf('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')).toEqual(new Date('2022-02-22T19:22:22.000Z'));
  });

  it('ascends within a process', () => {
    const ids = Array.from({ length: 1_000 }, newId);
    expect([...ids].sort()).toEqual(ids);
    expect(ids.every((id) => UUID_V7.test(id))).toBe(true);
  });

  it('ascends when the clock goes back', () => {
    const before = newId();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(acceptedAtOf(before).getTime() - 60_000);
    const after = newId();
    clock.mockRestore();
    expect(after > before).toBe(true);
  });

  it('cannot be guessed from others of the same millisecond: its last six bytes are random', () => {
    const tails = new Set(Array.from({ length: 10_000 }, () => newId().slice(-12)));
    expect(tails.size).toBe(10_000);
  });

  it('of another kind has no time', () => {
    expect(() => acceptedAtOf('9b2f1c1e-7a5d-4b0e-9b52-0c8f6f6a3d11')).toThrow(RangeError);
  });
});

describe('a subject', () => {
  it('is built from site or service and type', () => {
    expect(eventSubject('acme', 'lead.submitted')).toBe('events.acme.lead.submitted');
    expect(eventsOfType('lead.submitted')).toBe('events.*.lead.submitted');
    expect(outcomeSubject('crm-sync', 'crm.contact.synced')).toBe('outcomes.crm-sync.crm.contact.synced');
  });

  it('never holds a wildcard, a blank or an empty step', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (site, type) => {
        try {
          expect(eventSubject(site, type)).toMatch(/^events(?:\.[a-z0-9][a-z0-9-]*)+$/);
        } catch (error) {
          expect(error).toBeInstanceOf(ContractError);
        }
      }),
    );
    for (const site of ['*', '>', '', 'a.b', 'A', 'a b']) expect(() => eventSubject(site, 'lead.submitted')).toThrow(ContractError);
    for (const type of ['*', 'lead.*', 'lead', 'lead..x', 'lead.>']) {
      expect(() => eventSubject('acme', type)).toThrow(ContractError);
      expect(() => eventsOfType(type)).toThrow(ContractError);
    }
  });
});
