import { expect, it } from 'vitest';
import { appointmentSequence, appointmentUid } from './appointment.identity.js';

it('names an appointment the same every time, and differently per site', () => {
  expect(appointmentUid('acme', 'A-1')).toBe(appointmentUid('acme', 'A-1'));
  expect(appointmentUid('acme', 'A-1')).not.toBe(appointmentUid('other', 'A-1'));
});

it('keeps the site and the id apart, and shows neither', () => {
  expect(appointmentUid('ab', 'c')).not.toBe(appointmentUid('a', 'bc'));
  expect(appointmentUid('acme', 'jane.roe')).toMatch(/^[0-9a-f]{32}@posthorn$/);
});

it('numbers changes in the order in which they were accepted, within 31 bits', () => {
  const accepted = (time: string): string => {
    const hex = Date.parse(time).toString(16).padStart(12, '0');
    return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
  };
  const first = appointmentSequence(accepted('2026-11-22T10:00:00Z'));
  expect(appointmentSequence(accepted('2026-11-22T10:00:01Z'))).toBe(first + 1);
  expect(appointmentSequence(accepted('2092-12-31T00:00:00Z'))).toBeLessThan(2 ** 31);
  expect(appointmentSequence(accepted('2020-01-01T00:00:00Z'))).toBe(0);
});
