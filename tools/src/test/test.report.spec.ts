import { describe, expect, it } from 'vitest';
import { addCounts, countsOf, NO_TESTS } from './test.report.js';

describe('countsOf', () => {
  it('reads what vitest counted', () => {
    const report = { numTotalTests: 9, numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 };
    expect(countsOf(report)).toEqual({ passed: 5, failed: 1, skipped: 3 });
  });

  it('counts nothing where there is no report', () => {
    for (const report of [undefined, null, 'x', {}]) expect(countsOf(report)).toEqual(NO_TESTS);
  });

  it('adds up', () => {
    expect(addCounts({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 20, skipped: 30 })).toEqual({ passed: 11, failed: 22, skipped: 33 });
  });
});
