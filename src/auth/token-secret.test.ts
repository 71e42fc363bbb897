import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashOfToken, newTokenSecret } from './token-secret.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

describe('a new token', () => {
  it('is found by its prefix, its form and its checksum, and looked up by its SHA-256', () => {
    for (let round = 0; round < 100; round += 1) {
      const { token, hash } = newTokenSecret();
      expect(token).toMatch(/^castellan_[A-Za-z0-9_-]{48}$/);
      expect(hashOfToken(token)).toBe(hash);
      expect(hash).toBe(createHash('sha256').update(token).digest('base64url'));
    }
  });

  it('is another one each time', () => {
    expect(new Set(Array.from({ length: 1000 }, () => newTokenSecret().token)).size).toBe(1000);
  });
});

describe('a text that is no token', () => {
  it('is one in which any single character has been mistaken', () => {
    const { token } = newTokenSecret();
    for (let at = 'castellan_'.length; at < token.length; at += 1) {
      for (const other of ALPHABET) {
        if (other === token[at]) continue;
        expect(hashOfToken(token.slice(0, at) + other + token.slice(at + 1))).toBeNull();
      }
    }
  });

  it.each<[what: string, spell: (token: string) => string]>([
    ['nothing', () => ''],
    ['longer', (token) => `${token}A`],
    ['padded', (token) => `${token}=`],
    ['on two lines', (token) => `${token}\n`],
    ['shorter', (token) => token.slice(0, -1)],
    ['in base64', () => `castellan_${'+/'.repeat(24)}`],
    ['of another prefix', (token) => token.replace('castellan', 'Castellan')],
    ['without its prefix', (token) => token.slice('castellan_'.length)],
    ['all zero but for the checksum', () => `castellan_${'A'.repeat(48)}`],
    ['of many characters', (token) => token.repeat(1000)],
  ])('is %s', (_, spell) => {
    expect(hashOfToken(spell(newTokenSecret().token))).toBeNull();
  });
});
