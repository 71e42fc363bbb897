import { CastellanError } from '../../core/errors.js';
import { PolicyWorld } from '../../testing/policy-world.js';
import type { Policy } from '../policy/parse-policy.js';
import type { PolicyTest } from '../policy/policy-tests-schema.js';
import { Assertions } from './assertions.js';
import { coverageOf } from './coverage.js';
import { placeIn } from './place-in-policy.js';
import type { PolicyTestRun, TestResult } from './policy-test-result.js';

/**
 * Asks what the tests of a policy assert, in a world in memory that holds what the policy says and nothing else.
 *
 * @throws PolicyError when the policy can't be had as it is (it names the place in the file).
 */
export function runPolicyTests(policy: Policy): PolicyTestRun {
  const world = worldOf(policy);
  const touched = new Set<string>();
  // One instant for all that do not say when.
  const now = Date.now();
  const tests = policy.tests.map((test, index): TestResult => {
    const assertions = runTest(test, new Assertions(world, policy, { index, now, touched }));
    return {
      name: test.name,
      passed: assertions.every(({ passed }) => passed),
      place: placeIn(policy, ['tests', index]),
      assertions,
    };
  });
  return { passed: tests.every(({ passed }) => passed), tests, coverage: coverageOf(policy, world, touched) };
}

function runTest(test: PolicyTest, assertions: Assertions): TestResult['assertions'] {
  const { check = [], list = [], 'who-can': whoCan = [] } = test;
  return [
    ...check.flatMap((each, at) => assertions.check(test, each, at)),
    ...list.map((each, at) => assertions.list(test, each, at)),
    ...whoCan.map((each, at) => assertions.whoCan(test, each, at)),
  ];
}

function worldOf(policy: Policy): PolicyWorld {
  try {
    return new PolicyWorld(policy);
  } catch (error) {
    if (!(error instanceof CastellanError)) throw error;
    const findings = error.faults.map(({ path, message }) => ({ path: path.split('.'), message }));
    throw policy.source.error(findings, error.code, { cause: error });
  }
}
