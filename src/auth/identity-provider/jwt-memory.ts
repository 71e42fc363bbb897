import { LRUCache } from 'lru-cache';
import { KeyedHash } from '../keyed-hash.js';
import type { VerifiedJwt } from './jwt-verifier.js';

const REMEMBERED_AT_MOST = 10_000;

/**
 * Spares a request the verification of a token that was verified before: until it ends, and as long as the same keys count. Whether its user
 * still stands is not remembered. Tokens themselves are not kept, but hashes of them under a key of this process.
 */
export class JwtMemory {
  readonly #hash = new KeyedHash();
  readonly #verified = new LRUCache<string, VerifiedJwt>({ max: REMEMBERED_AT_MOST });

  /** @param keys which keys count now */
  recall(token: string, keys: string): VerifiedJwt | null {
    const verified = this.#verified.get(this.#hash.of(token));
    return verified?.keys === keys && Date.now() / 1000 < verified.endsAt ? verified : null;
  }

  remember(token: string, verified: VerifiedJwt): void {
    this.#verified.set(this.#hash.of(token), verified);
  }
}
