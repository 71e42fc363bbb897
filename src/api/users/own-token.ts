import { isJwtCaller, isTokenCaller } from '../../auth/token-callers.js';
import type { Caller } from '../../core/caller.js';
import { CastellanError } from '../../core/errors.js';
import { sameRef } from '../../core/model.js';

/**
 * Whoever found a token must not be able to outlast its end: by no other token of the same user, and by no password of theirs.
 *
 * @throws CastellanError `forbidden` for a caller that a token of this very user signed in, be it an identity provider's.
 */
export function refuseOwnToken(caller: Caller, user: string, what: string): void {
  if ((isTokenCaller(caller) || isJwtCaller(caller)) && sameRef(caller.subject, { type: 'user', id: user }))
    throw new CastellanError('forbidden', `A token ${what}: send username and password.`);
}
