import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NamedTest } from './defect.js';

export type TestStatus = 'passed' | 'failed' | 'did not run';

interface Report {
  testResults: { name: string; assertionResults: { title: string; status: string }[] }[];
}

/** Runs the tests, and nothing else of their files; answers how each has ended. */
export async function runTests(root: string, tests: readonly NamedTest[], signal: AbortSignal): Promise<Map<NamedTest, TestStatus>> {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-report-'));
  const outputFile = join(folder, 'report.json');
  try {
    await vitest(root, argumentsFor(tests, outputFile), signal);
    const report = existsSync(outputFile) ? (JSON.parse(readFileSync(outputFile, 'utf8')) as Report) : { testResults: [] };
    return new Map(tests.map((test) => [test, statusIn(report, test)]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function argumentsFor(tests: readonly NamedTest[], outputFile: string): string[] {
  const projects = [...new Set(tests.map(({ project }) => project))].flatMap((project) => ['--project', project]);
  const titles = tests.map(({ title }) => title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const files = [...new Set(tests.map(({ file }) => file))];
  return ['run', ...projects, ...files, '-t', titles.join('|'), '--reporter=json', `--outputFile=${outputFile}`];
}

function statusIn({ testResults }: Report, { file, title }: NamedTest): TestStatus {
  const ends = testResults.filter(({ name }) => name.replaceAll('\\', '/').endsWith(`/${file}`)).flatMap(({ assertionResults }) => assertionResults);
  const status = ends.find((end) => end.title === title)?.status;
  return status === 'passed' || status === 'failed' ? status : 'did not run';
}

/** Resolves whether its tests pass or fail: the report says which. */
function vitest(root: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const program = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  return new Promise((resolve, reject) => {
    const env = { ...process.env, CI: 'true' };
    const child = spawn(process.execPath, [program, ...args], { cwd: root, env, stdio: 'ignore', signal, killSignal: 'SIGTERM' });
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
}
