export interface TestCounts {
  passed: number;
  failed: number;
  skipped: number;
}

export const NO_TESTS: TestCounts = { passed: 0, failed: 0, skipped: 0 };

export function addCounts(a: TestCounts, b: TestCounts): TestCounts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** What vitest's JSON reporter counted. */
export function countsOf(report: unknown): TestCounts {
  if (typeof report !== 'object' || report === null) return NO_TESTS;
  const counts = report as Record<string, unknown>;
  const number = (name: string): number => (typeof counts[name] === 'number' ? counts[name] : 0);
  return { passed: number('numPassedTests'), failed: number('numFailedTests'), skipped: number('numPendingTests') + number('numTodoTests') };
}
