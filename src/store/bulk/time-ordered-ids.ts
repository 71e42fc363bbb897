import { randomBytes } from 'node:crypto';

/** The size of an id, in bytes. */
export const ID_BYTES = 16;

const AT_ONCE = 0x4000;
const RANDOM_BYTES = 6;
let lastMs = 0;

/**
 * Ids of the form that time orders (UUID version 7), in the order in which they are asked for.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-5.7
 */
export class TimeOrderedIds {
  readonly #prefix = Buffer.alloc(8);
  #random: Buffer = this.#prefix;
  #next = 0;

  /** Writes the next id's bytes there. */
  write(into: Buffer, at: number): void {
    // 14 bits of the counter follow the 12 of the prefix; the 48 that are left are random.
    const low = this.#next % AT_ONCE;
    if (low === 0) this.#renew();
    this.#next += 1;
    const prefix = this.#prefix;
    for (let n = 0; n < 8; n += 1) into[at + n] = prefix[n] ?? 0;
    into[at + 8] = 0x80 | (low >> 8);
    into[at + 9] = low & 0xff;
    const random = this.#random;
    const from = low * RANDOM_BYTES;
    for (let n = 0; n < RANDOM_BYTES; n += 1) into[at + 10 + n] = random[from + n] ?? 0;
  }

  /** The next id, as it is written. */
  next(): string {
    const bytes = Buffer.alloc(ID_BYTES);
    this.write(bytes, 0);
    const hex = bytes.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  #renew(): void {
    lastMs = Math.max(lastMs + 1, Date.now());
    this.#prefix.writeUIntBE(lastMs, 0, 6);
    this.#prefix.writeUInt16BE(0x7000 | (randomBytes(2).readUInt16BE() & 0xfff), 6);
    this.#random = randomBytes(AT_ONCE * RANDOM_BYTES);
  }
}
