import { CastellanError } from '../../src/core/errors.js';
import type { SubjectRef } from '../../src/core/model.js';
import { SignInAttempts, type SignInAttempt, type SignInOrigin } from '../../src/core/ports/sign-in-attempts.js';

/** The port in memory: it counts by name and network, and tells what it was told. */
export class InMemorySignInAttempts extends SignInAttempts {
  readonly told: [what: 'failed' | 'succeeded' | 'abandoned', username: string, way: string][] = [];
  readonly origins: SignInOrigin[] = [];
  failures = 10;
  readonly #counts = new Map<string, number>();

  override async begin(username: string, origin: SignInOrigin): Promise<SignInAttempt> {
    const key = JSON.stringify([username, origin.network]);
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.failures) {
      throw new CastellanError('too_many_attempts', 'Too many passwords have been tried.', [], { retryAfter: 42 });
    }
    this.#counts.set(key, count + 1);
    this.origins.push(origin);
    return { username, origin, counts: [{ key, since: '' }] };
  }

  override async failed({ username, origin }: SignInAttempt): Promise<void> {
    this.told.push(['failed', username, origin.way]);
  }

  override async succeeded(attempt: SignInAttempt, _key: number, _subject: SubjectRef): Promise<void> {
    this.told.push(['succeeded', attempt.username, attempt.origin.way]);
    this.#giveBack(attempt);
  }

  override async abandoned(attempt: SignInAttempt): Promise<void> {
    this.told.push(['abandoned', attempt.username, attempt.origin.way]);
    this.#giveBack(attempt);
  }

  #giveBack({ counts }: SignInAttempt): void {
    for (const { key } of counts) this.#counts.set(key, (this.#counts.get(key) ?? 1) - 1);
  }
}
