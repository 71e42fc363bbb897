import { describe, expect, it } from 'vitest';
import { ANONYMOUS_CALLER } from '../core/caller.js';
import { callerNamed, subjectInRequestUser } from './authz-subject.js';

const callerOf = (user: unknown) => callerNamed(subjectInRequestUser({ user }));
const signedIn = (type: string, id: string) => ({ subject: { type, id }, signedIn: true });

describe('the subject of a request', () => {
  it.each([
    ['user:alice', signedIn('user', 'alice')],
    ['service:billing:eu', signedIn('service', 'billing:eu')],
    [{ type: 'service', id: 'billing' }, signedIn('service', 'billing')],
    [{ id: 'alice' }, signedIn('user', 'alice')],
    [{ id: 7 }, signedIn('user', '7')],
    [{ id: 0 }, signedIn('user', '0')],
    [{ id: 12345678901234567890n }, signedIn('user', '12345678901234567890')],
    [{ sub: 'alice', username: 'al' }, signedIn('user', 'alice')],
    [{ username: 'alice', email: 'alice@example.com' }, signedIn('user', 'alice')],
    [{ id: null, username: 'alice' }, signedIn('user', 'alice')],
    [{ id: 'alice', type: null }, signedIn('user', 'alice')],
  ])('is read from the user %o', (user, caller) => {
    expect(callerOf(user)).toEqual(caller);
  });

  it.each([[undefined], [null], [{ type: 'anonymous', id: 'anonymous' }]])('is nobody where the user is %o', (user) => {
    expect(callerOf(user)).toEqual(ANONYMOUS_CALLER);
  });

  it.each([
    ['alice'],
    [''],
    [':'],
    ['user:'],
    [true],
    [7],
    [{}],
    [{ id: '' }],
    [{ id: {} }],
    [{ id: ['alice'] }],
    [{ id: 1.5 }],
    [{ id: Number.NaN }],
    [{ id: true }],
    [{ id: 'al\u0000ice' }],
    [{ id: 'x'.repeat(257) }],
    [{ type: 'a:b', id: 'alice' }],
    [{ type: 7, id: 'alice' }],
    [{ type: 'admin', sub: 'alice' }],
    [{ name: 'alice' }],
    [['user:alice']],
  ])('is neither nobody nor somebody where the user is %o', (user) => {
    expect(() => callerOf(user)).toThrow(TypeError);
  });

  it('is not told when it can not be read', () => {
    expect(() => callerOf('a secret token')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret') }),
    );
  });
});
