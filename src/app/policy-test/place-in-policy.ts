import type { Policy } from '../policy/parse-policy.js';
import type { PolicyPath } from '../policy/policy-error.js';
import type { Place } from './policy-test-result.js';

/** Where a path of the policy stands in its files. */
export function placeIn(policy: Policy, path: PolicyPath): Place {
  const [problem] = policy.source.error([{ path, message: '' }]).problems;
  return { file: problem?.file ?? policy.source.file, line: problem?.line ?? 1, column: problem?.column ?? 1 };
}

/** `castellan.yaml:12:5` */
export function placeText({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}
