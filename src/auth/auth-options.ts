/** What the sign-in has to know about its surroundings. */
export interface AuthOptions {
  /** Where browsers reach the service; without it, the Host of each request counts as the service's own. */
  readonly publicUrl?: URL | undefined;
}

/** The injection token of `AuthOptions`. */
export const AUTH_OPTIONS = Symbol('castellan:auth-options');
