import { writeSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Prints `N passed, N failed` (and `, N skipped` where there are any) as the run's last line, alone.
 * A file that could not be loaded, an error outside every test and a failed set-up count as failed.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const { passed, failed, skipped } = countTests(modules, errors.length);
    // At exit, so that what other reporters and the teardown print comes before it.
    process.once('exit', (status) => {
      const failures = status === 0 ? failed : Math.max(failed, 1);
      writeSync(1, `${passed} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
    });
  }
}

function countTests(modules: readonly TestModule[], errors: number) {
  const count = { passed: 0, failed: errors, skipped: 0, pending: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) count[test.result().state] += 1;
    count.failed += module.errors().length;
    for (const suite of module.children.allSuites()) count.failed += suite.errors().length;
  }
  return { ...count, skipped: count.skipped + count.pending };
}
