import type { SubjectRef } from '../core/model.js';
import { signInFirst, undecided } from './authz-exception.js';
import type { Asked } from './question-memory.js';

/**
 * Keeps out a subject that is known to be inactive, also where no permission is asked for. Services of another kind than Castellan do not
 * tell.
 *
 * @throws CastellanError `not_authenticated`; `database_unavailable`, `overloaded`.
 */
export async function requireActive(asked: Pick<Asked, 'decideAll'>, subject: SubjectRef): Promise<void> {
  // Any question does: that the subject is inactive is the first thing that decides one.
  const question = { subject, permission: { type: 'type', action: 'view' } };
  const [decision] = await asked.decideAll([question]).catch((error: unknown) => {
    throw undecided(error);
  });
  if (!decision || decision.reason === 'subject_inactive') throw signInFirst();
}
