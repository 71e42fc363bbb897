import { randomUUID } from 'node:crypto';
import { Passwords } from '../../auth/passwords.js';
import { operator } from '../../core/caller.js';
import type { Store } from '../../store/store.js';
import { applyPolicy, planPolicy, type ApplyOptions } from './apply-policy.js';
import type { Policy } from './parse-policy.js';
import type { PolicyResult } from './policy-result.js';

/** Applies a policy in the name of the operator at the command line. @throws as {@link applyPolicy} does. */
export function applyPolicyAsOperator(store: Store, policy: Policy, options: ApplyOptions = {}): Promise<PolicyResult> {
  return applyPolicy(store, operator('cli', randomUUID()), policy, new Passwords(), options);
}

/** Tells what applying a policy would do. @throws as {@link planPolicy} does. */
export function planPolicyAsOperator(
  store: Store,
  policy: Policy,
  options: Omit<ApplyOptions, 'alone'> = {},
): Promise<PolicyResult> {
  return planPolicy(store, operator('cli', randomUUID()), policy, options);
}
