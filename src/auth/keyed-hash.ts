import { hash, randomBytes } from 'node:crypto';

const BLOCK = 64;

/**
 * HMAC-SHA-256 under one key. From two one-shot hashes, as the object that node's own makes for each call costs several
 * times as much, and again when it is collected.
 *
 * @see https://www.rfc-editor.org/rfc/rfc2104
 */
export class KeyedHash {
  readonly #inner: Buffer;
  readonly #outer: Buffer;

  /** The key has 64 bytes at most. */
  constructor(key: Buffer = randomBytes(32)) {
    if (key.length > BLOCK) throw new RangeError(`The key must have at most ${BLOCK} bytes.`);
    const padded = Buffer.alloc(BLOCK);
    key.copy(padded);
    this.#inner = padded.map((byte) => byte ^ 0x36) as Buffer;
    this.#outer = padded.map((byte) => byte ^ 0x5c) as Buffer;
  }

  /** The hash of the text's UTF-16 code units, so that texts differ whenever their strings do; one character a byte. */
  of(text: string): string {
    const inner = hash('sha256', Buffer.concat([this.#inner, Buffer.from(text, 'utf16le')]), 'buffer');
    return hash('sha256', Buffer.concat([this.#outer, inner]), 'binary');
  }
}
