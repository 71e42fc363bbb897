import { errors, jwtVerify, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { isBuiltInGroup } from '../../core/built-ins.js';
import { faultOfId } from '../../core/identifiers.js';
import type { ProviderSaying, SaidGroups } from '../../core/ports/provider-users.js';
import { readUnverified, type UnverifiedJwt } from './jwt-form.js';
import type { ProviderKeys } from './provider-keys.js';
import type { IdentityProviderOptions, SignatureAlgorithm } from './provider-options.js';

/** How far the clocks of the provider and of this machine may be apart, in seconds. */
const TOLERANCE = 5;
const MOST_GROUPS = 1000;
const TYPES: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'at+jwt', 'application/jwt', 'application/at+jwt']);

/** What a token says whose signature and claims hold. */
export interface VerifiedJwt {
  readonly saying: ProviderSaying;
  /** From when on it counts no more, in seconds since 1970. */
  readonly endsAt: number;
  /** Which keys counted when it was verified. */
  readonly keys: string;
}

/**
 * Verifies the tokens of one identity provider.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7519, https://www.rfc-editor.org/rfc/rfc8725
 */
export class JwtVerifier {
  constructor(
    private readonly options: IdentityProviderOptions,
    private readonly keys: ProviderKeys,
  ) {}

  /**
   * What the token says; null for one that is not the provider's, not for this service, or not of this time.
   *
   * @throws CastellanError `identity_provider_unavailable`.
   */
  async verify(token: string): Promise<VerifiedJwt | null> {
    const unverified = readUnverified(token);
    // Before a key is looked for: what can't be right asks nobody.
    if (!unverified || !this.#couldBeRight(unverified)) return null;
    const found = await this.keys.find(unverified.header as unknown as JWTHeaderParameters);
    if (!found) return null;
    const { issuer, audience, algorithms, subjectClaim } = this.options;
    try {
      const { payload } = await jwtVerify(token, found.key, {
        issuer,
        audience,
        algorithms: [...algorithms],
        clockTolerance: TOLERANCE,
        requiredClaims: ['exp', subjectClaim],
      });
      return this.#read(payload, found.keys);
    } catch (error) {
      // A key that does not fit the algorithm is a TypeError.
      if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
      throw error;
    }
  }

  #couldBeRight({ header, claims }: UnverifiedJwt): boolean {
    const { alg, typ, kid } = header;
    const type = typeof typ === 'string' ? typ.toLowerCase() : typ;
    return (
      this.options.algorithms.includes(alg as SignatureAlgorithm) &&
      TYPES.has(type) &&
      (kid === undefined || typeof kid === 'string') &&
      // Extensions that must be understood: there are none that we do.
      !Object.hasOwn(header, 'crit') &&
      claims['iss'] === this.options.issuer
    );
  }

  #read(claims: JWTPayload, keys: string): VerifiedJwt | null {
    const { exp, iat } = claims;
    const user = claims[this.options.subjectClaim];
    if (typeof user !== 'string' || faultOfId(user) !== undefined || typeof exp !== 'number') return null;
    if (iat !== undefined && !(iat <= Date.now() / 1000 + TOLERANCE && iat <= exp)) return null;
    const groups = this.#groupsOf(claims);
    return groups === null ? null : { saying: { user, groups }, endsAt: exp + TOLERANCE, keys };
  }

  /** Null where what stands in the claim names no groups. A claim that is not there names none: nobody keeps what is not said. */
  #groupsOf(claims: JWTPayload): SaidGroups | undefined | null {
    const { groups } = this.options;
    if (!groups) return undefined;
    const { iat } = claims;
    const claim = Object.hasOwn(claims, groups.claim) ? claims[groups.claim] : [];
    const named: unknown[] = Array.isArray(claim) ? claim : [claim];
    if (iat === undefined || iat < 0 || named.length > MOST_GROUPS) return null;
    if (!named.every((name) => typeof name === 'string')) return null;
    const said = new Set(named);
    const ids = groups.open.filter((id) => said.has(id) && !isBuiltInGroup({ type: 'group', id }));
    return { ids, at: iat };
  }
}
