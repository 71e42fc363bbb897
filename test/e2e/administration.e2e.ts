import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Administration } from '../../src/app/administration/administration.js';
import { goesAlong, goesWithActions } from '../../src/app/administration/goes-along.js';
import { heldPermissions, type HeldPermission } from '../../src/app/administration/held-permissions.js';
import { administrationOf } from '../../src/app/administration/operator-administration.js';
import { readGrant, readJson, readObject, readWindow } from '../../src/app/administration/read-arguments.js';
import { withAdministration, type WayOfWork } from '../../src/app/administration/with-administration.js';
import { readConfig } from '../../src/app/config.js';
import { readChanges } from '../../src/app/operator-changes.js';
import { openPolicyDatabase, type PolicyDatabase } from '../support/policy-database.js';

// What the everyday commands do, without their processes: test/e2e/cli-administration.e2e.ts runs each of those.
const WORLD = `
types:
  - { id: post, creatorActions: [view, grant] }
  - { id: sealed, actions: [view, change], mode: object, creatorActions: [] }
  - { id: strict, actions: [view], mode: both, creatorActions: [] }
users:
  - { username: alice }
  - { username: bob }
  - { username: off, active: false }
  - { username: root, superuser: true }
services:
  - { id: billing }
  - { id: off, active: false }
roles:
  - { id: reader, rules: [post:view, sealed:view] }
  - { id: editor, rules: [post:change], includes: [reader] }
objects:
  - { type: post, id: "1", creator: user:alice }
  - { type: post, id: "2" }
  - { type: sealed, id: "1" }
assignments:
  - { subject: user:off, role: reader }
grants:
  - { subject: user:bob, permission: post:view, condition: { resource.status: draft } }
  - { subject: user:bob, permission: sealed:view }
  - { subject: user:bob, permission: sealed:change, object: "sealed:1" }
  - { subject: user:bob, permission: strict:view }
`;

const [alice, bob] = [
  { type: 'user', id: 'alice' },
  { type: 'user', id: 'bob' },
] as const;
const post = (id: string) => ({ type: 'post', id });

describe('administration of a database', () => {
  let world: PolicyDatabase;
  let databaseUrl: string;
  let administration: Administration;

  beforeAll(async () => {
    world = await openPolicyDatabase();
    await world.apply(WORLD);
    databaseUrl = world.databaseUrl;
    administration = administrationOf(world.store);
  });
  afterAll(() => world.close());

  const way = <Result>(options: Partial<WayOfWork>, work: (administration: Administration) => Promise<Result>) =>
    withAdministration(readConfig({ DATABASE_URL: databaseUrl }), () => {}, { waitMs: 10_000, ...options }, work);
  const contents = () =>
    world.rows(`SELECT (SELECT count(*) FROM castellan.subjects)::int AS subjects, (SELECT count(*) FROM castellan.grants)::int AS grants,
      (SELECT count(*) FROM castellan.tokens)::int AS tokens, (SELECT count(*) FROM castellan.changes)::int AS changes,
      (SELECT string_agg(password_hash, ',') FROM castellan.credentials) AS hashes`);
  const heldBy = async (id: string): Promise<HeldPermission[]> => {
    const held: HeldPermission[] = [];
    for await (const one of heldPermissions(administration, { type: 'user', id })) held.push(one);
    return held;
  };

  it('makes the same grant once, also for two who ask at the same moment', async () => {
    const grant = { subject: bob, permission: 'post:change', object: post('2') };
    const both = await Promise.all([administration.grants.create(grant), administration.grants.create(grant)]);
    expect(both.filter(({ created }) => created)).toHaveLength(1);
    expect(both[0].record.id).toBe(both[1].record.id);
    await administration.grants.delete([both[0].record.id]);
    await expect(administration.grants.delete([both[0].record.id])).rejects.toMatchObject({ code: 'not_found' });
  });

  it('takes several grants together or none of them', async () => {
    const { record } = await administration.grants.create({ subject: bob, permission: 'post:delete' });
    const missing = '0199c7a2-5b1e-7c3d-9a51-6f0d2f4e8b10';
    await expect(administration.grants.delete([record.id, missing])).rejects.toMatchObject({
      detail: `There is no grant:${missing}.`,
    });
    await administration.grants.delete([record.id]);
  });

  it('tells what is held as decisions have it: by mode and condition, and nothing of who is not active', async () => {
    expect(await heldBy('bob')).toEqual([
      { permission: 'post:view', everywhere: 'conditionally', objects: 0 },
      { permission: 'sealed:change', everywhere: 'no', objects: 1 },
    ]);
    expect(await heldBy('off')).toEqual([]);
    expect(await heldBy('root')).toContainEqual({ permission: 'strict:view', everywhere: 'yes', objects: 0 });
    for (const type of ['user', 'service', 'group', 'role'])
      expect(await administration.questions.notes({ subject: { type, id: 'nobody' } })).toEqual([
        `There is no ${type}:nobody: it holds what anyone holds.`,
      ]);
    expect(await administration.questions.notes({ subject: { type: 'service', id: 'billing' } })).toEqual([]);
  });

  it('tells below what may be added, also where nothing is there yet, and nothing of where that would be refused', async () => {
    await world.apply(`
types: [{ id: shelf, creatorActions: [] }, { id: book, creatorActions: [] }, { id: rare, mode: both, creatorActions: [] }]
users: [{ username: lib }]
groups: [{ id: librarians, members: [user:lib] }]
roles: [{ id: buyer, rules: [book:add] }]
objects:
  - { type: shelf, id: a }
  - { type: shelf, id: b }
  - { type: shelf, id: in b, parent: shelf:b }
  - { type: shelf, id: c }
  - { type: shelf, id: d }
  - { type: book, id: "1", parent: shelf:a }
assignments: [{ subject: group:librarians, role: buyer, object: shelf:a }]
grants:
  - { subject: user:lib, permission: book:add, object: shelf:in b }
  - { subject: user:lib, permission: book:add, object: shelf:c, condition: { resource.cheap: true } }
  - { subject: user:lib, permission: book:add, object: shelf:d, expiresAt: 2020-01-01T00:00:00Z }
  - { subject: user:lib, permission: shelf:add, object: shelf:b }
  - { subject: user:lib, permission: shelf:add, object: shelf:b, effect: deny }
  - { subject: user:lib, permission: rare:add, object: shelf:a }
`);
    const below = [
      { type: 'shelf', id: 'a', conditionally: false },
      { type: 'shelf', id: 'c', conditionally: true },
      { type: 'shelf', id: 'in b', conditionally: false },
    ];
    const told = async (asked: Administration, notes: string[] = []): Promise<HeldPermission[]> => {
      const held: HeldPermission[] = [];
      for await (const one of heldPermissions(asked, { type: 'user', id: 'lib' }, (line) => notes.push(line)))
        held.push(
          one.below ? { ...one, below: one.below.toSorted((some, other) => (some.id < other.id ? -1 : 1)) } : one,
        );
      return held;
    };
    const expected = [{ permission: 'book:add', everywhere: 'no', objects: 1, below, moreBelow: false }];
    expect(await told(administration)).toEqual(expected);
    await way({ as: 'user:root' }, async (asRoot) => expect(await told(asRoot)).toEqual(expected));
    await world.apply('grants: [{ subject: user:lib, permission: type:view }]');
    await way({ as: 'user:lib' }, async (asLib) => {
      const notes: string[] = [];
      expect(await told(asLib, notes)).toEqual([
        expect.objectContaining({ permission: 'type:view' }),
        { permission: 'book:add', everywhere: 'no', objects: 1 },
      ]);
      expect(notes).toEqual(['Below what it may add is told to whoever has access:explain.']);
    });
  });

  it('tells what goes along with a deletion, the rules and grants of a type and the roles that include one among it', async () => {
    expect(await goesAlong(administration, { type: 'type', id: 'sealed' })).toEqual([
      'objects of it: 1',
      'rules about it: 1',
      'grants about it: 2',
    ]);
    expect(await goesAlong(administration, { type: 'role', id: 'reader' })).toEqual([
      'assignments of it: 1',
      'roles that include it: 1',
    ]);
    expect(await goesAlong(administration, alice)).toEqual(['grants to it: 2']);
  });

  it('tells the memberships and tokens that go along with a user, and the memberships of a group on both sides', async () => {
    const { groups, users, grants } = administration;
    const member = { type: 'group', id: 'inner' } as const;
    const carl = { type: 'user', id: 'carl' } as const;
    const warden = { type: 'user', id: 'warden' } as const;
    for (const { id } of [carl, warden]) await users.create({ username: id });
    for (const id of ['outer', 'inner', 'other']) await groups.create({ id });
    await groups.add('outer', member);
    for (const id of ['inner', 'other']) await groups.add(id, carl);
    await users.createToken('carl', { name: 'one' });
    await users.createToken('carl', { name: 'two', permissions: ['post:view'] });
    for (const permission of ['user:view', 'user:delete']) await grants.create({ subject: warden, permission });
    expect(await goesAlong(administration, carl)).toEqual(['memberships: 2', 'tokens: 2']);
    expect(await goesAlong(administration, member)).toEqual(['memberships: 2']);
    await way({ as: 'user:root' }, async (asRoot) => {
      expect(await goesAlong(asRoot, carl)).toEqual(['memberships: 2', 'tokens: 2']);
      expect(await goesAlong(asRoot, member)).toEqual(['memberships: 2']);
    });
    // Whoever may not look at the tokens is told that there may be some.
    await way({ as: 'user:warden' }, async (asWarden) => {
      expect(await goesAlong(asWarden, carl)).toEqual(['tokens: all there are']);
    });
    for (const id of ['outer', 'inner', 'other']) await groups.delete(id);
    for (const { id } of [carl, warden]) await users.delete(id);
  });

  it('tells what goes along with the actions that a type loses', async () => {
    const { roles, grants, types } = administration;
    await types.create({ id: 'memo', actions: ['view', 'sign', 'seal'] });
    await roles.create({ id: 'sealer', rules: [{ permission: 'memo:seal' }, { permission: 'memo:view' }] });
    for (const permission of ['memo:sign', 'memo:view']) await grants.create({ subject: bob, permission });
    const lost = (...actions: string[]) => goesWithActions(administration, 'memo', actions);
    expect(await lost('view', 'seal')).toEqual({ actions: ['sign'], along: ['grants about them: 1'] });
    expect(await lost('view', 'new')).toEqual({
      actions: ['sign', 'seal'],
      along: ['rules about them: 1', 'grants about them: 1'],
    });
    expect(await lost('seal', 'sign', 'view')).toEqual({ actions: [], along: [] });
    await expect(goesWithActions(administration, 'nothing', ['view'])).rejects.toMatchObject({ code: 'not_found' });
    for (const [id, of] of [
      ['sealer', roles],
      ['memo', types],
    ] as const)
      await of.delete(id);
  });

  it('a dry run tells what would come, and keeps nothing of it, by whomever', async () => {
    const before = await contents();
    await way({ dryRun: true }, async ({ grants, users, objects }) => {
      const { created, record } = await grants.create({ subject: bob, permission: 'post:delete' });
      expect([created, record.permission]).toEqual([true, 'post:delete']);
      await users.create({ username: 'ghost', password: 'a long enough one' });
      await users.update('alice', { password: 'another long one' });
      await users.createToken('alice', { name: 't' });
      await users.delete('alice');
      await objects('post').delete('1', { cascade: true });
      await expect(grants.create({ subject: { type: 'user', id: 'nobody' }, permission: 'post:view' })).rejects.toThrow(
        'there is no user nobody',
      );
    });
    await way({ as: 'user:alice', dryRun: true }, async ({ grants, users }) => {
      expect(await grants.create({ subject: bob, permission: 'post:view', object: post('1') })).toMatchObject({
        created: true,
      });
      await users.createToken('alice', { name: 't' });
    });
    expect(await contents()).toEqual(before);
  });

  it('under the rights of another does what that one may, as which it is recorded, and nothing else', async () => {
    await way({ as: 'user:alice' }, async ({ grants, groups, users, questions }) => {
      await expect(grants.create({ subject: bob, permission: 'post:view', object: post('2') })).rejects.toMatchObject({
        code: 'not_found',
      });
      await expect(groups.create({ id: 'mine' })).rejects.toThrow(/group:add/);
      await expect(users.createToken('bob', { name: 'stolen' })).rejects.toMatchObject({ code: 'not_found' });
      await expect(questions.check({ ...onPost('bob') })).rejects.toThrow(/access:evaluate/);
      expect(await questions.check({ ...onPost('alice') })).toMatchObject({ allowed: true });
      await grants.create({ subject: bob, permission: 'post:view', object: post('1') });
    });
    expect(
      await world.rows('SELECT actor_type, actor_id, action FROM castellan.changes ORDER BY id DESC LIMIT 1'),
    ).toEqual([{ actor_type: 'user', actor_id: 'alice', action: 'grant.create' }]);
    for (const [as, message] of [
      ['service:ghost', /There is no service:ghost/],
      ['service:off', /service:off is not active/],
      ['user:off', /user:off is not active/],
      ['user:ghost', /There is no user:ghost/],
      ['group:anyone', /--as must name a user or a service/],
      ['role:editor', /--as must name a user or a service/],
    ] as const)
      await expect(way({ as }, () => Promise.resolve('done'))).rejects.toThrow(message);
  });

  const onPost = (id: string) => ({
    subject: { type: 'user', id },
    permission: { type: 'post', action: 'view' },
    object: post('1'),
  });
});

describe('what is written on the command line', () => {
  it('is refused where it makes no sense', () => {
    const refused: [() => unknown, RegExp][] = [
      [
        () => readGrant('robot:x', 'post:view', undefined, {}),
        /SUBJECT must be a user, a group, a service or a role; it is a robot/,
      ],
      [() => readGrant('user:alice', 'post', undefined, {}), /PERMISSION must be of the form type:action/],
      [
        () => readGrant('user:alice', 'post:view', undefined, { condition: '[1]' }),
        /--condition must be a JSON object/,
      ],
      [() => readJson('--attributes', '{"a":"\\u0000"}'), /--attributes must be JSON.*no NUL/],
      [() => readJson('--attributes', '{"a":1,"a":2}'), /--attributes must be JSON.*no name twice/],
      [() => readJson('--attributes', '{"__proto__":{}}'), /--attributes must be JSON/],
      [() => readObject('post'), /OBJECT must be of the form type:id/],
    ];
    for (const [read, message] of refused) expect(read).toThrow(message);
  });

  it('has times in ISO 8601 with a zone, or days, and guesses at none', () => {
    expect(readWindow({ from: '2027-01-01', until: '2027-01-01T09:00:00+02:00' })).toEqual({
      startsAt: '2027-01-01T00:00:00.000Z',
      expiresAt: '2027-01-01T07:00:00.000Z',
    });
    for (const text of ['soon', 'tomorrow 5', '5', '2026-02-30', '2027-01-01T09:00:00', '']) {
      expect(() => readWindow({ from: text }), text).toThrow(/--from must be a time/);
      expect(() => readChanges({ to: text }), text).toThrow(/--to must be a time/);
    }
  });
});
