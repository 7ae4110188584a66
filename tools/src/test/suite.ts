import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { WORKSPACE } from '../workspace.js';
import { addCounts, causesOf, countsOf, lastLinesOf, NO_TESTS, type TestCounts } from './test.report.js';

interface Check {
  name: string;
  /** The program's package and its script in there. */
  program: { package: string; script: string };
  args: readonly string[];
  /** Whether it writes a vitest report. */
  counted?: boolean;
}

/** A CI that hears nothing for long takes a run for dead. */
const SIGN_OF_LIFE_EVERY_MS = 60_000;

const VITEST = { package: 'vitest', script: 'vitest.mjs' };

const vitest = (project: string): Check => ({ name: project, program: VITEST, args: ['run', '--project', project], counted: true });

const CHECKS: readonly Check[] = [
  { name: 'lint', program: { package: 'eslint', script: 'bin/eslint.js' }, args: ['.'] },
  { name: 'types', program: { package: 'typescript', script: 'bin/tsc' }, args: ['-p', 'tsconfig.json'] },
  // What runs in web pages knows browsers and not Node.
  { name: 'page types', program: { package: 'typescript', script: 'bin/tsc' }, args: ['-p', 'libs/browser/tsconfig.json'] },
  vitest('unit'),
  vitest('integration'),
  vitest('e2e'),
];

/** Runs every check, or those that are named, even after one has failed; answers the exit code. */
export async function runSuite(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !CHECKS.some((check) => check.name === name));
  if (unknown.length > 0) {
    say(`There is no check ${unknown.join(', ')}; there are ${CHECKS.map(({ name }) => name).join(', ')}.`);
    return 2;
  }
  const reports = mkdtempSync(join(tmpdir(), 'posthorn-reports-'));
  const failed: { name: string; causes: string }[] = [];
  let counts = NO_TESTS;
  try {
    for (const check of CHECKS) {
      if (names.length > 0 && !names.includes(check.name)) continue;
      const { causes, tests } = await runCheck(check, reports);
      counts = addCounts(counts, tests);
      if (causes !== undefined) failed.push({ name: check.name, causes });
    }
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
  // Once more and at the end: whoever keeps logs cuts them in the middle.
  for (const { name, causes } of failed) say(`\n── why ${name} failed ──\n${causes}`);
  if (failed.length > 0) say(`\nFailed: ${failed.map(({ name }) => name).join(', ')}`);
  say(`${counts.passed} passed, ${counts.failed} failed${counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`}`);
  return failed.length === 0 ? 0 : 1;
}

interface Result {
  tests: TestCounts;
  /** Undefined when it passed. */
  causes: string | undefined;
}

async function runCheck(check: Check, reports: string): Promise<Result> {
  const began = performance.now();
  const elapsed = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  say(`  ${check.name} …`);
  const stillHere = setInterval(() => say(`  ${check.name} … ${elapsed()}`), SIGN_OF_LIFE_EVERY_MS);
  const file = join(reports, `${check.name}.json`);
  const reporting = check.counted === true ? ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`] : [];
  const { status, output } = await capture([scriptOf(check.program), ...check.args, ...reporting]);
  clearInterval(stillHere);
  const report = check.counted === true ? readReport(file) : undefined;
  const tests = countsOf(report);
  const summary = check.counted === true ? `, ${tests.passed} passed, ${tests.failed} failed` : '';
  if (status !== 0) say(output.trimEnd());
  say(`  ${check.name}: ${status === 0 ? 'passed' : 'FAILED'} in ${elapsed()}${summary}`);
  if (status === 0) return { tests, causes: undefined };
  const causes = causesOf(report, WORKSPACE);
  // A file that could not even be loaded fails the run without a failed test; an error outside of the tests is in no report.
  return { tests: tests.failed === 0 ? { ...tests, failed: 1 } : tests, causes: causes === '' ? lastLinesOf(output) : causes };
}

function readReport(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function capture(args: readonly string[]): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    // What is shown after a failure is read in a CI log as often as in a terminal.
    const env = process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: '1' };
    const child = spawn(process.execPath, [...args], { cwd: WORKSPACE, stdio: ['ignore', 'pipe', 'pipe'], env });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (output += data.toString()));
    child.once('error', (error) => resolve({ status: 1, output: error.message }));
    child.once('close', (status) => resolve({ status: status ?? 1, output }));
  });
}

function scriptOf(program: Check['program']): string {
  const manifest = createRequire(import.meta.url).resolve(`${program.package}/package.json`);
  return join(dirname(manifest), program.script);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
