import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import { z } from 'zod';
import { CastellanError } from '../core/errors.js';

/** The shortest and the longest password, in Unicode code points. @see https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver */
export const PASSWORD_LENGTH = { min: 8, max: 1024 } as const;

// RFC 7617 lets no control character into Basic, so a password with one could sign in by one way only.
// oxlint-disable-next-line no-control-regex -- finding control characters is the point
const CONTROL = /[\u0000-\u001f\u007f]/;

/** What is wrong with a password that is to be set, in words that follow its name; undefined when it is fine. */
export function faultOfPassword(password: string): string | undefined {
  const { min, max } = PASSWORD_LENGTH;
  if (password.length > 2 * max) return `must have at most ${max} characters`;
  const length = [...password].length;
  if (length < min) return `must have at least ${min} characters`;
  if (length > max) return `must have at most ${max} characters`;
  if (!password.isWellFormed()) return 'must be well-formed Unicode';
  if (CONTROL.test(password)) return 'must not contain control characters';
  return undefined;
}

/** A password that is to be set, as part of a request's schema. */
export const passwordSchema = z.string().superRefine((password, context) => {
  const message = faultOfPassword(password);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

// Argon2id is the package's own default; its enum is `const`, out of reach for isolated modules.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;

const AT_ONCE = 2;
const QUEUE = 50;

/**
 * Hashes and verifies passwords by argon2id, on threads of their own: two at once, fifty waiting, no more.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 */
@Injectable()
export class Passwords {
  readonly #limit = pLimit(AT_ONCE);
  readonly #decoy = decoyHash();

  /** The password's hash, in PHC form. @throws CastellanError `overloaded`. */
  async hash(password: string): Promise<string> {
    return this.#queued(() => hash(canonical(password), COST));
  }

  /** Whether the hash is the password's. @throws CastellanError `overloaded`. */
  async verify(passwordHash: string, password: string): Promise<boolean> {
    return this.#queued(() => verify(passwordHash, canonical(password)));
  }

  /** Takes as long as `verify`, for a name that has no password. @throws CastellanError `overloaded`. */
  async verifyNothing(password: string): Promise<void> {
    await this.verify(this.#decoy, password);
  }

  async #queued<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#limit.pendingCount >= QUEUE) {
      throw new CastellanError('overloaded', 'Too many passwords are being checked; try again shortly.');
    }
    return this.#limit(work);
  }
}

// One password, one hash, however a keyboard composes its accents (RFC 8265, OpaqueString).
function canonical(password: string): string {
  return password.normalize('NFC');
}

// No password leads to a random digest, so it need not be computed; verifying against it costs what any other does.
function decoyHash(): string {
  const { memoryCost, timeCost, parallelism, outputLen } = COST;
  const part = (bytes: number) => randomBytes(bytes).toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${part(16)}$${part(outputLen)}`;
}
