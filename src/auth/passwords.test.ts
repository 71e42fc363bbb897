import { parseOptions } from '@node-rs/argon2';
import { describe, expect, it, vi } from 'vitest';
import { Passwords } from './passwords.js';

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

describe('a hash of another day', () => {
  const hashOf = (algorithm: string, cost: string): string => `$${algorithm}$v=19$${cost}$c29tZSBzYWx0$ZGlnZXN0`;

  it.each([
    ['argon2id', 'm=19456,t=2,p=1', false],
    ['argon2id', 'm=65536,t=3,p=4', false],
    ['argon2id', 'm=19455,t=2,p=1', true],
    ['argon2id', 'm=19456,t=1,p=1', true],
    ['argon2i', 'm=19456,t=2,p=1', true],
    ['argon2d', 'm=65536,t=3,p=1', true],
  ])('by %s at %s: outdated is %s', (algorithm, cost, outdated) => {
    expect(passwords.isOutdated(hashOf(algorithm, cost))).toBe(outdated);
  });

  it('is not made of a password today', async () => {
    expect(passwords.isOutdated(await passwords.hash('correct horse'))).toBe(false);
  });
});
