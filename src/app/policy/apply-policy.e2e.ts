import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPolicyDatabase, type PolicyDatabase } from '../../../test/support/policy-database.js';

describe('a policy', () => {
  let policies: PolicyDatabase;
  const apply: PolicyDatabase['apply'] = (...of) => policies.apply(...of);
  const refusal: PolicyDatabase['refusal'] = (text) => policies.refusal(text);
  const rows: PolicyDatabase['rows'] = (sql) => policies.rows(sql);
  const may: PolicyDatabase['may'] = (...of) => policies.may(...of);

  beforeEach(async () => {
    policies = await openPolicyDatabase();
  });
  afterEach(() => policies.close());

  it('changes what differs in a value it names, and nothing else', async () => {
    await apply(`
types: [{ id: post, actions: [view, change] }]
users: [{ username: alice, email: a@example.com, attributes: { a: 1, b: [1.0, -0] } }]
groups: [{ id: staff, description: Staff, members: [user:alice] }, { id: guests }]
roles: [{ id: reader, description: Reads, rules: [post:view] }]
objects: [{ type: post, id: "1", attributes: { title: One } }]
`);
    const second = await apply(`
types: [{ id: post, actions: [change, view] }]
users: [{ username: alice, attributes: { b: [1, 0], a: 1 } }, { id: bob, username: bob }]
groups: [{ id: staff, members: [user:bob, group:guests] }]
roles: [{ id: reader, rules: [post:change] }]
objects: [{ type: post, id: "1", attributes: { title: Two } }]
`);
    expect(second).toMatchObject({
      changed: true,
      counts: {
        types: { created: 0, updated: 0, unchanged: 1 },
        users: { created: 1, updated: 0, unchanged: 1 },
        groups: { created: 0, updated: 0, unchanged: 1 },
        members: { created: 2, updated: 0, unchanged: 0 },
        roles: { created: 0, updated: 1, unchanged: 0 },
        objects: { created: 0, updated: 1, unchanged: 0 },
      },
    });
    expect(await policies.store.users.find('alice')).toMatchObject({ email: 'a@example.com' });
    expect(await policies.store.groups.find('staff')).toEqual({ id: 'staff', description: 'Staff' });
    expect((await policies.store.groups.members('staff', { limit: 10 })).items).toHaveLength(3);
    expect(await policies.store.roles.find('reader')).toMatchObject({
      description: 'Reads',
      rules: [{ permission: 'post:change' }],
    });
    expect(await policies.store.objects.find({ type: 'post', id: '1' })).toMatchObject({
      attributes: { title: 'Two' },
    });
  });

  it('writes nothing to the audit trail when all of it is there', async () => {
    const text = `
types: [{ id: post }]
users: [{ username: alice, password: correct horse }]
groups: [{ id: staff, members: [user:alice] }]
roles: [{ id: a, rules: [post:view], includes: [b] }, { id: b }]
assignments: [{ subject: group:staff, role: a }]
objects: [{ type: post, id: "1", creator: user:alice }]
grants: [{ subject: user:alice, permission: post:add }]
`;
    expect(await apply(text)).toMatchObject({ changed: true });
    const before = await rows('SELECT count(*)::int AS n FROM castellan.changes');
    expect(await apply(text)).toMatchObject({ changed: false, counts: { grants: { unchanged: 1 } } });
    const after = await rows('SELECT count(*)::int AS n FROM castellan.changes');
    expect(after).toEqual(before);
  });

  it('gives a password to who has none, and leaves every other', async () => {
    await apply('users: [{ username: alice, active: false, password: correct horse }, { username: bob }]');
    const both = 'users: [{ username: alice, password: another one }, { username: bob, password: another one }]';
    expect((await apply(both)).counts.users).toEqual({ created: 0, updated: 1, unchanged: 1 });
    expect(
      await rows(
        'SELECT s.username, c.password_hash AS hash FROM castellan.credentials c JOIN castellan.subjects s ON s.id = c.subject_id ORDER BY 1',
      ),
    ).toEqual([
      { username: 'alice', hash: policies.hash },
      { username: 'bob', hash: `${policies.hash}x` },
    ]);
  });

  it('gives a creator its grants when the object is made, and not again', async () => {
    const text = `
types: [{ id: profile, creatorActions: [view, change] }]
users: [{ username: alice }]
objects: [{ type: profile, id: alice, creator: user:alice }]
`;
    await apply(text);
    expect([await may('alice', 'change', 'profile', 'alice'), await may('alice', 'grant', 'profile', 'alice')]).toEqual(
      [true, false],
    );
    await rows('DELETE FROM castellan.grants');
    expect(await apply(text)).toMatchObject({ changed: false });
    expect(await may('alice', 'change', 'profile', 'alice')).toBe(false);
  });

  it('does not mind in which order roles include each other, nor which way round they did before', async () => {
    await apply('roles: [{ id: a, includes: [b] }, { id: b, includes: [c] }, { id: c }]');
    expect(await policies.store.roles.find('a')).toMatchObject({ includes: ['b'] });
    expect(
      (await apply('roles: [{ id: c, includes: [b] }, { id: b, includes: [a] }, { id: a, includes: [] }]')).counts
        .roles,
    ).toEqual({
      created: 0,
      updated: 3,
      unchanged: 0,
    });
    expect(await refusal('roles:\n  - { id: x, includes: [y] }\n  - { id: y, includes: [x] }\n')).toMatchObject({
      code: 'cycle',
      line: 3,
      path: 'roles.1',
    });
  });

  it('hands the last superuser’s place on, whichever of the two stands first', async () => {
    await apply('users: [{ username: old, superuser: true }]');
    await apply('users: [{ username: old, superuser: false }, { username: new, superuser: true }]');
    expect(await policies.store.users.find('new')).toMatchObject({ superuser: true });
    expect(await refusal('users:\n  - username: new\n    active: false\n')).toMatchObject({
      code: 'last_superuser',
      line: 2,
      path: 'users.0',
    });
  });

  it.each([
    ['roles:\n  - id: r\n    rules: [nope:view]\n', 'unknown_reference', 3, 13, 'roles.0.rules.0'],
    [
      'roles:\n  - id: r\n    rules: [{ permission: nope:view }]\n',
      'unknown_reference',
      3,
      27,
      'roles.0.rules.0.permission',
    ],
    ['groups:\n  - id: g\n    members:\n      - user:nobody\n', 'unknown_reference', 4, 9, 'groups.0.members.0'],
    ['assignments:\n  - { subject: user:nobody, role: r }\n', 'unknown_reference', 2, 16, 'assignments.0.subject'],
    ['objects:\n  - { type: nope, id: a }\n', 'unknown_reference', 2, 13, 'objects.0.type'],
    [
      'types: [{ id: t }]\nobjects:\n  - { type: t, id: a, parent: t:nope }\n',
      'unknown_reference',
      3,
      31,
      'objects.0.parent',
    ],
    [
      'roles: [{ id: r }]\nassignments:\n  - { subject: group:anyone, role: r, object: t:nope }\n',
      'unknown_reference',
      3,
      47,
      'assignments.0.object',
    ],
    ['types:\n  - id: t\n    creatorActions: [fly]\n', 'invalid_request', 3, 22, 'types.0.creatorActions.0'],
    ['types:\n  - id: user\n    actions: [view]\n', 'built_in', 2, 5, 'types.0'],
    ['users:\n  - username: a\n  - { id: b, username: a }\n', 'already_exists', 3, 24, 'users.1.username'],
  ])('that can not be had is refused with its place: %j', async (text, code, line, column, path) => {
    expect(await refusal(text)).toMatchObject({ code, line, column, path });
  });

  it('names the place of a grant beyond the first thousand, and leaves no trace of the ones before', async () => {
    const grants = Array.from(
      { length: 1200 },
      (_, n) => `  - { subject: user:${n === 1100 ? 'nobody' : 'alice'}, permission: post:view, object: post:${n} }`,
    );
    const objects = grants.map((_, n) => `  - { type: post, id: "${n}" }`);
    const text = [
      'types: [{ id: post }]',
      'users: [{ username: alice }]',
      'grants:',
      ...grants,
      'objects:',
      ...objects,
    ].join('\n');
    expect(await refusal(text)).toMatchObject({
      line: 3 + 1101,
      path: 'grants.1100.subject',
      message: expect.stringMatching(/there is no user nobody$/) as string,
    });
    expect(await rows('SELECT count(*)::int AS n FROM castellan.changes')).toEqual([{ n: 0 }]);
    expect(await policies.store.types.find('post')).toBeNull();
  });

  it('tells every thousand entries how far it is', async () => {
    const groups = Array.from({ length: 1001 }, (_, n) => `  - { id: g${n} }`);
    const told: unknown[] = [];
    await apply(['groups:', ...groups].join('\n'), { onProgress: (progress) => told.push(progress) });
    expect(told).toEqual([{ kind: 'groups', done: 1000, total: 1001 }]);
  }, 120_000);

  it('applied by two at once makes each thing once', async () => {
    const text = `users: [{ username: alice, password: correct horse }]\ntypes: [{ id: post }]\nobjects: [{ type: post, id: "1", creator: user:alice }]`;
    const results = await Promise.all([apply(text), apply(text)]);
    expect(results.filter((result) => result.changed)).toHaveLength(1);
    expect(await rows(`SELECT count(*)::int AS n FROM castellan.changes WHERE action = 'user.create'`)).toEqual([
      { n: 1 },
    ]);
  });
});
