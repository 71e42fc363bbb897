import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import manifest from './package.json' with { type: 'json' };

// Unit tests stand beside their source; tests that need a database end in .e2e.ts, wherever they stand.
const unit = ['src/**/*.test.ts', 'test/{support,property,conformance}/**/*.test.ts'];
const e2e = ['src/**/*.e2e.ts', 'test/**/*.e2e.ts'];

const source = (path: string): string => fileURLToPath(new URL(`src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    // The examples name the package as its users do, and are tested with the source as it is.
    alias: [
      { find: /^castellan$/, replacement: source('index.ts') },
      { find: /^castellan\/(testing|client)$/, replacement: source('$1/index.ts') },
    ],
    // Also where somebody has installed an example in its folder: two copies of Nest in one app would not know each other.
    dedupe: Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }),
  },
  test: {
    pool: 'forks',
    maxWorkers: Math.min(4, availableParallelism()),
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    // What a file leaves behind in a module, others would meet: none may. Each module is loaded once, which is half of the time otherwise.
    isolate: false,
    restoreMocks: true,
    unstubEnvs: true,
    projects: [
      { extends: true, test: { name: 'unit', include: unit, testTimeout: 30_000 } },
      {
        extends: true,
        test: {
          name: 'architecture',
          include: ['test/architecture/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: e2e,
          globalSetup: './test/support/global-setup.ts',
          setupFiles: './test/support/documented-answers.setup.ts',
          // How many random worlds the decisions are compared in: `npm run test:property -- --worlds 100000` sets more.
          provide: {
            worlds: Number(process.env['CASTELLAN_TEST_WORLDS'] ?? 2000),
            worldSeed: process.env['CASTELLAN_TEST_SEED'] ? Number(process.env['CASTELLAN_TEST_SEED']) : undefined,
            worldProgress: process.env['CASTELLAN_TEST_PROGRESS'],
          },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
