import { expect, it } from 'vitest';
import { pauseBeforeAsking } from './drain.pace.js';

const left = (unrelayed: number, calendar: number) => ({ unrelayed, open: { 'crm-sync': 100, email: 0, calendar } });

it('asks how much is left the more seldom, the longer it must take', () => {
  expect([left(0, 0), left(0, 1_999), left(0, 4_000), left(6_000, 4_000), left(0, 1_000_000)].map(pauseBeforeAsking)).toEqual([0, 0, 2_000, 3_000, 10_000]);
});

it('asks again at once where there was no answer', () => {
  expect(pauseBeforeAsking(undefined)).toBe(0);
});
