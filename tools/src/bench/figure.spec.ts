import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Figure, isMet, median, percentile } from './figure.js';

const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 200 });

describe('a percentile', () => {
  it('is one of the values, and at least that share of them is no greater', () => {
    fc.assert(
      fc.property(numbers, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
        const found = percentile(values, share);
        expect(values).toContain(found);
        const covered = values.filter((value) => value <= found).length;
        expect(covered).toBeGreaterThanOrEqual(Math.floor(values.length * share));
        expect(values.filter((value) => value < found).length).toBeLessThan(values.length * share);
      }),
    );
  });

  it('of a hundred values is the one of that rank', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)]).toEqual([50, 99, 100]);
  });

  it('of nothing is not a number', () => {
    expect(percentile([], 0.5)).toBeNaN();
  });

  it('leaves the values in their order', () => {
    const values = [3, 1, 2];
    percentile(values, 0.5);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('a median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});

describe('an aim', () => {
  const figure = (more: Partial<Figure>): Figure => ({ what: '', unit: '', ours: 70, bare: 100, better: 'higher', ...more });

  it('of a rate is met from the value up, of a time down to it', () => {
    expect(isMet(figure({ aim: { of: 'ratio', value: 0.7 } }))).toBe(true);
    expect(isMet(figure({ aim: { of: 'ratio', value: 0.71 } }))).toBe(false);
    expect(isMet(figure({ better: 'lower', aim: { of: 'ours', value: 70 } }))).toBe(true);
    expect(isMet(figure({ better: 'lower', aim: { of: 'ours', value: 69 } }))).toBe(false);
  });

  it('is not met by what could not be measured', () => {
    expect(isMet(figure({ ours: Number.NaN, aim: { of: 'ours', value: 0 } }))).toBe(false);
  });

  it('is neither met nor missed where there is none', () => {
    expect(isMet(figure({}))).toBeUndefined();
  });
});
