import { describe, expect, it } from 'vitest';
import type { Operation } from './operation.js';
import { addedAgain, operationIn, worldAfter, worldOf } from './operations.js';
import { above, emptyWorld, type Assignment, type Grant, type Rule, type World } from './world.js';

const PLAIN = { effect: 'allow', condition: null, fields: null } as const;
const ALWAYS = { startsAt: null, expiresAt: null };
const post = (id: string) => ({ type: 'post', id });
const add = (id: string, parent: string | null): Operation => ({
  do: 'add object',
  object: post(id),
  parent: parent === null ? null : post(parent),
  attributes: {},
  creator: null,
});
const alice = { type: 'user', id: 'alice' };
const view: Rule = { permission: 'post:view', ...PLAIN };
const onOne: Grant = { ...view, ...ALWAYS, subject: alice, object: post('1') };
const reading: Assignment = { subject: alice, role: 'reader', object: post('2'), ...ALWAYS };

const beginning: Operation[] = [
  { do: 'add user', id: 'root', active: true, superuser: true, attributes: {} },
  { do: 'add user', id: 'alice', active: true, superuser: false, attributes: {} },
  { do: 'add group', id: 'staff' },
  { do: 'add member', id: 'staff', member: alice },
  { do: 'add type', id: 'post', actions: ['view', 'change'], mode: 'union' },
  { do: 'add role', id: 'reader', rules: [view], includes: [] },
  add('1', null),
  add('2', '1'),
  add('3', '2'),
  { do: 'grant', grants: [onOne] },
  { do: 'assign', assignment: reading },
];

const start: World = worldOf(emptyWorld(), beginning).world;
const after = (operation: Operation, before: World = start): World => {
  const world = worldAfter(before, operation);
  if (!world) throw new Error('It is refused.');
  return world;
};

describe('the plain reading of a write', () => {
  it('makes each thing once, of what is there', () => {
    expect(worldOf(emptyWorld(), beginning).done).toEqual(beginning);
    for (const operation of beginning.slice(0, 9).filter(({ do: what }) => what !== 'add member'))
      expect(worldAfter(start, operation), operation.do).toBeNull();
    for (const operation of beginning.slice(9)) expect(after(operation)).toEqual(start);
    expect(worldAfter(start, add('4', '5'))).toBeNull();
    expect(worldAfter(start, { do: 'grant', grants: [{ ...onOne, permission: 'post:fly' }] })).toBeNull();
    expect(worldAfter(start, { do: 'grant', grants: [{ ...onOne, object: post('9') }] })).toBeNull();
    expect(worldAfter(start, { do: 'assign', assignment: { ...reading, object: post('9') } })).toBeNull();
  });

  it('gives the creator what the type says', () => {
    const made = after({ do: 'add object', object: post('4'), parent: null, attributes: {}, creator: alice });
    expect(made.grants.slice(1).map(({ permission }) => permission)).toEqual(['post:view', 'post:change']);
  });

  it('refuses circles', () => {
    expect(worldAfter(start, { do: 'move', object: post('1'), parent: post('3') })).toBeNull();
    expect(worldAfter(start, { do: 'move', object: post('1'), parent: post('1') })).toBeNull();
    expect(worldAfter(start, { do: 'change role', id: 'reader', includes: ['reader'] })).toBeNull();
    const staff = { type: 'group', id: 'staff' };
    expect(worldAfter(start, { do: 'add member', id: 'staff', member: staff })).toBeNull();
    const nested = after({ do: 'add member', id: 'all', member: staff }, after({ do: 'add group', id: 'all' }));
    expect(worldAfter(nested, { do: 'add member', id: 'staff', member: { type: 'group', id: 'all' } })).toBeNull();
  });

  it('moves an object with all that is below it', () => {
    const moved = after({ do: 'move', object: post('2'), parent: { type: 'group', id: 'staff' } });
    expect(above(moved, post('3'))).toEqual([post('2'), { type: 'group', id: 'staff' }]);
    expect(above(after({ do: 'move', object: post('2'), parent: null }), post('3'))).toEqual([post('2')]);
  });

  it('takes along what hangs on what goes', () => {
    expect(worldAfter(start, { do: 'delete', object: post('1'), cascade: false })).toBeNull();
    const emptied = after({ do: 'delete', object: post('1'), cascade: true });
    expect(emptied).toMatchObject({ objects: [], grants: [], assignments: [] });
    expect(after({ do: 'delete', object: alice, cascade: false })).toMatchObject({
      grants: [],
      assignments: [],
      groups: [{ members: [] }],
    });
    expect(after({ do: 'delete', object: { type: 'type', id: 'post' }, cascade: false })).toMatchObject({
      objects: [],
      grants: [],
      roles: [{ rules: [] }],
    });
    expect(after({ do: 'change type', id: 'post', actions: ['change'] })).toMatchObject({
      grants: [],
      roles: [{ rules: [] }],
    });
    const again = after({ do: 'delete and add', object: alice });
    expect(again).toMatchObject({ grants: [], users: [{ id: 'root' }, { id: 'alice' }] });
  });

  it('keeps what others are below', () => {
    const below = after({
      do: 'add object',
      object: post('4'),
      parent: { type: 'group', id: 'staff' },
      attributes: {},
      creator: null,
    });
    expect(worldAfter(below, { do: 'delete', object: { type: 'group', id: 'staff' }, cascade: true })).toBeNull();
    const folder = after(addedAgain({ type: 'type', id: 'folder' }));
    const under = after(
      { do: 'add object', object: { type: 'folder', id: 'a' }, parent: post('3'), attributes: {}, creator: null },
      folder,
    );
    expect(worldAfter(under, { do: 'delete', object: { type: 'type', id: 'post' }, cascade: false })).toBeNull();
    const ofItsOwn = after({ do: 'move', object: post('1'), parent: { type: 'type', id: 'post' } });
    expect(worldAfter(ofItsOwn, { do: 'delete', object: { type: 'type', id: 'post' }, cascade: false })).not.toBeNull();
    const aboveAll = after(
      { do: 'move', object: { type: 'folder', id: 'a' }, parent: { type: 'type', id: 'post' } },
      under,
    );
    expect(worldAfter(aboveAll, { do: 'delete', object: { type: 'type', id: 'post' }, cascade: false })).toBeNull();
    expect(worldAfter(start, { do: 'delete', object: { type: 'user', id: 'root' }, cascade: false })).toBeNull();
  });

  it('takes back what stands', () => {
    const back = (what: 'membership' | 'assignment' | 'grant', from = start): World | null => {
      const operation = operationIn(from, { do: 'take back', what, which: 7 });
      return operation && worldAfter(from, operation);
    };
    expect(back('grant')).toMatchObject({ grants: [], assignments: [reading] });
    expect(back('assignment')).toMatchObject({ grants: [onOne], assignments: [] });
    expect(back('membership')).toMatchObject({ groups: [{ members: [] }] });
    expect(back('grant', emptyWorld())).toBeNull();
    expect(worldAfter(start, { do: 'revoke', grants: [{ ...onOne, effect: 'deny' }] })).toBeNull();
  });
});
