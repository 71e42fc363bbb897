import { randomUUID } from 'node:crypto';
import { Passwords } from '../../auth/passwords.js';
import { operator } from '../../core/caller.js';
import type { Store } from '../../store/store.js';
import { applyPolicy } from './apply-policy.js';
import type { Policy } from './parse-policy.js';
import type { OnProgress, PolicyResult } from './policy-result.js';

/** Applies a policy in the name of the operator at the command line. @throws as {@link applyPolicy} does. */
export function applyPolicyAsOperator(store: Store, policy: Policy, onProgress?: OnProgress): Promise<PolicyResult> {
  return applyPolicy(store, operator('cli', randomUUID()), policy, new Passwords(), onProgress);
}
