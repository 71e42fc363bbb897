import pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { integrityFaults } from '../../../test/support/integrity.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { query } from '../../../test/support/query.js';
import { Passwords } from '../../auth/passwords.js';
import { operator } from '../../core/caller.js';
import { openStore, type Store } from '../../store/store.js';
import { applySeed } from './apply-seed.js';
import { parseSeed } from './parse-seed.js';
import { SeedError } from './seed-error.js';
import type { OnProgress, SeedResult } from './seed-result.js';

describe('a seed', () => {
  let database: TestDatabase;
  let store: Store;
  let hash: string;

  beforeAll(async () => {
    hash = await new Passwords().hash('correct horse');
  });
  beforeEach(async () => {
    database = await createTestDatabase();
    store = openStore({
      url: database.databaseUrl,
      connections: 4,
      statementTimeout: 20_000,
      lockTimeout: 20_000,
      transactionTimeout: 30_000,
    });
  });
  afterEach(async () => {
    await store.close();
    await database.drop();
  });

  function apply(text: string, onProgress?: OnProgress): Promise<SeedResult> {
    const passwords = {
      hash: (password: string) => Promise.resolve(`${hash}${password === 'another one' ? 'x' : ''}`),
    };
    return applySeed(store, operator('cli', 'test'), parseSeed(text, 'policy.yaml'), passwords, onProgress);
  }

  async function refusal(text: string): Promise<SeedError> {
    const error: unknown = await apply(text).then(
      () => 'It was taken.',
      (reason: unknown) => reason,
    );
    if (error instanceof SeedError) return error;
    throw new Error('Not an error of the seed.', { cause: error });
  }

  const rows = (sql: string): Promise<Record<string, unknown>[]> => query(database.databaseUrl, sql);
  const integrity = async (): Promise<string[]> => {
    const client = new pg.Client(database.databaseUrl);
    await client.connect();
    try {
      return await integrityFaults(client);
    } finally {
      await client.end();
    }
  };
  const may = async (subject: string, action: string, type: string, id: string): Promise<boolean> =>
    (
      await store.decider.decide({
        subject: { type: 'user', id: subject },
        permission: { type, action },
        object: { type, id },
      })
    ).allowed;

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
    expect(await store.users.find('alice')).toMatchObject({ email: 'a@example.com' });
    expect(await store.groups.find('staff')).toEqual({ id: 'staff', description: 'Staff' });
    expect((await store.groups.members('staff', { limit: 10 })).items).toHaveLength(3);
    expect(await store.roles.find('reader')).toMatchObject({
      description: 'Reads',
      rules: [{ permission: 'post:change' }],
    });
    expect(await store.objects.find({ type: 'post', id: '1' })).toMatchObject({ attributes: { title: 'Two' } });
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

  it('makes rules, places and windows as they are written, and changes nothing a second time', async () => {
    const text = `
types: [{ id: tenant }, { id: folder, mode: object }, { id: post, mode: both }]
users: [{ username: alice }]
roles:
  - id: reader
    rules:
      - post:view
      - { permission: post:view, effect: deny, condition: { resource.status: { $eq: secret }, resource.a: 1 } }
      - { permission: post:change, fields: [title, body] }
      - { permission: post:view, effect: allow, condition: null, fields: null }
objects:
  - { type: post, id: "1", parent: folder:7, attributes: { status: open } }
  - { type: folder, id: "7", parent: tenant:a }
  - { type: tenant, id: a }
  - { type: post, id: team, parent: group:authenticated }
assignments:
  - { subject: user:alice, role: reader, object: tenant:a, startsAt: 2000-01-01T00:00:00Z, expiresAt: 2100-01-01T00:00:00+01:00 }
  - { subject: user:alice, role: reader, object: tenant:a }
grants:
  - { subject: user:alice, permission: post:delete, object: folder:7, expiresAt: 2100-01-01T00:00:00Z }
  - { subject: user:alice, permission: post:delete, object: folder:7, condition: { resource.b: 1, resource.a: 2 }, fields: [y, x] }
  - { subject: user:alice, permission: post:delete, object: folder:7, condition: { resource.a: 2, resource.b: 1 }, fields: [x, y, x] }
  - { subject: user:alice, permission: post:delete, object: folder:7, effect: deny }
`;
    expect((await apply(text)).counts).toMatchObject({
      types: { created: 3 },
      objects: { created: 4 },
      assignments: { created: 2 },
      grants: { created: 3, unchanged: 1 },
    });
    const before = await rows('SELECT count(*)::int AS n FROM castellan.changes');
    expect(await apply(text)).toMatchObject({ changed: false });
    expect(await rows('SELECT count(*)::int AS n FROM castellan.changes')).toEqual(before);
    expect(await store.types.find('post')).toMatchObject({ mode: 'both' });
    expect((await store.roles.find('reader'))?.rules).toEqual([
      { permission: 'post:view', effect: 'allow', condition: null, fields: null },
      {
        permission: 'post:view',
        effect: 'deny',
        condition: { 'resource.status': { $eq: 'secret' }, 'resource.a': 1 },
        fields: null,
      },
      { permission: 'post:change', effect: 'allow', condition: null, fields: ['title', 'body'] },
    ]);
    expect(await store.objects.find({ type: 'post', id: '1' })).toMatchObject({ parent: { type: 'folder', id: '7' } });
    expect(await integrity()).toEqual([]);
    // The mode asks for a rule on the object and for one everywhere, and there is only the one.
    expect(await may('alice', 'view', 'post', '1')).toBe(false);
    await apply('types: [{ id: post, mode: union }]');
    expect(await may('alice', 'view', 'post', '1')).toBe(true);
    expect(await may('alice', 'view', 'post', 'team')).toBe(false);
  });

  it('moves objects, whichever way round they stood before, and leaves those whose parent it does not name', async () => {
    const parents = async (): Promise<Record<string, unknown>> =>
      Object.fromEntries(
        (
          await rows(`SELECT o.external_id AS id, p.external_id AS parent FROM castellan.objects o
            JOIN castellan.types t ON t.id = o.type_id AND t.name = 'folder' LEFT JOIN castellan.objects p ON p.id = o.parent_id`)
        ).map(({ id, parent }) => [id, parent]),
      );
    await apply(`
types: [{ id: folder }]
objects:
  - { type: folder, id: c, parent: folder:b }
  - { type: folder, id: b, parent: folder:a }
  - { type: folder, id: a }
  - { type: folder, id: d, parent: folder:c }
`);
    expect(await parents()).toEqual({ a: null, b: 'a', c: 'b', d: 'c' });
    const turned = `
objects:
  - { type: folder, id: a, parent: folder:b }
  - { type: folder, id: b, parent: folder:c }
  - { type: folder, id: c, parent: }
  - { type: folder, id: d, attributes: { n: 1 } }
`;
    expect((await apply(turned)).counts.objects).toEqual({ created: 0, updated: 4, unchanged: 0 });
    expect(await parents()).toEqual({ a: 'b', b: 'c', c: null, d: 'c' });
    expect((await apply(turned)).counts.objects).toEqual({ created: 0, updated: 0, unchanged: 4 });
    expect(await integrity()).toEqual([]);
    // What the file does not name may stand in its way.
    expect(await refusal('objects:\n  - { type: folder, id: c, parent: folder:a }\n')).toMatchObject({
      code: 'cycle',
      line: 2,
      path: 'objects.0.parent',
    });
    const deep = Array.from(
      { length: 33 },
      (_, n) => `  - { type: folder, id: n${n}, parent: folder:${n ? `n${n - 1}` : 'a'} }`,
    );
    expect(await refusal(`objects:\n${deep.join('\n')}\n`)).toMatchObject({
      code: 'too_deep',
      path: 'objects.30.parent',
    });
    expect(await parents()).toEqual({ a: 'b', b: 'c', c: null, d: 'c' });
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
      { username: 'alice', hash },
      { username: 'bob', hash: `${hash}x` },
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
    expect(await store.roles.find('a')).toMatchObject({ includes: ['b'] });
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
    expect(await store.users.find('new')).toMatchObject({ superuser: true });
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
    expect(await store.types.find('post')).toBeNull();
  });

  it('tells every thousand entries how far it is', async () => {
    const groups = Array.from({ length: 1001 }, (_, n) => `  - { id: g${n} }`);
    const told: unknown[] = [];
    await apply(['groups:', ...groups].join('\n'), (progress) => told.push(progress));
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
