import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createProjectGraphAsync, readCachedProjectGraph, type ProjectGraph } from '@nx/devkit';
import { ESLint } from 'eslint';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Lints `code` as though it stood in `file`; answers the rules it breaks. */
async function rulesBrokenBy(file: string, code: string): Promise<(string | null)[]> {
  const eslint = new ESLint({
    cwd: root,
    // With CI=true, typescript-eslint takes this for a single run and reads a file's text from the disk instead of `code`.
    overrideConfig: { languageOptions: { parserOptions: { disallowAutomaticSingleRunInference: true } } },
  });
  const [result] = await eslint.lintText(code, { filePath: `${root}${file}` });
  return result!.messages.map((message) => message.ruleId);
}

describe('the boundaries between projects', () => {
  let graph: ProjectGraph;

  // The lint rule skips itself without a project graph, so the graph has to exist first.
  beforeAll(async () => {
    process.env['NX_DAEMON'] = 'false';
    await createProjectGraphAsync();
    graph = readCachedProjectGraph();
  }, 120_000);

  it('know every project by a tag of its own', () => {
    const untagged = Object.values(graph.nodes).filter((node) => {
      const tags = (node.data.tags ?? []).filter((tag) => !tag.startsWith('npm:'));
      return !tags.some((tag) => /^type:(app|lib|tool|e2e)$/.test(tag));
    });
    expect(untagged.map((node) => node.name)).toEqual([]);
  });

  it('know every library by its name in the rules', () => {
    const rules = readFileSync(`${root}eslint.config.mjs`, 'utf8');
    const libs = Object.values(graph.nodes).filter((node) => node.data.root.startsWith('libs/'));
    const unknown = libs.filter((node) => !rules.includes(`  ${node.data.root.slice('libs/'.length)}: [`));
    expect(unknown.map((node) => node.name)).toEqual([]);
  });

  const forbidden: [what: string, file: string, code: string, rule: string][] = [
    ['a library below importing one above', 'libs/contracts/src/index.ts', "export * from '@posthorn/delivery';", '@nx/enforce-module-boundaries'],
    ['an app importing another app', 'apps/email/src/main.ts', "export * from '@posthorn/ingress';", 'no-restricted-imports'],
    ['an app reaching into another app', 'apps/email/src/main.ts', "export * from '../../ingress/src/main.js';", '@nx/enforce-module-boundaries'],
    ['an app that knows NATS', 'apps/email/src/main.ts', "export * from '@nats-io/jetstream';", 'no-restricted-imports'],
    ['an app that knows opossum', 'apps/email/src/main.ts', "export { default } from 'opossum';", 'no-restricted-imports'],
    ['a library that opens Postgres connections itself', 'libs/ledger/src/index.ts', "export { Pool } from 'pg';", 'no-restricted-imports'],
    ["production code that imports a library's test kit", 'apps/email/src/main.ts', "export * from '@posthorn/delivery/test-kit';", 'no-restricted-imports'],
    ['production code that imports test code', 'libs/ledger/src/index.ts', "export * from '@posthorn/testing';", 'no-restricted-imports'],
  ];
  it.each(forbidden)('refuse %s', async (_what, file, code, rule) => {
    expect(await rulesBrokenBy(file, code)).toContain(rule);
  }, 120_000);

  it('keep no generated or built file in the repository', () => {
    const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
    expect(tracked.filter((file) => /(^|\/)(node_modules|dist|\.posthorn|\.nx)\//.test(file))).toEqual([]);
  });
});
