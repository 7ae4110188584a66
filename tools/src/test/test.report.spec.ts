import { describe, expect, it } from 'vitest';
import { addCounts, causesOf, countsOf, lastLinesOf, NO_TESTS } from './test.report.js';

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

describe('causesOf', () => {
  const failed = (fullName: string, ...failureMessages: string[]) => ({ status: 'failed', fullName, failureMessages });

  it('names each failed test with its file and its message, without the frames of the runner', () => {
    const message = 'AssertionError: expected 1 to be 2\n    at /repo/a.spec.ts:3:4\n    at run (/repo/node_modules/vitest/x.js:1:1)';
    const report = { testResults: [{ name: '/repo/a.spec.ts', status: 'failed', assertionResults: [{ status: 'passed', fullName: 'fine' }, failed('a thing is two', message)] }] };
    expect(causesOf(report, '/repo')).toBe('✗ a.spec.ts › a thing is two\n    AssertionError: expected 1 to be 2\n        at /repo/a.spec.ts:3:4');
  });

  it('says why a file could not be loaded', () => {
    const report = { testResults: [{ name: '/repo/b.spec.ts', status: 'failed', message: 'Cannot find module', assertionResults: [] }] };
    expect(causesOf(report, '/repo')).toBe('✗ b.spec.ts\n    Cannot find module');
  });

  it('stays short, whatever happened', () => {
    const long = Array.from({ length: 500 }, (_, n) => `line ${n}`).join('\n');
    const report = { testResults: [{ name: '/repo/c.spec.ts', status: 'failed', assertionResults: Array.from({ length: 100 }, (_, n) => failed(`t${n}`, long)) }] };
    const causes = causesOf(report, '/repo');
    expect(causes.split('\n').length).toBeLessThan(700);
    expect(causes).toMatch(/… and 75 more$/);
  });

  it('has nothing to say of a run that passed, or left no report', () => {
    for (const report of [undefined, null, {}, { testResults: [{ status: 'passed', assertionResults: [{ status: 'passed' }] }] }]) expect(causesOf(report, '/repo')).toBe('');
    expect(lastLinesOf('noise\n'.repeat(100) + 'the error\n')).toMatch(/the error$/);
  });
});
