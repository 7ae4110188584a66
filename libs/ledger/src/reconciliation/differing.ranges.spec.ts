import { describe, expect, it } from 'vitest';
import { differingRanges } from './differing.ranges.js';
import { firstIdAt } from './id.range.js';

const at = (minute: number): string => firstIdAt(minute * 60_000);
const digest = (minute: number, count = 1, xor = '00000000000000aa') => ({ minute, count, xor });
const range = { from: at(10), until: at(20) };

describe('what two digests differ in', () => {
  it('is nothing while they agree', () => {
    expect(differingRanges(range, [digest(11), digest(12)], [digest(11), digest(12)])).toEqual([]);
  });

  it.each([
    ['a minute that we do not have', []],
    ['a minute of which we have less', [digest(12, 0)]],
    ['a minute of which we have something else', [digest(12, 1, '00000000000000ab')]],
  ])('is %s', (_what, ours) => {
    expect(differingRanges(range, [digest(12)], ours)).toEqual([{ from: at(12), until: at(13) }]);
  });

  it('is not what only we have', () => {
    expect(differingRanges(range, [], [digest(12)])).toEqual([]);
  });

  it('is one range where little lies between, and two where much does', () => {
    const theirs = [digest(11), digest(12), digest(13, 400), digest(14), digest(15, 40_000), digest(16)];
    expect(differingRanges(range, theirs, [digest(13, 400), digest(15, 40_000)])).toEqual([
      { from: at(11), until: at(15) },
      { from: at(16), until: at(17) },
    ]);
  });

  it('never leaves the range that was compared, though its ends lie within minutes', () => {
    const within = { from: firstIdAt(12 * 60_000 + 500), until: firstIdAt(12 * 60_000 + 900) };
    expect(differingRanges(within, [digest(12)], [])).toEqual([within]);
  });
});
