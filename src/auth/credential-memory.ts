import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { SubjectRef } from '../core/model.js';
import { Credentials, type CredentialStamp } from '../core/ports/credentials.js';
import { PasswordSignIn } from './password-sign-in.js';

const REMEMBERED_FOR_MS = 60_000;
const REMEMBERED_AT_MOST = 10_000;

/**
 * Spares a request the argon2 verification when the same credential was verified less than a minute ago.
 * What is remembered is only ever a stamp, asked of the database again on every use: a new password, a deactivation
 * or a deletion counts from the very next request.
 */
@Injectable()
export class CredentialMemory {
  readonly #key = createSecretKey(randomBytes(32));
  readonly #stamps = new LRUCache<string, CredentialStamp>({ max: REMEMBERED_AT_MOST, ttl: REMEMBERED_FOR_MS });
  readonly #verifying = new Map<string, Promise<CredentialStamp | null>>();

  constructor(
    private readonly credentials: Credentials,
    private readonly signIn: PasswordSignIn,
  ) {}

  /**
   * The active subject with this username and password, as of now; null when there is none.
   *
   * @throws CastellanError `overloaded`, `database_unavailable`.
   */
  async authenticate(username: string, password: string): Promise<SubjectRef | null> {
    const key = this.#keyOf(username, password);
    const remembered = this.#stamps.get(key);
    if (remembered) {
      const subject = await this.credentials.standing(remembered);
      if (subject) return subject;
      if (this.#stamps.peek(key) === remembered) this.#stamps.delete(key);
    }
    const stamp = await this.#verifyShared(key, username, password);
    // The verification may have begun before this request, and before a change that this request must see.
    return stamp && this.credentials.standing(stamp);
  }

  async #verifyShared(key: string, username: string, password: string): Promise<CredentialStamp | null> {
    const running = this.#verifying.get(key);
    if (running) {
      const stamp = await running;
      if (stamp) return stamp;
    }
    // A refusal that was under way before this request came may be of an older password: the next one, shared again, is not.
    return this.#verifying.get(key) ?? this.#verify(key, username, password);
  }

  #verify(key: string, username: string, password: string): Promise<CredentialStamp | null> {
    const verifying = this.signIn
      .verify(username, password)
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

  // The length keeps (ab, c) and (a, bc) apart, and UTF-16 keeps a lone surrogate from passing for U+FFFD.
  // The key, made anew by each process, keeps a memory dump from being tried offline.
  #keyOf(username: string, password: string): string {
    const credential = `${username.length}:${username}${password}`;
    return createHmac('sha256', this.#key).update(credential, 'utf16le').digest('binary');
  }
}
