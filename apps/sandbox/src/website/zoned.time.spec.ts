import { expect, it } from 'vitest';
import { NoSuchTimeError, zonedInstant, zonedText } from './zoned.time.js';

it.each([
  ['2026-11-24', '09:30', 'Europe/Berlin', '2026-11-24T09:30:00+01:00'],
  ['2026-07-01', '09:30', 'Europe/Berlin', '2026-07-01T09:30:00+02:00'],
  ['2026-11-24', '09:30', 'America/New_York', '2026-11-24T09:30:00-05:00'],
  ['2026-11-24', '09:30', 'Asia/Kolkata', '2026-11-24T09:30:00+05:30'],
  ['2026-11-24', '09:30', 'UTC', '2026-11-24T09:30:00+00:00'],
  ['2026-03-29', '03:00', 'Europe/Berlin', '2026-03-29T03:00:00+02:00'],
])('%s %s in %s is %s', (date, time, zone, text) => {
  expect(zonedText(zonedInstant(date, time, zone), zone)).toBe(text);
});

it('takes the first of the two times that an autumn night has twice', () => {
  expect(zonedText(zonedInstant('2026-10-25', '02:30', 'Europe/Berlin'), 'Europe/Berlin')).toBe('2026-10-25T02:30:00+02:00');
});

it('refuses a time that a spring night skips, and what is no time', () => {
  expect(() => zonedInstant('2026-03-29', '02:30', 'Europe/Berlin')).toThrow(NoSuchTimeError);
  expect(() => zonedInstant('soon', '02:30', 'Europe/Berlin')).toThrow(NoSuchTimeError);
});
