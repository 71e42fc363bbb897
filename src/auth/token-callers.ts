import type { Caller } from '../core/caller.js';

/** A caller that was signed in by a token. */
export interface TokenCaller extends Caller {
  readonly tokenId: string;
}

/** Whether a token signed the caller in, and not a password. */
export function isTokenCaller(caller: Caller): caller is TokenCaller {
  return 'tokenId' in caller;
}

/** A caller that an identity provider's token signed in. */
export interface JwtCaller extends Caller {
  readonly signedInBy: 'identity-provider';
}

/** Whether an identity provider's token signed the caller in. */
export function isJwtCaller(caller: Caller): caller is JwtCaller {
  return 'signedInBy' in caller && caller.signedInBy === 'identity-provider';
}
