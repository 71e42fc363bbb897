import type { IdentityProviderOptions } from './identity-provider/provider-options.js';

/** What the sign-in has to know about its surroundings. */
export interface AuthOptions {
  /** Where browsers reach the service; without it, the Host of each request counts as the service's own. */
  readonly publicUrl?: URL | undefined;
  /** Whose JWTs sign users in; nobody's without it. */
  readonly identityProvider?: IdentityProviderOptions | undefined;
  /** Is told what went wrong where no request is to be failed by it. */
  readonly report?: (error: unknown, what: string) => void;
}

/** The injection token of `AuthOptions`. */
export const AUTH_OPTIONS = Symbol('castellan:auth-options');
