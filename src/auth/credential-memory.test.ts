import { beforeEach, describe, expect, it, vi } from 'vitest';
import { InMemoryAccounts, InMemoryCredentials } from '../../test/support/in-memory-accounts.js';
import type { SubjectRef } from '../core/model.js';
import type { SignInOrigin } from '../core/ports/sign-in-attempts.js';
import { CredentialMemory } from './credential-memory.js';
import { PasswordSignIn } from './password-sign-in.js';
import type { Passwords } from './passwords.js';
import { InMemorySignInAttempts } from '../../test/support/in-memory-sign-in-attempts.js';

let accounts: InMemoryAccounts;
let credentials: InMemoryCredentials;
let memory: CredentialMemory;
let attempts: InMemorySignInAttempts;
const verify = vi.fn<(hash: string, password: string) => Promise<boolean>>();
const verifyNothing = vi.fn<() => Promise<void>>();

beforeEach(() => {
  accounts = new InMemoryAccounts();
  accounts.add('alice', 'secret one');
  credentials = new InMemoryCredentials(accounts);
  verify.mockReset().mockImplementation(async (hash, password) => hash === password);
  verifyNothing.mockReset().mockResolvedValue();
  const passwords = { verify, verifyNothing, requireRoom: () => {}, isOutdated: () => false } as unknown as Passwords;
  attempts = new InMemorySignInAttempts();
  memory = new CredentialMemory(credentials, new PasswordSignIn(credentials, passwords, attempts));
});

const originAt = (network: string): SignInOrigin => ({ address: network, network, way: 'basic', requestId: 'r' });

function authenticate(username: string, password: string, network = '192.0.2.1'): Promise<SubjectRef | null> {
  return memory.authenticate(username, password, originAt(network));
}

/** Holds the next verification until the answer is let go. */
function holdVerification(): { letGo: () => void } {
  const { promise, resolve } = deferred();
  verify.mockImplementationOnce(async (hash, password) => {
    await promise;
    return hash === password;
  });
  return { letGo: resolve };
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

const settled = () => new Promise((done) => setImmediate(done));

describe('the memory of credentials', () => {
  it('has requests that come together share one verification', async () => {
    const asked = Array.from({ length: 20 }, () => authenticate('alice', 'secret one'));
    expect((await Promise.all(asked)).every((subject) => subject?.id === 'alice')).toBe(true);
    expect(verify).toHaveBeenCalledTimes(1);
  });

  it('answers no other network by what is known from one: tries from there are counted there', async () => {
    await authenticate('alice', 'secret one', '192.0.2.1');
    expect(await memory.recall('alice', 'secret one', '192.0.2.1')).toMatchObject({ id: 'alice' });
    expect(await memory.recall('alice', 'secret one', '198.51.100.9')).toBeNull();
    await authenticate('alice', 'secret one', '198.51.100.9');
    expect(verify).toHaveBeenCalledTimes(2);
    expect(await memory.recall('alice', 'secret one', '198.51.100.9')).toMatchObject({ id: 'alice' });
  });

  it('has the database asked on every use', async () => {
    for (let use = 1; use <= 3; use++) {
      await authenticate('alice', 'secret one');
      expect(credentials.checks).toBe(use);
    }
    expect(verify).toHaveBeenCalledTimes(1);
  });

  it('forgets after a minute, however often it was used', async () => {
    let now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    for (let second = 0; second < 120; second += 10) {
      await authenticate('alice', 'secret one');
      now += 10_000;
      // The memory reads the clock once a millisecond at most.
      await new Promise((done) => setTimeout(done, 3));
    }
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it('remembers no refusal', async () => {
    expect(await authenticate('alice', 'secret two')).toBeNull();
    accounts.change('alice', { passwordHash: 'secret two' });
    expect(await authenticate('alice', 'secret two')).toMatchObject({ id: 'alice' });
  });

  it('keeps a name and a password apart, wherever one ends', async () => {
    accounts.add('al', 'icesecret');
    expect(await authenticate('al', 'icesecret')).toMatchObject({ id: 'al' });
    expect(await authenticate('alice', 'secret')).toBeNull();
    accounts.add('1', '3:abc');
    expect(await authenticate('1', '3:abc')).toMatchObject({ id: '1' });
    expect(await authenticate('13:', 'abc')).toBeNull();
  });

  it('does not take a lone surrogate for the character that stands in for it', async () => {
    accounts.add('a\ufffd', 'secret one');
    expect(await authenticate('a\ufffd', 'secret one')).not.toBeNull();
    expect(await authenticate('a\ud800', 'secret one')).toBeNull();
  });

  it('lets nobody in by a verification that began before the password was changed', async () => {
    const { letGo } = holdVerification();
    const before = authenticate('alice', 'secret one');
    await settled();
    accounts.change('alice', { passwordHash: 'secret two' });
    const after = authenticate('alice', 'secret one');
    letGo();
    expect(await Promise.all([before, after])).toEqual([null, null]);
  });

  it('refuses nobody by a verification that began before the password became theirs', async () => {
    const { letGo } = holdVerification();
    const before = authenticate('alice', 'secret two');
    await settled();
    accounts.change('alice', { passwordHash: 'secret two' });
    const after = [authenticate('alice', 'secret two'), authenticate('alice', 'secret two')];
    letGo();
    expect(await before).toBeNull();
    expect((await Promise.all(after)).map((subject) => subject?.id)).toEqual(['alice', 'alice']);
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it('takes a password again that was changed and changed back', async () => {
    await authenticate('alice', 'secret one');
    accounts.change('alice', { passwordHash: 'secret two' });
    accounts.change('alice', { passwordHash: 'secret one' });
    expect(await authenticate('alice', 'secret one')).toMatchObject({ id: 'alice' });
    expect(await authenticate('alice', 'secret one')).toMatchObject({ id: 'alice' });
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it('verifies again after a verification that failed with an error', async () => {
    verify.mockRejectedValueOnce(new Error('out of memory'));
    await expect(authenticate('alice', 'secret one')).rejects.toThrow('out of memory');
    expect(await authenticate('alice', 'secret one')).toMatchObject({ id: 'alice' });
  });

  it('passes on that the database is away, and keeps what it remembers', async () => {
    await authenticate('alice', 'secret one');
    vi.spyOn(credentials, 'standing').mockRejectedValueOnce(new Error('away'));
    await expect(authenticate('alice', 'secret one')).rejects.toThrow('away');
    await authenticate('alice', 'secret one');
    expect(verify).toHaveBeenCalledTimes(1);
  });

  it('asks nobody whether what it remembers may be tried again', async () => {
    await authenticate('alice', 'secret one');
    attempts.failures = 0;
    expect(await authenticate('alice', 'secret one')).toMatchObject({ id: 'alice' });
    expect(attempts.told).toEqual([['succeeded', 'alice', 'basic']]);
    await expect(authenticate('alice', 'secret two')).rejects.toMatchObject({ code: 'too_many_attempts' });
  });

  it('verifies nothing of what may not be tried any more', async () => {
    attempts.failures = 3;
    const guesses = Array.from({ length: 20 }, (_, n) => authenticate('alice', `guess ${n}`).catch(() => 'refused'));
    expect((await Promise.all(guesses)).filter((answer) => answer === null)).toHaveLength(3);
    expect(verify).toHaveBeenCalledTimes(3);
  });

  it('shares a verification only within a network: from another one, it may be one too many', async () => {
    attempts.failures = 1;
    await authenticate('alice', 'wrong', '192.0.2.1');
    const { letGo } = holdVerification();
    const other = authenticate('alice', 'secret one', '192.0.2.2');
    await settled();
    await expect(authenticate('alice', 'secret one', '192.0.2.1')).rejects.toMatchObject({ code: 'too_many_attempts' });
    letGo();
    expect(await other).toMatchObject({ id: 'alice' });
  });
});
