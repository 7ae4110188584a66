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

const FAILURES_SHOWN = 25;
const LINES_OF_A_MESSAGE = 25;
const LINES_OF_OUTPUT = 40;

interface ReportedFile {
  name?: string;
  status?: string;
  /** Of a file that could not be loaded. */
  message?: string;
  assertionResults?: { status?: string; fullName?: string; failureMessages?: string[] }[];
}

/** Each failed test of vitest's JSON report with its message, for the end of a log; empty when it has none. */
export function causesOf(report: unknown, workspace: string): string {
  const files = (report as { testResults?: ReportedFile[] } | null | undefined)?.testResults ?? [];
  const causes = files.flatMap(({ name = '', status, message = '', assertionResults = [] }) => {
    const file = name.replace(`${workspace}/`, '');
    const tests = assertionResults.filter((test) => test.status === 'failed');
    if (tests.length === 0) return status === 'failed' ? [`✗ ${file}\n${indented(message)}`] : [];
    return tests.map(({ fullName = '', failureMessages = [] }) => `✗ ${file} › ${fullName}\n${indented(failureMessages.join('\n'))}`);
  });
  const rest = causes.length - FAILURES_SHOWN;
  return [...causes.slice(0, FAILURES_SHOWN), ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n');
}

/** What a program said last, for one that writes no report. */
export function lastLinesOf(output: string): string {
  return output.trimEnd().split('\n').slice(-LINES_OF_OUTPUT).join('\n');
}

function indented(message: string): string {
  // The frames inside of the runner say nothing about the test.
  const lines = message.split('\n').filter((line) => !/^\s+at .*node_modules/.test(line));
  return lines.slice(0, LINES_OF_A_MESSAGE).map((line) => `    ${line}`).join('\n');
}
