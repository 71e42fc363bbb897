import { beforeEach, describe, expect, it } from 'vitest';
import { CastellanError } from '../core/errors.js';
import { World } from './world.js';

const FUTURE = '2101-01-01T00:00:00Z';

let world: World;

beforeEach(() => {
  world = new World()
    .type('folder')
    .type('document', { actions: ['view', 'change', 'publish'] })
    .user('alice', { attributes: { department: 'law' } })
    .user('bob')
    .group('staff', ['user:alice'])
    .object('folder:7')
    .object('document:1', { parent: 'folder:7', attributes: { status: 'draft' } })
    .object('document:2', { attributes: { status: 'final' } });
});

const may = (subject: string, action: string, object: string): boolean => world.decide(subject, action, object).allowed;

/** The code of the refusal, and the place it names. */
function refusal(change: () => unknown): string {
  try {
    change();
  } catch (error) {
    if (error instanceof CastellanError) return [error.code, error.faults[0]?.path].filter(Boolean).join(' ');
    throw error;
  }
  return 'done';
}

describe('what a world refuses', () => {
  const chain = (length: number, make: (n: number) => unknown): void => {
    for (let n = 1; n <= length; n += 1) make(n);
  };

  it.each<[string, (its: World) => unknown, string]>([
    ['a user twice', (its) => its.user('alice'), 'already_exists id'],
    ['a username twice', (its) => its.user('other', { username: 'bob' }), 'already_exists username'],
    ['a type twice', (its) => its.type('document'), 'already_exists id'],
    ['a built-in type', (its) => its.type('user'), 'already_exists id'],
    ['an object twice', (its) => its.object('document:1'), 'already_exists id'],
    ['a type without the action view', (its) => its.type('x', { actions: ['change'] }), 'invalid_request actions'],
    [
      "a creator's action that is none",
      (its) => its.type('x', { actions: ['view'], creatorActions: ['fly'] }),
      'invalid_request creatorActions.0',
    ],
    ['to change a built-in type', (its) => its.changeType('user', { mode: 'both' }), 'built_in'],
    ['an object of a built-in type', (its) => its.object('user:eve'), 'built_in'],
    ['an object of no type', (its) => its.object('nothing:1'), 'unknown_reference type'],
    ['an object below nothing', (its) => its.object('document:3', { parent: 'folder:9' }), 'unknown_reference parent'],
    ['an object by nobody', (its) => its.object('document:3', { creator: 'user:eve' }), 'unknown_reference creator'],
    ['a grant to nobody', (its) => its.grant('user:eve', 'document:view'), 'unknown_reference subject'],
    ['a grant of nothing', (its) => its.grant('user:bob', 'document:fly'), 'unknown_reference permission'],
    ['a grant on nothing', (its) => its.grant('user:bob', 'document:view', 'document:9'), 'unknown_reference object'],
    ['to take back what stands not', (its) => its.revoke('user:bob', 'document:view'), 'not_found'],
    [
      'to take back another one',
      (its) => its.revoke('user:bob', 'document:view', null, { effect: 'deny' }),
      'not_found',
    ],
    ['a role that is none', (its) => its.assign('user:bob', 'editor'), 'unknown_reference role'],
    ['a role for a role', (its) => its.role('a').role('b').assign('role:a', 'b'), 'invalid_request subject'],
    [
      'a role with a rule about nothing',
      (its) => its.role('a', ['document:fly']),
      'unknown_reference rules.0.permission',
    ],
    ['a role that includes nothing', (its) => its.role('a', [], ['b']), 'unknown_reference includes.0'],
    ['a role that includes itself', (its) => its.role('a', [], ['a']), 'cycle'],
    [
      'roles that include each other',
      (its) =>
        its
          .role('a')
          .role('b', [], ['a'])
          .changeRole('a', { includes: ['b'] }),
      'cycle',
    ],
    ['a member that is none', (its) => its.group('x', ['user:eve']), 'unknown_reference members.0'],
    ['a role for a member', (its) => its.role('a').addMember('staff', 'role:a'), 'unknown_reference member'],
    ['a member of everybody', (its) => its.addMember('anyone', 'user:bob'), 'built_in'],
    ['a group in itself', (its) => its.group('a', ['group:staff']).addMember('staff', 'group:a'), 'cycle'],
    ['to end a membership that is none', (its) => its.removeMember('staff', 'user:bob'), 'not_found'],
    ['an object below itself', (its) => its.move('folder:7', 'document:1'), 'cycle parent'],
    ['to delete what others are below', (its) => its.delete('folder:7'), 'has_children'],
    ['to delete a type whose objects others are below', (its) => its.delete('type:folder'), 'has_children'],
    ['to delete what is not there', (its) => its.delete('document:9'), 'not_found'],
    ['to delete everybody', (its) => its.delete('group:anyone'), 'built_in'],
    [
      'to delete the last superuser',
      (its) => its.user('sam', { superuser: true }).delete('user:sam'),
      'last_superuser',
    ],
    [
      'to switch off the last superuser',
      (its) => its.user('sam', { superuser: true }).changeUser('sam', { active: false }),
      'last_superuser',
    ],
    ['a reference of no form', (its) => its.grant('alice', 'document:view'), 'invalid_request subject'],
    ['a permission of no form', (its) => its.grant('user:bob', 'view'), 'invalid_request permission'],
    ['an id that can be none', (its) => its.user(''), 'invalid_request id'],
    [
      'a condition that is none',
      (its) => its.grant('user:bob', 'document:view', null, { condition: { $nor: 1 } }),
      'invalid_request condition.$nor',
    ],
    [
      'fields that name none',
      (its) => its.role('a', [{ permission: 'document:view', fields: [] }]),
      'invalid_request rules.0.fields',
    ],
    [
      'a window without time in it',
      (its) => its.assign('user:bob', 'editor', null, { startsAt: FUTURE, expiresAt: FUTURE }),
      'invalid_request expiresAt',
    ],
    ['a time without its zone', (its) => its.at('2030-01-01T00:00:00'), 'invalid_request time'],
  ])('%s', (_, change, expected) => {
    expect(refusal(() => change(world))).toBe(expected);
  });

  it('groups, roles and objects that would nest more than 32 deep', () => {
    world.group('g0').role('r0').object('folder:0');
    chain(32, (n) => world.group(`g${n}`, [`group:g${n - 1}`]));
    chain(32, (n) => world.role(`r${n}`, [], [`r${n - 1}`]));
    chain(32, (n) => world.object(`folder:x${n}`, { parent: n === 1 ? 'folder:0' : `folder:x${n - 1}` }));
    expect(refusal(() => world.group('g33', ['group:g32']))).toBe('too_deep');
    expect(refusal(() => world.addMember('g0', 'user:bob'))).toBe('too_deep');
    expect(refusal(() => world.role('r33', [], ['r32']))).toBe('too_deep');
    expect(refusal(() => world.object('folder:x33', { parent: 'folder:x32' }))).toBe('too_deep parent');
    expect(refusal(() => world.move('folder:0', 'folder:7'))).toBe('too_deep parent');
  });

  it('leaves a world as it was', () => {
    expect(refusal(() => world.role('a', ['document:view']).role('b', ['document:view'], ['a', 'none']))).toMatch(
      /includes/,
    );
    expect(refusal(() => world.assign('user:bob', 'b'))).toBe('unknown_reference role');
    expect(refusal(() => world.group('x', ['user:alice', 'user:eve']))).toMatch(/members/);
    expect(refusal(() => world.grant('group:x', 'document:view'))).toBe('unknown_reference subject');
    expect(refusal(() => world.role('c', [], ['a']).changeRole('c', { rules: [], includes: ['c'] }))).toBe('cycle');
    expect(may('user:bob', 'view', 'document:1')).toBe(false);
    expect(world.assign('user:bob', 'c').decide('user:bob', 'view', 'document:1').allowed).toBe(true);
  });
});
