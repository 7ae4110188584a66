import { globSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CIRCUIT_OUTCOMES, DELIVERY_OUTCOMES, DELIVERY_STATES, OPERATOR_VERBS, OUTCOMES } from '@posthorn/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ERROR_VERDICTS } from '@posthorn/resilience';
import { SERVICES } from '../start/service.catalogue.js';
import { WORKSPACE } from '../workspace.js';
import { eventsPage } from './events.page.js';
import { describedCodesIn, metricsIn, pageOf, problemCodesIn, schemaKeysIn, sourcesOf } from './sources.test-kit.js';

/** They parse every source, and compile what each service loads. */
const PATIENT = { timeout: 60_000 };

const everywhere = sourcesOf('{apps,libs}/*/src/**/*.ts');

describe('docs/reference', PATIENT, () => {
  it('describes the events as the contract does; after a change there: npx vitest run tools/src/docs --update', async () => {
    await expect(eventsPage()).toMatchFileSnapshot(join(WORKSPACE, 'docs', 'reference', 'events.md'));
  });

  it('lists every outcome and every state, and none that is gone', () => {
    const page = pageOf('reference/outcomes-and-states.md');
    for (const name of [...Object.keys(OUTCOMES), ...DELIVERY_STATES]) expect(page).toContain(`\`${name}\``);
    for (const state of DELIVERY_OUTCOMES) expect(page).toContain(`\`<service>.delivery.${state}\``);
    for (const state of CIRCUIT_OUTCOMES) expect(page).toContain(`\`<service>.circuit.${state}\``);
    for (const verb of OPERATOR_VERBS) expect(page).toContain(`\`<service>.operator.${verb}\``);
    const named = [...page.matchAll(/`((?:crm|email|calendar|audit)\.[a-z.]+)`/g)].map(([, name]) => name);
    expect(named.filter((name) => !Object.hasOwn(OUTCOMES, name!))).toEqual([]);
  });

  it.each(['docs/reference/outcomes-and-states.md', 'libs/resilience/README.md'])('%s says of every error what the guard makes of it, in the order that decides', (path) => {
    const rows = [...readFileSync(join(WORKSPACE, path), 'utf8').matchAll(/^\| ([^|]+) \| (healthy|failing|neutral) \|$/gm)].map(([, error, verdict]) => ({ error, verdict }));
    expect(rows).toEqual(ERROR_VERDICTS.map(({ error, verdict }) => ({ error, verdict })));
  });

  it('lists every metric with its kind and labels, and none that is gone', () => {
    const rows = [...pageOf('reference/metrics-and-health.md').matchAll(/^\| `(posthorn_\w+)` \| (\w+) \| ([^|]*) \|/gm)];
    const documented = rows.map(([, name, kind, labels]) => ({ kind: kind!, name: name!, labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!) }));
    const byName = (a: { name: string }, b: { name: string }): number => a.name.localeCompare(b.name);
    const defined = everywhere.flatMap(metricsIn);
    expect(defined.length).toBeGreaterThan(10);
    expect(documented.sort(byName)).toEqual(defined.sort(byName));
  });

  it('lists every problem code that can be answered, and none that is gone', () => {
    const sources = [...sourcesOf('libs/http/src/{,!(open-api)/}*.ts'), ...sourcesOf('apps/{ingress,audit,console}/src/!(config|provision)*{,/**/!(*.openapi)}.ts')];
    const documented = [...pageOf('reference/http-api.md').matchAll(/^\| `([a-z-]+)` \| [45]\d\d/gm)].map(([, code]) => code);
    const answered = new Set(sources.flatMap(problemCodesIn).filter((code) => code !== 'custom'));
    expect(answered.size).toBeGreaterThan(25);
    expect([...documented].sort()).toEqual([...answered].sort());
  });

  it('explains every problem code that a service describes at /openapi.json', () => {
    const explained = new Set([...pageOf('reference/http-api.md').matchAll(/^\| `([a-z-]+)` \| [45]\d\d/gm)].map(([, code]) => code));
    const described = [...sourcesOf('apps/*/src/**/*.openapi.ts'), ...sourcesOf('libs/http/src/open-api/common.problems.ts')].flatMap(describedCodesIn);
    expect(described.length).toBeGreaterThan(40);
    expect([...new Set(described)].filter((code) => !explained.has(code))).toEqual([]);
  });

  it('names every setting and every environment variable', () => {
    const page = pageOf('reference/configuration.md');
    const schemas = ['apps/*/src/config.ts', 'apps/*/src/*/*.settings.ts', 'apps/*/src/providers/*/*.options.ts', 'libs/resilience/src/guard.options.ts', 'libs/delivery/src/{retry.policy,connection.config}.ts', 'libs/configuration/src/environment.schema.ts'];
    const keys = new Set(schemas.flatMap(sourcesOf).flatMap(schemaKeysIn));
    expect(keys.size).toBeGreaterThan(60);
    expect([...keys].filter((key) => !page.includes(`\`${key}\``) && !page.includes(`.${key}\``))).toEqual([]);
  });
});

describe('the examples of configuration.md', PATIENT, () => {
  let folder: string | undefined;
  afterEach(() => {
    vi.unstubAllEnvs();
    if (folder !== undefined) rmSync(folder, { recursive: true });
    folder = undefined;
  });

  // Asks each app's own loader, from outside, as a deployment would; tools may not build upon an app.
  it.each(SERVICES.map(({ name }) => name))('are what %s accepts', async (name) => {
    folder = mkdtempSync(join(tmpdir(), 'posthorn-docs-'));
    const page = pageOf('reference/configuration.md');
    const example = [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, yaml]) => yaml!).find((yaml) => yaml.startsWith(`${name}:`));
    expect(example).toBeDefined();
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'a'.repeat(64));
    const file = join(folder, 'posthorn.yaml');
    writeFileSync(file, example!.replaceAll(/\$\{file:[^}]+\}/g, `\${file:${secret}}`));
    for (const [, variable] of example!.matchAll(/\$\{env:(\w+)\}/g)) vi.stubEnv(variable!, 'a'.repeat(64));
    const env = { POSTHORN_CONFIG: file, PORT: '8080', DATABASE_URL: 'postgres://role@db.internal:5432/posthorn', NATS_URL: 'nats://nats.internal:4222' };
    for (const [variable, value] of Object.entries(env)) vi.stubEnv(variable, value);
    const config = (await import(/* @vite-ignore */ pathToFileURL(join(WORKSPACE, 'apps', name, 'src', 'config.ts')).href)) as Record<string, unknown>;
    const loader = Object.entries(config).find(([key]) => /^(load\w+Config|readConfig)$/.test(key))?.[1];
    if (typeof loader !== 'function') throw new TypeError(`apps/${name}/src/config.ts has no loader`);
    expect(Reflect.apply(loader, undefined, [])).toMatchObject({ service: name });
  });
});

describe('every page of documentation', () => {
  const pages = globSync('{*.md,docs/**/*.md,apps/*/README.md,libs/*/README.md}', { cwd: WORKSPACE });

  it.each(pages)('%s links only to what exists', (page) => {
    const text = readFileSync(join(WORKSPACE, page), 'utf8').replaceAll(/```[\s\S]*?```/g, '');
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!).filter((link) => !/^[a-z]+:/.test(link));
    const broken = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? join(WORKSPACE, page) : resolve(WORKSPACE, dirname(page), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

/** As GitHub makes them from headings. */
function anchorsOf(text: string): string[] {
  return [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-'),
  );
}
