import { beforeEach, describe, expect, it } from 'vitest';
import { World } from './world.js';

const PAST = '2001-01-01T00:00:00Z';
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

describe('what a world decides', () => {
  it('counts a grant from the moment it is given until it is taken back', () => {
    expect(may('user:alice', 'view', 'document:1')).toBe(false);
    world.grant('group:staff', 'document:view', 'folder:7');
    expect(may('user:alice', 'view', 'document:1')).toBe(true);
    expect(may('user:bob', 'view', 'document:1')).toBe(false);
    expect(may('user:alice', 'view', 'document:2')).toBe(false);
    world.revoke('group:staff', 'document:view', 'folder:7');
    expect(may('user:alice', 'view', 'document:1')).toBe(false);
  });

  it('follows an object that is moved', () => {
    world.grant('user:bob', 'document:view', 'folder:7').move('document:1', null).move('document:2', 'folder:7');
    expect([may('user:bob', 'view', 'document:1'), may('user:bob', 'view', 'document:2')]).toEqual([false, true]);
  });

  it('places a role where it is assigned, with what it includes', () => {
    world.role('reader', ['document:view']).role('editor', ['document:change'], ['reader']);
    world.assign('user:bob', 'editor', 'folder:7');
    expect([may('user:bob', 'view', 'document:1'), may('user:bob', 'change', 'document:1')]).toEqual([true, true]);
    expect(may('user:bob', 'view', 'document:2')).toBe(false);
    world.unassign('user:bob', 'editor', 'folder:7');
    expect(may('user:bob', 'view', 'document:1')).toBe(false);
  });

  it('lets a deny win, and asks conditions of the stored attributes', () => {
    const condition = { 'resource.status': 'draft' };
    world
      .grant('user:alice', 'document:view')
      .grant('group:staff', 'document:view', null, { effect: 'deny', condition });
    expect(world.decide('user:alice', 'view', 'document:1').reason).toBe('rule_denies');
    expect(may('user:alice', 'view', 'document:2')).toBe(true);
    world.setAttributes('document:1', { status: 'final' });
    expect(may('user:alice', 'view', 'document:1')).toBe(true);
  });

  it('goes by its clock, which can be set, and runs again', () => {
    world.grant('user:bob', 'document:view', null, {
      startsAt: '2030-01-01T00:00:00Z',
      expiresAt: '2031-01-01T00:00:00Z',
    });
    const at = (time: string): boolean => world.at(time).decide('user:bob', 'view', 'document:1').allowed;
    expect([at('2029-12-31T23:59:59Z'), at('2030-01-01T00:00:00Z'), at('2030-12-31T23:59:59.999Z')]).toEqual([
      false,
      true,
      true,
    ]);
    expect(at('2031-01-01T00:00:00Z')).toBe(false);
    world.grant('user:bob', 'document:change', null, { startsAt: PAST, expiresAt: new Date(FUTURE) });
    expect(may('user:bob', 'change', 'document:1')).toBe(true);
    world.at('2101-06-01T00:00:00+02:00');
    expect(may('user:bob', 'change', 'document:1')).toBe(false);
    world.at();
    expect(may('user:bob', 'change', 'document:1')).toBe(true);
  });

  it('knows everyone, those signed in, those switched off, and superusers', () => {
    world
      .grant('group:anyone', 'document:view', 'document:1')
      .grant('group:authenticated', 'document:change', 'document:1');
    expect([may('user:nobody', 'view', 'document:1'), may('user:nobody', 'change', 'document:1')]).toEqual([
      true,
      false,
    ]);
    expect(may('user:bob', 'change', 'document:1')).toBe(true);
    world.changeUser('bob', { active: false });
    expect(world.decide('user:bob', 'view', 'document:1').reason).toBe('subject_inactive');
    world.user('sam', { superuser: true });
    expect(world.decide('user:sam', 'publish', 'document:9').reason).toBe('superuser');
    expect(world.decide('user:sam', 'fly', 'document:1').reason).toBe('unknown_action');
    expect(world.decide('user:sam', 'view', 'nothing:1').reason).toBe('unknown_type');
  });

  it('decides about no object in particular by the rules placed everywhere', () => {
    world.grant('user:bob', 'folder:add', 'folder:7');
    expect(may('user:bob', 'add', 'folder')).toBe(false);
    world.grant('user:bob', 'folder:add');
    expect(may('user:bob', 'add', 'folder')).toBe(true);
  });

  it('asks for what the mode of a type asks for', () => {
    world.type('report', { mode: 'both' }).object('report:1').grant('user:bob', 'report:view');
    expect(may('user:bob', 'view', 'report:1')).toBe(false);
    world.grant('user:bob', 'report:view', 'report:1');
    expect(may('user:bob', 'view', 'report:1')).toBe(true);
    world.changeType('report', { mode: 'object' }).revoke('user:bob', 'report:view');
    expect(may('user:bob', 'view', 'report:1')).toBe(true);
  });

  it('gives a creator what the type says, as usual or by its own list', () => {
    world.object('folder:8', { creator: 'user:bob' });
    const allowed = (object: string): string[] =>
      ['view', 'change', 'delete', 'grant', 'add'].filter((action) => may('user:bob', action, object));
    expect(allowed('folder:8')).toEqual(['view', 'change', 'delete', 'grant']);
    world.type('note', { creatorActions: ['view'] }).object('note:1', { creator: 'user:bob' });
    expect(allowed('note:1')).toEqual(['view']);
  });

  it('names fields, and supplied properties go over stored ones', () => {
    const condition = { 'resource.status': 'final' };
    world.grant('user:bob', 'document:change', 'document:1', { fields: ['status'], condition });
    expect(may('user:bob', 'change', 'document:1')).toBe(false);
    const { allowed, fields } = world.decide('user:bob', 'change', 'document:1', { resource: { status: 'final' } });
    expect([allowed, fields.only]).toEqual([true, ['status']]);
  });

  it('forgets what hangs on a thing that is deleted, also when it is made again', () => {
    world.grant('user:bob', 'document:view', 'document:1').delete('document:1').object('document:1');
    expect(may('user:bob', 'view', 'document:1')).toBe(false);
    world.grant('user:bob', 'document:view', 'document:1').delete('user:bob').user('bob');
    expect(may('user:bob', 'view', 'document:1')).toBe(false);
    const made = world.copy().role('reader', ['document:view']).role('chief', [], ['reader']);
    const afterwards = (change: (own: World) => World): boolean =>
      change(made.copy()).decide('user:bob', 'view', 'document:1').allowed;
    const assigned = made.assign('user:bob', 'chief', 'document:1');
    expect(assigned.decide('user:bob', 'view', 'document:1').allowed).toBe(true);
    expect(afterwards((own) => own.delete('document:1').object('document:1'))).toBe(false);
    expect(afterwards((own) => own.delete('role:reader').role('reader', ['document:view']))).toBe(false);
    expect(afterwards((own) => own.delete('role:chief').role('chief', [], ['reader']))).toBe(false);
    expect(afterwards((own) => own.delete('user:bob').user('bob'))).toBe(false);
    expect(afterwards((own) => own.changeType('document', { actions: ['view'] }))).toBe(true);
  });

  it('is the same in a copy, and neither sees what becomes of the other', () => {
    world.grant('user:bob', 'document:view').at(PAST);
    const copy = world.copy();
    expect(copy.decide('user:bob', 'view', 'document:1').allowed).toBe(true);
    copy.revoke('user:bob', 'document:view').addMember('staff', 'user:bob').grant('group:staff', 'document:change');
    expect([may('user:bob', 'view', 'document:1'), may('user:bob', 'change', 'document:1')]).toEqual([true, false]);
    world.delete('group:staff');
    expect(copy.decide('user:alice', 'change', 'document:1').allowed).toBe(true);
  });

  it('knows a user as an object, whose attributes are those of the subject', () => {
    world.grant('user:bob', 'user:view', null, { condition: { 'resource.department': 'sales' } });
    expect(may('user:bob', 'view', 'user:alice')).toBe(false);
    world.changeUser('alice', { attributes: { department: 'sales' } });
    expect(may('user:bob', 'view', 'user:alice')).toBe(true);
  });

  it('does not change with the attributes it was given', () => {
    const attributes = { status: 'draft', tags: ['a'] };
    world.object('document:3', { attributes });
    world.grant('user:bob', 'document:view', null, { condition: { 'resource.tags': { $contains: 'b' } } });
    attributes.tags.push('b');
    expect(may('user:bob', 'view', 'document:3')).toBe(false);
  });
});

describe('the engine of a world', () => {
  const bob = { type: 'user', id: 'bob' };

  it('answers what guards and checkers ask', async () => {
    world.grant('user:bob', 'document:view').grant('user:bob', 'document:publish', 'document:2');
    const engine = world.engine();
    const question = { subject: bob, permission: { type: 'document', action: 'view' } };
    const [first, second] = await engine.decideAll([question, { ...question, subject: { type: 'user', id: 'eve' } }]);
    expect([first?.allowed, second?.allowed]).toEqual([true, false]);
    expect(await engine.actions({ subject: bob, object: { type: 'document', id: '2' } })).toEqual(['view', 'publish']);
    expect(await engine.actions({ subject: bob, object: { type: 'nothing', id: '2' } })).toEqual([]);
    world.user('sam', { superuser: true }).changeType('document', { actions: ['sign', 'publish', 'view'] });
    const sam = { type: 'user', id: 'sam' };
    expect(await engine.actions({ subject: sam, object: { type: 'document', id: '2' } })).toEqual([
      'view',
      'publish',
      'sign',
    ]);
    expect((await engine.rulesOf(bob)).rules).toEqual([
      { permission: { type: 'document', action: 'view' }, effect: 'allow', condition: null, fields: null },
    ]);
  });

  it('lists objects in the order of registration, from page to page, also when some go meanwhile', async () => {
    world.grant('user:bob', 'document:view').object('document:0');
    const asked = { subject: bob, type: 'document', action: 'view', limit: 1 };
    const first = await world.engine().objects(asked);
    expect(first.items).toEqual([{ type: 'document', id: '1' }]);
    world.delete('document:1');
    const second = await world.engine().objects({ ...asked, limit: 5, after: first.next ?? '' });
    expect(second).toEqual({
      items: [
        { type: 'document', id: '2' },
        { type: 'document', id: '0' },
      ],
      next: null,
    });
  });

  it('refuses a position that is none', async () => {
    const asked = { subject: bob, type: 'document', action: 'view', limit: 1, after: 'x' };
    await expect(world.engine().objects(asked)).rejects.toMatchObject({ code: 'invalid_cursor' });
  });
});
