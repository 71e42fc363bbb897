import { describe, expect, it } from 'vitest';
import { faultOfLikeness, faultOfPassword, passwordSchema, requireUnlikeUser } from './password-rules.js';

describe('the rule for new passwords', () => {
  it.each([
    'correct horse battery',
    'a'.repeat(1024),
    '🗝'.repeat(8),
    '🗝'.repeat(1024),
    'with spaces in it',
    'pass:word:',
    '1234567890123456x',
  ])('takes %j', (password) => {
    expect(faultOfPassword(password)).toBeUndefined();
    expect(passwordSchema.safeParse(password).success).toBe(true);
  });

  it.each([
    ['1234567', 'must have at least 8 characters'],
    ['🗝🗝🗝🗝', 'must have at least 8 characters'],
    ['', 'must have at least 8 characters'],
    ['a'.repeat(1025), 'must have at most 1024 characters'],
    ['🗝'.repeat(1025), 'must have at most 1024 characters'],
    ['lone \ud800 surrogate', 'must be well-formed Unicode'],
    ['with a \0 in it', 'must not contain control characters'],
    ['with a \n in it', 'must not contain control characters'],
    ['90246813579', 'must not be all digits'],
    ['٩٠٢٤٦٨١٣٥٧', 'must not be all digits'],
    ['password1', 'must not be one of the most common passwords'],
    ['PassWord123', 'must not be one of the most common passwords'],
    ['  Trustno1  ', 'must not be one of the most common passwords'],
    ['dragon  ', 'must not be one of the most common passwords'],
  ])('refuses %j: %s', (password, message) => {
    expect(faultOfPassword(password)).toBe(message);
    expect(passwordSchema.safeParse(password).error?.issues[0]?.message).toBe(message);
  });
});

describe('a password that is like its user', () => {
  const alice = { id: 'u-815', username: 'alice.liddell', email: 'white.rabbit@wonderland.example' };

  it.each([
    ['alice.liddell', 'username'],
    ['Alice.Liddell!', 'username'],
    ['lleddil.ecila', 'username'],
    ['liddell1865', 'username'],
    ['whiterabbit', 'email'],
    ['tibbarwhite7', 'email'],
    ['Wonderland7', 'email'],
    ['white.rabbit@wonderland.example', 'email'],
  ])('is refused: %s is like the %s', (password, name) => {
    expect(faultOfLikeness(password, alice)).toBe(`must not be like the ${name}`);
  });

  it('is refused for its id, and for a name however its accents are composed', () => {
    expect(faultOfLikeness('employee-4711', { id: 'employee-4712' })).toBe('must not be like the id');
    expect(faultOfLikeness('Zoe\u0308 Mu\u0308ller', { username: 'zo\u00eb m\u00fcller' })).toBe(
      'must not be like the username',
    );
  });

  it.each(['correct horse battery', 'alice in her garden', 'of rabbits and holes'])('is not %j', (password) => {
    expect(faultOfLikeness(password, alice)).toBeUndefined();
  });

  it('is told from one at seven tenths of both', () => {
    // 2 × 7 of 20 characters, and 2 × 7 of 21.
    expect(faultOfLikeness('abcdefgxyz', { username: 'abcdefg123' })).toBe('must not be like the username');
    expect(faultOfLikeness('abcdefgxyz-', { username: 'abcdefg123' })).toBeUndefined();
  });

  it('has nothing to be like where the user has no names', () => {
    expect(faultOfLikeness('whatever it is', { username: undefined, email: null })).toBeUndefined();
    expect(faultOfLikeness('whatever it is', { username: '...' })).toBeUndefined();
  });

  it('is named by its path and told nothing else of', () => {
    let refused: unknown;
    try {
      requireUnlikeUser('newPassword', 'alice.liddell!', alice);
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({
      code: 'invalid_request',
      faults: [{ path: 'newPassword', message: 'must not be like the username' }],
    });
    expect(JSON.stringify(refused)).not.toContain('liddell');
  });
});
