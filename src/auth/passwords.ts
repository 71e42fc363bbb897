import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import { CastellanError } from '../core/errors.js';

// Argon2id is the package's own default; its enum is `const`, out of reach for isolated modules.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;

const AT_ONCE = 2;
const QUEUE = 50;

/** How many passwords are worked on, wait, and were refused. */
export interface PasswordWork {
  readonly running: number;
  readonly waiting: number;
  readonly refused: number;
}

/**
 * Hashes and verifies passwords by argon2id, on threads of their own: two at once, fifty waiting, no more.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 */
@Injectable()
export class Passwords {
  readonly #limit = pLimit(AT_ONCE);
  #refused = 0;
  readonly #decoy = decoyHash();

  /** The password's hash, in PHC form. @throws CastellanError `overloaded`. */
  async hash(password: string): Promise<string> {
    return this.#queued(() => hash(canonical(password), COST));
  }

  /** Whether the hash is the password's. @throws CastellanError `overloaded`. */
  async verify(passwordHash: string, password: string): Promise<boolean> {
    return this.#queued(() => verify(passwordHash, canonical(password)));
  }

  /** Whether the hash is weaker than one that would be made today. */
  isOutdated(passwordHash: string): boolean {
    const [, algorithm, memory, time] = /^\$(argon2\w+)\$v=\d+\$m=(\d+),t=(\d+),p=\d+\$/.exec(passwordHash) ?? [];
    if (algorithm === undefined) return false;
    return algorithm !== 'argon2id' || Number(memory) < COST.memoryCost || Number(time) < COST.timeCost;
  }

  /** Makes sure that a password could be verified now. @throws CastellanError `overloaded`. */
  requireRoom(): void {
    if (this.#limit.pendingCount >= QUEUE) {
      this.#refused += 1;
      throw new CastellanError('overloaded', 'Too many passwords are being checked; try again shortly.');
    }
  }

  /** How much there is to do, and how much was refused since the start. */
  get work(): PasswordWork {
    return { running: this.#limit.activeCount, waiting: this.#limit.pendingCount, refused: this.#refused };
  }

  /** Takes as long as `verify`, for a name that has no password. @throws CastellanError `overloaded`. */
  async verifyNothing(password: string): Promise<void> {
    await this.verify(this.#decoy, password);
  }

  async #queued<Result>(work: () => Promise<Result>): Promise<Result> {
    this.requireRoom();
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
