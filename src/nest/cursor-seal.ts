import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { CastellanError } from '../core/errors.js';

const NONCE = 12;
const TAG = 16;
// A position's length would tell how far into everyone's rows the caller has come.
const PADDED = 64;

/**
 * Makes cursors that say nothing and fit only the list they came from: the position in it is encrypted,
 * and bound to the caller and the query.
 */
export class CursorSeal {
  readonly #key: Buffer;

  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'castellan cursor', 32));
  }

  /** The cursor for a position in the list that the context names; null for the end of the list. */
  seal(position: string | null, context: string): string | null {
    if (position === null) return null;
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    cipher.setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(position.padEnd(PADDED)), cipher.final()]);
    return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url');
  }

  /** The position that the cursor holds. @throws CastellanError `invalid_cursor` when it was not made for this list. */
  open(cursor: string, context: string): string {
    try {
      const bytes = Buffer.from(cursor, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE), { authTagLength: TAG });
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(bytes.subarray(-TAG));
      const position = Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]);
      return position.toString().trimEnd();
    } catch {
      throw new CastellanError(
        'invalid_cursor',
        'cursor: take it from the "next" of the page before, and leave the rest of the query as it was.',
        [{ path: 'cursor', message: 'is not one of this list' }],
      );
    }
  }
}
