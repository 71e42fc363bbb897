import type { OnProgress } from '../app/policy/policy-result.js';
import type { Output } from './output.js';

/** Shows how far a policy is, on a terminal. */
export function policyProgress(output: Output): OnProgress {
  return ({ kind, done, total }) => output.progress(`${kind}: ${done} of ${total}`);
}
