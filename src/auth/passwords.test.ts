import { parseOptions } from '@node-rs/argon2';
import { describe, expect, it, vi } from 'vitest';
import { faultOfPassword, Passwords, passwordSchema } from './passwords.js';

const passwords = new Passwords();

describe('a password hash', () => {
  it('is argon2id at the recommended cost, with a salt of its own', async () => {
    const [one, other] = await Promise.all([passwords.hash('correct horse'), passwords.hash('correct horse')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(parseOptions(one)).toMatchObject({
      memoryCost: 19_456,
      timeCost: 2,
      parallelism: 1,
      outputLen: 32,
      saltLen: 16,
    });
    expect(one).not.toBe(other);
  });

  it('is verified by its password, and by no other', async () => {
    const hash = await passwords.hash('correct horse');
    expect(await passwords.verify(hash, 'correct horse')).toBe(true);
    expect(await passwords.verify(hash, 'correct horsf')).toBe(false);
    expect(await passwords.verify(hash, '')).toBe(false);
  });

  it('is the same password however its accents are composed', async () => {
    const hash = await passwords.hash('caf\u00e9 au lait');
    expect(await passwords.verify(hash, 'cafe\u0301 au lait')).toBe(true);
  });
});

describe('verifying nothing', () => {
  it('verifies against a hash of the same cost, which no password fits', async () => {
    const verify = vi.spyOn(passwords, 'verify');
    await passwords.verifyNothing('correct horse');
    const decoy = verify.mock.calls[0]?.[0] as string;
    expect(parseOptions(decoy)).toEqual(parseOptions(await passwords.hash('correct horse')));
    expect(await verify.mock.results[0]?.value).toBe(false);
  });
});

describe('the queue', () => {
  it('takes two at once and fifty waiting, and refuses more until there is room', async () => {
    const busy = new Passwords();
    const taken = Array.from({ length: 52 }, () => busy.verifyNothing('correct horse'));
    await Promise.resolve();
    await expect(busy.verifyNothing('correct horse')).rejects.toMatchObject({ code: 'overloaded' });
    await Promise.all(taken);
    await busy.verifyNothing('correct horse');
  });
});

describe('the rule for new passwords', () => {
  it.each(['12345678', 'a'.repeat(1024), '🗝'.repeat(8), '🗝'.repeat(1024), 'with spaces in it', 'pass:word:'])(
    'takes %j',
    (password) => {
      expect(faultOfPassword(password)).toBeUndefined();
      expect(passwordSchema.safeParse(password).success).toBe(true);
    },
  );

  it.each([
    ['1234567', 'must have at least 8 characters'],
    ['🗝🗝🗝🗝', 'must have at least 8 characters'],
    ['', 'must have at least 8 characters'],
    ['a'.repeat(1025), 'must have at most 1024 characters'],
    ['🗝'.repeat(1025), 'must have at most 1024 characters'],
    ['lone \ud800 surrogate', 'must be well-formed Unicode'],
    ['with a \0 in it', 'must not contain control characters'],
    ['with a \n in it', 'must not contain control characters'],
  ])('refuses %j: %s', (password, message) => {
    expect(faultOfPassword(password)).toBe(message);
    expect(passwordSchema.safeParse(password).error?.issues[0]?.message).toBe(message);
  });
});
