import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'castellan_';
const RANDOM_BYTES = 32;
const CHECKSUM_BYTES = 4;
// 36 bytes: no bit of the last character is left over, so that a token has one spelling.
const FORM = /^castellan_[\w-]{48}$/;

/** A token as it is told once, and what is kept of it. */
export interface TokenSecret {
  readonly token: string;
  readonly hash: string;
}

/**
 * A token that nobody can guess: 256 random bits and a checksum of them, in base64url behind a prefix. Prefix and checksum let a scanner find
 * those that were committed or logged by mistake.
 */
export function newTokenSecret(): TokenSecret {
  const random = randomBytes(RANDOM_BYTES);
  const checksum = Buffer.alloc(CHECKSUM_BYTES);
  checksum.writeUInt32BE(crc32(random));
  const token = `${PREFIX}${Buffer.concat([random, checksum]).toString('base64url')}`;
  return { token, hash: digest(token) };
}

/** What a token is looked up by; null for a text that can't be one. */
export function hashOfToken(text: string): string | null {
  if (!FORM.test(text)) return null;
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
  if (crc32(bytes.subarray(0, RANDOM_BYTES)) !== bytes.readUInt32BE(RANDOM_BYTES)) return null;
  return digest(text);
}

// Unlike a password, what is random can't be tried offline: it takes neither salt nor time.
function digest(token: string): string {
  return hash('sha256', token, 'base64url');
}
