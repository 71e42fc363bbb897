import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { SubjectRef } from '../core/model.js';
import { Credentials, type CredentialStamp } from '../core/ports/credentials.js';
import type { SignInOrigin } from '../core/ports/sign-in-attempts.js';
import { KeyedHash } from './keyed-hash.js';
import { PasswordSignIn } from './password-sign-in.js';

const REMEMBERED_FOR_MS = 60_000;
const REMEMBERED_AT_MOST = 10_000;

interface TriedCredential {
  readonly username: string;
  readonly password: string;
  readonly origin: SignInOrigin;
}

/**
 * Spares a request the argon2 verification when the same credential was verified less than a minute ago.
 * What is remembered is only ever a stamp, asked of the database again on every use: a new password, a deactivation
 * or a deletion counts from the very next request.
 */
@Injectable()
export class CredentialMemory {
  // Made anew by each process, the key keeps a memory dump from being tried offline.
  readonly #hash = new KeyedHash();
  readonly #stamps = new LRUCache<string, CredentialStamp>({ max: REMEMBERED_AT_MOST, ttl: REMEMBERED_FOR_MS });
  readonly #verifying = new Map<string, Promise<CredentialStamp | null>>();

  constructor(
    private readonly credentials: Credentials,
    private readonly signIn: PasswordSignIn,
  ) {}

  /**
   * The active subject with this username and password, as of now; null when there is none.
   *
   * @throws CastellanError `too_many_attempts`, `overloaded`, `database_unavailable`.
   */
  async authenticate(username: string, password: string, origin: SignInOrigin): Promise<SubjectRef | null> {
    return (await this.recall(username, password, origin.network)) ?? this.#verified(username, password, origin);
  }

  /**
   * The same without verifying: null also when the credential is not remembered of that network, or no longer stands. Another one's tries are
   * counted there, and are not answered by what is known from here.
   *
   * @throws CastellanError `database_unavailable`.
   */
  async recall(username: string, password: string, network: string): Promise<SubjectRef | null> {
    const key = this.#keyOf(username, password, network);
    const stamp = this.#stamps.get(key);
    if (!stamp) return null;
    const subject = await this.credentials.standing(stamp);
    if (!subject && this.#stamps.peek(key) === stamp) this.#stamps.delete(key);
    return subject;
  }

  async #verified(username: string, password: string, origin: SignInOrigin): Promise<SubjectRef | null> {
    const stamp = await this.#verifyShared({ username, password, origin });
    // The verification may have begun before this request, and before a change that this request must see.
    return stamp && this.credentials.standing(stamp);
  }

  async #verifyShared(tried: TriedCredential): Promise<CredentialStamp | null> {
    // Only within a network: whether there may be another try is another question for each.
    const key = this.#keyOf(tried.username, tried.password, tried.origin.network);
    const running = this.#verifying.get(key);
    if (running) {
      const stamp = await running;
      if (stamp) return stamp;
    }
    // A refusal that was under way before this request came may be of an older password: the next one, shared again, is not.
    return this.#verifying.get(key) ?? this.#verify(key, tried);
  }

  #verify(key: string, { username, password, origin }: TriedCredential): Promise<CredentialStamp | null> {
    const verifying = this.signIn
      .verify(username, password, origin)
      .then((credential) => {
        if (!credential) return null;
        const stamp = { subjectKey: credential.subjectKey, version: credential.version };
        this.#stamps.set(key, stamp);
        return stamp;
      })
      .finally(() => this.#verifying.delete(key));
    this.#verifying.set(key, verifying);
    return verifying;
  }

  // The lengths keep (ab, c) and (a, bc) apart.
  #keyOf(username: string, password: string, network: string): string {
    return this.#hash.of(`${network.length}:${network}${username.length}:${username}${password}`);
  }
}
