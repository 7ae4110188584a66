import { availableParallelism } from 'node:os';
import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

// The workspace's packages are read from their sources, so no test depends on a build. vitest hands
// these conditions to Node too: with `import` or `module` among them a require() would get an ES module.
const conditions = ['source', 'node'];

const shared = {
  plugins: [swc.vite({ module: { type: 'es6' } })],
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
};

// A file of tests leaves nothing behind for the next, so each worker reads the modules once: half the processor time.
const isolate = false;

// vitest would leave one core free, which of two is half.
const cores = availableParallelism();

const roots = ['apps', 'libs', 'tools', 'e2e'];
const files = (suffix: string): string[] => roots.map((root) => `${root}/**/*${suffix}`);
const never = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: files('.spec.ts'),
          exclude: [...never, ...files('.int.spec.ts'), ...files('.e2e.spec.ts')],
          isolate,
          maxWorkers: cores,
          sequence: { groupOrder: 0 },
          // What hangs fails all the same; a busy machine does not.
          testTimeout: 20_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'integration',
          include: files('.int.spec.ts'),
          exclude: never,
          globalSetup: ['libs/testing/src/global-setup.ts'],
          isolate,
          // Mostly they wait: for restarts, timeouts and servers.
          maxWorkers: Math.max(2, cores),
          sequence: { groupOrder: 1 },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: files('.e2e.spec.ts'),
          exclude: never,
          globalSetup: ['e2e/src/shared-posthorn.setup.ts'],
          // Mostly they wait: for restarts, retries and comparisons.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: 120_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
