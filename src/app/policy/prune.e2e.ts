import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPolicyDatabase, type PolicyDatabase } from '../../../test/support/policy-database.js';
import { operator } from '../../core/caller.js';
import type { WriteUnit } from '../../core/ports/writes.js';
import type { PolicyResult } from './policy-result.js';

const WHOLE = `
types: [{ id: folder }, { id: post, creatorActions: [view, change] }]
users: [{ username: alice }, { username: bob }]
groups:
  - { id: staff, members: [user:alice, user:bob, group:editors] }
  - { id: editors, members: [user:bob] }
roles:
  - { id: chief, rules: [post:delete], includes: [editor] }
  - { id: editor, rules: [post:change] }
objects:
  - { type: folder, id: a }
  - { type: folder, id: b, parent: folder:a }
  - { type: post, id: "1", parent: folder:b, creator: user:alice }
assignments:
  - { subject: group:staff, role: editor, object: folder:a }
  - { subject: user:bob, role: chief }
grants:
  - { subject: group:staff, permission: post:view, object: folder:a }
  - { subject: role:editor, permission: post:view, effect: deny, condition: { resource.secret: true } }
`;
const USERS = 'users: [{ username: alice }, { username: bob }]\n';

describe('pruning', () => {
  let policies: PolicyDatabase;
  const apply: PolicyDatabase['apply'] = (...of) => policies.apply(...of);
  const rows: PolicyDatabase['rows'] = (sql) => policies.rows(sql);

  beforeEach(async () => {
    policies = await openPolicyDatabase();
  });
  afterEach(() => policies.close());

  const byHand = <Result>(work: (unit: WriteUnit) => Promise<Result>): Promise<Result> =>
    policies.store.writes.write(operator('test', 'by hand'), 'structure', work);
  const told = ({ changes }: PolicyResult): string[] =>
    changes.map(({ change, kind, name }) => `${change} ${kind} ${name}`);
  const counts = async (): Promise<Record<string, unknown> | undefined> =>
    (
      await rows(`SELECT (SELECT count(*)::int FROM castellan.types WHERE NOT built_in) AS types,
        (SELECT count(*)::int FROM castellan.subjects WHERE id > 100 AND type <> 'user') AS subjects,
        (SELECT count(*)::int FROM castellan.subjects WHERE type = 'user') AS users,
        (SELECT count(*)::int FROM castellan.memberships) AS members,
        (SELECT count(*)::int FROM castellan.objects o JOIN castellan.types t ON t.id = o.type_id WHERE NOT t.built_in) AS objects,
        (SELECT count(*)::int FROM castellan.assignments) AS assignments, (SELECT count(*)::int FROM castellan.grants) AS grants,
        (SELECT count(*)::int FROM castellan.changes) AS changes`)
    )[0];

  it('removes all that files made but the users, and puts each removal into the audit trail', async () => {
    await apply(WHOLE);
    // What is in the file once more is no less named, whatever else the file says of it.
    expect(await apply(WHOLE, { prune: 'all' })).toMatchObject({ changes: [], kept: [] });
    const before = await counts();

    const planned = await policies.plan('{}', { prune: 'all' });
    expect(await counts()).toEqual(before);
    const pruned = await apply('{}', { prune: 'all' });
    expect(pruned).toEqual(planned);
    expect(told(pruned)).toEqual([
      'delete type folder',
      'delete type post',
      'delete group editors',
      'delete group staff',
      'delete member group:editors in group:staff',
      'delete member user:alice in group:staff',
      'delete member user:bob in group:editors',
      'delete member user:bob in group:staff',
      'delete role chief',
      'delete role editor',
      'delete object folder:a',
      'delete object folder:b',
      'delete object post:1',
      'delete assignment chief to user:bob everywhere',
      'delete assignment editor to group:staff on folder:a',
      'delete grant deny post:view where {"resource.secret":true} to role:editor everywhere',
      'delete grant post:change to user:alice on post:1',
      'delete grant post:view to group:staff on folder:a',
      'delete grant post:view to user:alice on post:1',
    ]);
    expect(await counts()).toMatchObject({
      types: 0,
      subjects: 0,
      users: 2,
      members: 0,
      objects: 0,
      assignments: 0,
      grants: 0,
      changes: Number(before?.['changes']) + pruned.changes.length,
    });
    expect(await policies.integrity()).toEqual([]);
    const trail = await rows(`SELECT action FROM castellan.changes WHERE action ~ '(delete|remove)$' ORDER BY id`);
    expect(trail.map(({ action }) => action).filter((action) => action === 'group.member.remove')).toHaveLength(4);
    // Whatever hangs on something goes before it.
    const order = ['grant', 'assignment', 'group.member', 'object', 'role', 'group.delete', 'type'];
    const places = trail.map(({ action }) => order.findIndex((start) => String(action).startsWith(start)));
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    const objects = await rows(`SELECT target_id FROM castellan.changes WHERE action = 'object.delete' ORDER BY id`);
    expect(objects.map((row) => row['target_id'])).toEqual(['1', 'b', 'a']);
  });

  it('leaves what was there before a file named it, and what was made anew by hand', async () => {
    await byHand(async (unit) => {
      await unit.types.create({ id: 'folder', actions: ['view', 'grant'], creatorActions: [] });
      const bob = { id: 'bob', username: 'bob', email: null, active: true, superuser: false, attributes: {} };
      await unit.users.create(bob);
      await unit.groups.create({ id: 'staff', description: null });
      await unit.groups.addMember('staff', { type: 'user', id: 'bob' });
      await unit.roles.create({ id: 'reader', description: null, rules: [], includes: [] });
      await unit.objects.create({ type: 'folder', id: 'a', attributes: {} }, null);
      await unit.assignments.create({ subject: { type: 'user', id: 'bob' }, role: 'reader' });
      await unit.grants.create([{ subject: { type: 'user', id: 'bob' }, permission: 'folder:view', object: null }]);
    });
    const text = `
types: [{ id: folder, actions: [view, grant, change] }]
users: [{ username: bob }]
groups: [{ id: staff, description: Staff, members: [user:bob] }]
roles: [{ id: reader, rules: [folder:view] }]
objects: [{ type: folder, id: a, attributes: { a: 1 } }, { type: folder, id: b }]
assignments: [{ subject: user:bob, role: reader }]
grants: [{ subject: user:bob, permission: folder:view }, { subject: user:bob, permission: folder:change }]
`;
    await apply(text);
    await byHand(async (unit) => {
      await unit.objects.delete({ type: 'folder', id: 'b' });
      await unit.objects.create({ type: 'folder', id: 'b', attributes: {} }, null);
    });
    const pruned = await apply('{}', { prune: 'all' });
    expect(pruned).toMatchObject({ kept: [] });
    expect(told(pruned)).toEqual(['delete grant folder:change to user:bob everywhere']);
  });

  it('keeps what something made by hand hangs on, and all that this hangs on, and tells what it is', async () => {
    await apply(WHOLE);
    await byHand(async (unit) => {
      await unit.grants.create([
        { subject: { type: 'user', id: 'bob' }, permission: 'post:view', object: { type: 'post', id: '1' } },
        { subject: { type: 'group', id: 'editors' }, permission: 'user:view', object: null },
      ]);
      await unit.roles.create({ id: 'own', description: null, rules: [], includes: ['editor'] });
    });
    const pruned = await apply(USERS, { prune: 'all' });
    expect(pruned.kept).toEqual([
      { kind: 'group', name: 'editors', holders: ['grant user:view to group:editors everywhere'], count: 1 },
      { kind: 'object', name: 'folder:a', holders: ['object folder:b'], count: 1 },
      { kind: 'object', name: 'folder:b', holders: ['object post:1'], count: 1 },
      { kind: 'object', name: 'post:1', holders: ['grant post:view to user:bob on post:1'], count: 1 },
      { kind: 'role', name: 'editor', holders: ['role own, which includes it'], count: 1 },
      { kind: 'type', name: 'folder', holders: ['object folder:a', 'object folder:b'], count: 2 },
      {
        kind: 'type',
        name: 'post',
        count: 3,
        holders: ['grant post:view to user:bob on post:1', 'object post:1', 'role editor, which has rules about it'],
      },
    ]);
    expect(told(pruned).filter((line) => !/^delete (grant|assignment|member) /.test(line))).toEqual([
      'delete group staff',
      'delete role chief',
    ]);
    expect(await policies.integrity()).toEqual([]);
    expect(await policies.may('bob', 'view', 'post', '1')).toBe(true);
    // Nothing is left to be removed, and what was kept is told again.
    expect(await apply(USERS, { prune: 'all' })).toMatchObject({ changes: [], kept: pruned.kept });
  });

  it.each([
    ['a member', 'group:g', (unit) => unit.groups.addMember('g', { type: 'user', id: 'alice' })],
    ['its being a member', 'group:g', (unit) => unit.groups.addMember('all', { type: 'group', id: 'g' })],
    [
      'an assignment to it',
      'group:g',
      (unit) => unit.assignments.create({ subject: { type: 'group', id: 'g' }, role: 'by-hand' }),
    ],
    [
      'an assignment of it',
      'role:r',
      (unit) => unit.assignments.create({ subject: { type: 'user', id: 'alice' }, role: 'r' }),
    ],
    ['a grant on it', 'role:r', (unit) => grantOn(unit, 'role', 'r')],
    ['a grant on it', 'type:t', (unit) => grantOn(unit, 'type', 't')],
    [
      'an object below it',
      'type:t',
      (unit) => unit.objects.create({ type: 'own', id: '1', attributes: {}, parent: { type: 'type', id: 't' } }, null),
    ],
    ['an object of it', 'type:t', (unit) => unit.objects.create({ type: 't', id: 'o2', attributes: {} }, null)],
    [
      'a rule about it',
      'type:t',
      (unit) =>
        unit.roles.update('by-hand', {
          rules: [{ permission: 't:view', effect: 'allow', condition: null, fields: null }],
        }),
    ],
    [
      'an assignment on it',
      'object:t:o',
      (unit) =>
        unit.assignments.create({
          subject: { type: 'user', id: 'alice' },
          role: 'by-hand',
          object: { type: 't', id: 'o' },
        }),
    ],
    [
      'an object below it',
      'object:t:o',
      (unit) => unit.objects.create({ type: 'own', id: '1', attributes: {}, parent: { type: 't', id: 'o' } }, null),
    ],
  ] as [string, string, (unit: WriteUnit) => Promise<unknown>][])(
    'keeps for %s made by hand: %s',
    async (_, kept, work) => {
      await byHand(async (unit) => {
        await unit.types.create({ id: 'own', actions: ['view', 'grant'], creatorActions: [] });
        await unit.groups.create({ id: 'all', description: null });
        await unit.roles.create({ id: 'by-hand', description: null, rules: [], includes: [] });
      });
      await apply(
        'types: [{ id: t }]\nusers: [{ username: alice }]\ngroups: [{ id: g }]\nroles: [{ id: r }]\nobjects: [{ type: t, id: o }]',
      );
      await byHand(work);
      const pruned = await apply('{}', { prune: 'all' });
      expect(pruned.kept.map(({ kind, name }) => `${kind}:${name}`)).toContain(kept);
      expect(pruned.kept.find(({ kind, name }) => `${kind}:${name}` === kept)?.holders).toHaveLength(1);
      expect(await policies.integrity()).toEqual([]);
    },
  );

  it('refuses to remove more than was shown, and changes nothing then', async () => {
    await apply(WHOLE);
    const text = WHOLE.replace(/grants:[^]*/, '');
    const shown = (await policies.plan(text, { prune: 'all' })).changes;
    expect(shown).toHaveLength(2);
    await apply(`${WHOLE}  - { subject: user:bob, permission: post:view }\n`);
    const before = await counts();
    const more: unknown = await apply(text, { prune: { shown } }).catch((error: unknown) => error);
    expect(more).toMatchObject({
      code: 'removals_differ',
      message: expect.stringContaining('grant post:view to user:bob') as string,
    });
    expect(await counts()).toEqual(before);
    // Less than was shown is fine.
    await byHand(async (unit) => {
      const [grant] = await rows(`SELECT g.id FROM castellan.grants g JOIN castellan.subjects s ON s.id = g.subject_id
        WHERE s.external_id = 'bob'`);
      await unit.grants.delete(String(grant?.['id']));
    });
    expect(told(await apply(text, { prune: { shown } }))).toHaveLength(2);
  });

  it('takes back what a creator got with the creator, and what the type no longer gives', async () => {
    await apply(WHOLE);
    const less = WHOLE.replace('creatorActions: [view, change]', 'creatorActions: [view]');
    expect(told(await apply(less, { prune: 'all' }))).toEqual([
      'update type post',
      'delete grant post:change to user:alice on post:1',
    ]);
    expect(told(await apply(less.replace(', creator: user:alice', ''), { prune: 'all' }))).toEqual([
      'delete grant post:view to user:alice on post:1',
    ]);
  });
});

function grantOn(unit: WriteUnit, type: string, id: string): Promise<unknown> {
  return unit.grants.create([
    { subject: { type: 'user', id: 'alice' }, permission: `${type}:view`, object: { type, id } },
  ]);
}
