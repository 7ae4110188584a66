import { describe, expect, it } from 'vitest';
import { leftOf, Patience } from './patience.js';

function waiting(standstillMs: number) {
  let time = 0;
  const patience = new Patience(standstillMs, () => time);
  return (atMs: number, left: number | undefined): boolean => {
    time = atMs;
    return patience.isOver(left);
  };
}

describe('the drill’s patience', () => {
  it('lasts for as long as less is left than ever', () => {
    const isOver = waiting(100);
    expect([isOver(0, 1_000), isOver(90, 999), isOver(180, 998), isOver(270, 0)]).toEqual([false, false, false, false]);
  });

  it('bears that more is left, while events are still being taken in', () => {
    const isOver = waiting(100);
    expect([isOver(0, 5), isOver(90, 50), isOver(180, 60)]).toEqual([false, false, false]);
  });

  it('ends when nothing is done any more, however often the same work is tried', () => {
    const isOver = waiting(100);
    isOver(0, 20);
    isOver(50, 10);
    expect([isOver(100, 15), isOver(150, 10), isOver(151, 12)]).toEqual([false, false, true]);
  });

  it('ends when the database does not answer', () => {
    const isOver = waiting(100);
    isOver(0, 10);
    expect([isOver(100, undefined), isOver(101, undefined)]).toEqual([false, true]);
  });

  it('counts what is to be delivered and what is to be recorded', () => {
    const open = { 'crm-sync': 1, email: 2, calendar: 3 };
    expect(leftOf({ open, unrelayed: 99 })).toBe(6);
    expect(leftOf({ open, unrelayed: 0, whole: { accepted: 9, planned: open, unrecorded: 4 } })).toBe(10);
  });
});
