import { readdirSync } from 'node:fs';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

// Who may import whom. The names are the tags in each project's package.json; a project
// whose tags match no rule here may import nothing of the workspace, so an untagged one fails.
const mayImport = {
  contracts: [],
  configuration: [],
  observability: [],
  resilience: ['observability'],
  webhooks: [],
  client: ['contracts'],
  browser: [],
  persistence: ['observability'],
  messaging: ['contracts', 'observability'],
  http: ['contracts', 'observability'],
  ledger: ['contracts', 'messaging', 'persistence', 'observability'],
  delivery: ['ledger', 'messaging', 'resilience', 'persistence', 'contracts', 'observability'],
  testing: ['contracts', 'persistence'],
};

const tags = (names) => names.map((name) => `lib:${name}`);

const boundaries = [
  ...Object.entries(mayImport).map(([lib, others]) => ({
    sourceTag: `lib:${lib}`,
    // `testing` may be imported by any library's own tests; no-restricted-imports below keeps it out of production code.
    onlyDependOnLibsWithTags: tags([lib, ...others, 'testing']),
  })),
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'type:e2e', onlyDependOnLibsWithTags: ['type:lib', 'type:tool'] },
];

const onlyIn = {
  messaging: {
    group: ['@nats-io/*', 'nats'],
    message: 'Only libs/messaging knows NATS: use JetStreamServer, JetStreamPublisher or Inquiry.',
  },
  resilience: { group: ['opossum'], message: 'Only libs/resilience knows opossum: use its Guard.' },
  http: { group: ['jose'], message: 'Only libs/http verifies tokens: use its TokenVerifier.' },
  persistence: {
    group: ['pg', 'pg-*'],
    message: 'Only libs/persistence opens Postgres connections: use its Database.',
  },
};
const testing = {
  group: ['@posthorn/testing', '@posthorn/*/test-kit', 'vitest', 'fast-check'],
  message: 'Production code does not import test code.',
};

const apps = {
  group: readdirSync(new URL('./apps/', import.meta.url)).map((app) => `@posthorn/${app}`),
  message: 'Apps share contracts and the wire, never code.',
};

const restrict = (patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });
const everyOwner = Object.values(onlyIn);

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/generated/**', '.nx/**', '.posthorn/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { project: ['./tsconfig.json', './libs/browser/tsconfig.json'], tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@nx/enforce-module-boundaries': ['error', { depConstraints: boundaries, banTransitiveDependencies: false }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'off', // a constructor's parameter types are values to Nest
      '@typescript-eslint/no-extraneous-class': 'off', // Nest modules are classes without members
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unnecessary-type-parameters': 'off', // query<Row>(…) names its row type at the call
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      eqeqeq: 'error',
      'no-eval': 'error',
      'no-new-func': 'error',
      'no-console': 'error',
    },
  },
  { files: ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'], rules: restrict([...everyOwner, testing, apps]) },
  ...Object.keys(onlyIn).map((lib) => ({
    files: [`libs/${lib}/src/**/*.ts`],
    rules: restrict([...everyOwner.filter((owner) => owner !== onlyIn[lib]), testing, apps]),
  })),
  {
    files: ['libs/testing/src/**/*.ts', '**/*.spec.ts', '**/*.test-kit.ts'],
    rules: {
      'no-restricted-imports': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off', // in a test, an absent value should throw right there
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { files: ['tools/src/**/*.ts'], rules: { 'no-console': 'off' } },
);
