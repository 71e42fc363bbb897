import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { KeyedHash } from './keyed-hash.js';

describe('a keyed hash', () => {
  it.each([0, 1, 32, 64])('is HMAC-SHA-256 under a key of %d bytes', (length) => {
    const key = randomBytes(length);
    const keyed = new KeyedHash(key);
    for (const text of ['', 'a', 'zoë 🗝', 'a\ud800', 'x'.repeat(500)]) {
      expect(keyed.of(text)).toBe(createHmac('sha256', key).update(text, 'utf16le').digest('binary'));
    }
  });

  it('takes no key that HMAC would have to shorten', () => {
    expect(() => new KeyedHash(randomBytes(65))).toThrow('at most 64 bytes');
  });

  it('is under a key of its own when none is given', () => {
    expect(new KeyedHash().of('text')).not.toBe(new KeyedHash().of('text'));
  });
});
