import { describe, expect, it } from 'vitest';
import { marksOf, walksOf } from './type.marks.js';

const HOUR = 60 * 60_000;
const NOW = Date.parse('2026-03-29T12:00:00Z');
const hoursAgo = (hours: number): Date => new Date(NOW - hours * HOUR);
const SINCE = hoursAgo(72);

function walks(types: string[], agreed: Record<string, Date>): [string[] | undefined, number][] {
  const watermark = { publisher: 'ingress', since: SINCE, agreedUntil: hoursAgo(0), ofTypes: { types, agreed } };
  return walksOf(watermark).map((walk) => [walk.types?.slice(), (NOW - walk.agreedUntil.getTime()) / HOUR]);
}

describe('a type', () => {
  it('begins where everything was, when it was not kept apart before', () => {
    expect(marksOf(hoursAgo(200), null, ['a.b', 'c.d'], SINCE)).toEqual({ 'a.b': hoursAgo(200), 'c.d': hoursAgo(200) });
  });

  it('goes on where it was, and one that is new begins where a new service would', () => {
    expect(marksOf(hoursAgo(100), { 'a.b': hoursAgo(100).toISOString() }, ['a.b', 'c.d'], SINCE)).toEqual({ 'a.b': hoursAgo(100), 'c.d': SINCE });
  });

  it('that is not taken is kept for replicas of another release, and forgotten when it is an hour behind', () => {
    const known = { 'a.b': hoursAgo(0).toISOString(), 'recent.one': hoursAgo(0.5).toISOString(), 'old.one': hoursAgo(2).toISOString() };
    expect(Object.keys(marksOf(hoursAgo(2), known, ['a.b'], SINCE)).sort()).toEqual(['a.b', 'recent.one']);
  });
});

describe('what is compared', () => {
  it('is everything together, for who takes everything', () => {
    expect(walksOf({ publisher: 'ingress', since: SINCE, agreedUntil: hoursAgo(3) })).toEqual([{ agreedUntil: hoursAgo(3) }]);
  });

  it('is all types together that are about as far, from the one that is least far', () => {
    expect(walks(['a.b', 'c.d'], { 'a.b': hoursAgo(0), 'c.d': hoursAgo(0.5), 'not.mine': hoursAgo(9) })).toEqual([[['a.b', 'c.d'], 0.5]]);
  });

  it('is what lags behind by itself, and after the rest', () => {
    expect(walks(['a.b', 'c.d'], { 'a.b': SINCE, 'c.d': hoursAgo(0) })).toEqual([[['c.d'], 0], [['a.b'], 72]]);
  });
});
