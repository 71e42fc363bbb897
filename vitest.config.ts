import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Unit tests stand beside their source; tests that need a database end in .e2e.ts, wherever they stand.
const unit = ['src/**/*.test.ts', 'test/{support,property,conformance}/**/*.test.ts'];
const e2e = ['src/**/*.e2e.ts', 'test/**/*.e2e.ts'];

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: Math.min(4, availableParallelism()),
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    restoreMocks: true,
    unstubEnvs: true,
    projects: [
      { extends: true, test: { name: 'unit', include: unit } },
      { extends: true, test: { name: 'architecture', include: ['test/architecture/*.test.ts'], testTimeout: 30_000 } },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: e2e,
          globalSetup: './test/support/global-setup.ts',
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
