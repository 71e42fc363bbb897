import { operator } from '../../core/caller.js';
import type { SubjectRef } from '../../core/model.js';
import type { ProviderSaying, ProviderUsers } from '../../core/ports/provider-users.js';
import type { Writes } from '../../core/ports/writes.js';
import { JwtMemory } from './jwt-memory.js';
import { JwtVerifier } from './jwt-verifier.js';
import { ProviderKeys } from './provider-keys.js';
import type { IdentityProviderOptions } from './provider-options.js';

/** Signs users in by the tokens of an outside identity provider, and keeps the memberships that it says. It makes no user. */
export class IdentityProvider {
  readonly #keys: ProviderKeys;
  readonly #verifier: JwtVerifier;
  readonly #memory = new JwtMemory();
  readonly #following = new Map<string, Promise<void>>();

  constructor(
    options: IdentityProviderOptions,
    private readonly users: ProviderUsers,
    private readonly writes: Writes,
    report: (error: unknown) => void,
  ) {
    this.#keys = new ProviderKeys(options, report);
    this.#verifier = new JwtVerifier(options, this.#keys);
  }

  /**
   * Whom a token signs in that was verified before, as of now; null where it takes verifying, or its user does not stand.
   *
   * @throws CastellanError `overloaded`, `database_unavailable`.
   */
  async recall(token: string, requestId: string): Promise<SubjectRef | null> {
    const keys = this.#keys.standing();
    const verified = keys === null ? null : this.#memory.recall(token, keys);
    return verified && this.#standing(verified.saying, requestId);
  }

  /** Whom the token signs in. @throws CastellanError as `recall` does, and `identity_provider_unavailable`. */
  async authenticate(token: string, requestId: string): Promise<SubjectRef | null> {
    const verified = await this.#verifier.verify(token);
    if (!verified) return null;
    this.#memory.remember(token, verified);
    return this.#standing(verified.saying, requestId);
  }

  // Asked every time: a deactivation counts with the next request, and so does whatever became of the groups.
  async #standing(saying: ProviderSaying, requestId: string): Promise<SubjectRef | null> {
    const user = await this.users.standing(saying);
    if (!user || !saying.groups || user.groups === 'kept') return user?.subject ?? null;
    // Also what only is newer is noted under the lock: an older token may be about to write.
    await this.#follow(saying, requestId);
    return user.subject;
  }

  // Requests that come together would each write the same.
  async #follow({ user, groups }: ProviderSaying, requestId: string): Promise<void> {
    if (!groups) return;
    const key = JSON.stringify([user, groups]);
    let following = this.#following.get(key);
    if (!following) {
      following = this.writes
        .write(operator('identity-provider', requestId), 'structure', (unit) =>
          unit.providerGroups.follow(user, groups),
        )
        .finally(() => this.#following.delete(key));
      this.#following.set(key, following);
    }
    await following;
  }
}
