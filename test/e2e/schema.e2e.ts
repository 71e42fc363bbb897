import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BUILT_IN_TYPES, DEFAULT_ACTIONS } from '../../src/core/built-ins.js';
import { schemaDrift } from '../../src/store/migrations.js';
import { ANYONE_ID, AUTHENTICATED_ID } from '../../src/store/principals-sql.js';
import { integrityFaults } from '../support/integrity.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

// A bit of everything, by surrogate id: 201 alice, 202 staff, 203 all (which holds staff), 204 editor and 205 chief
// (which includes editor); type 301 with action 401; object 501 below 502.
const CONTENTS = `
  INSERT INTO subjects (id, type, external_id, username) VALUES (201, 'user', 'alice', 'alice');
  INSERT INTO subjects (id, type, external_id) VALUES (202, 'group', 'staff'), (203, 'group', 'all'), (204, 'role', 'editor'), (205, 'role', 'chief');
  INSERT INTO objects (type_id, external_id) VALUES (1, 'alice'), (2, 'staff'), (2, 'all'), (3, 'editor'), (3, 'chief');
  INSERT INTO memberships (group_id, member_id) VALUES (202, 201), (203, 202);
  INSERT INTO effective_memberships (group_id, member_id) VALUES (202, 201), (203, 202), (203, 201);
  INSERT INTO roles (id) VALUES (204), (205);
  INSERT INTO role_inclusions (role_id, included_id) VALUES (205, 204);
  INSERT INTO effective_inclusions (role_id, included_id) VALUES (204, 204), (205, 205), (205, 204);
  INSERT INTO types (id, name) VALUES (301, 'post');
  INSERT INTO objects (type_id, external_id) VALUES (4, 'post');
  INSERT INTO permissions (id, type_id, action) VALUES (401, 301, 'view'), (402, 301, 'change');
  INSERT INTO rules (role_id, permission_id) VALUES (204, 401);
  INSERT INTO objects (id, type_id, external_id, parent_id) VALUES (502, 301, 'above', NULL), (501, 301, 'below', 502);
  INSERT INTO ancestry (descendant_id, ancestor_id, descendant_type_id, depth) VALUES (501, 502, 301, 1);
  INSERT INTO assignments (id, subject_id, role_id, object_id) VALUES
    ('00000000-0000-7000-8000-000000000001', 202, 205, NULL), ('00000000-0000-7000-8000-000000000002', 201, 204, 501);
  INSERT INTO grants (id, subject_id, permission_id, object_id, reaches_below) VALUES
    ('00000000-0000-7000-8000-000000000011', 201, 401, 501, false), ('00000000-0000-7000-8000-000000000012', 204, 402, NULL, false),
    ('00000000-0000-7000-8000-000000000013', 202, 401, 502, true);
  INSERT INTO credentials (subject_id, password_hash, version) VALUES (201, 'hash', gen_random_uuid());
  INSERT INTO tokens (id, subject_id, name, hash) VALUES ('00000000-0000-7000-8000-000000000021', 201, 'a', 'hash');
  INSERT INTO sessions (sid, sess, expire, subject_id) VALUES ('sid', '{}', now(), 201);
`;
const TABLES = (
  'memberships effective_memberships roles role_inclusions effective_inclusions rules assignments ' +
  'permissions ancestry grants credentials tokens sessions'
).split(' ');

describe('the schema', () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client(database.databaseUrl);
    await client.connect();
    await client.query('SET search_path TO castellan');
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });
  beforeEach(() => client.query(`BEGIN; ${CONTENTS}`));
  afterEach(() => client.query('ROLLBACK'));

  /** How many rows of the contents there are, table by table. */
  const counts = async (): Promise<Record<string, number>> => {
    const columns = TABLES.map((table) => {
      // Permissions of the built-in types are always there.
      const own = table === 'permissions' ? ' WHERE type_id > 100' : '';
      return `(SELECT count(*)::int FROM ${table}${own}) AS ${table}`;
    });
    const { rows } = await client.query<Record<string, number>>(`SELECT ${columns.join(', ')}`);
    return rows[0] ?? {};
  };
  const refusal = async (sql: string): Promise<string> => {
    await client.query('SAVEPOINT attempt');
    const { code, constraint } = await client.query(sql).then(
      () => ({ code: 'none', constraint: 'it was taken' }),
      (error: pg.DatabaseError) => error,
    );
    await client.query('ROLLBACK TO attempt');
    return `${code} ${constraint ?? ''}`.trim();
  };

  it('is what schema.prisma describes', async () => {
    expect(await schemaDrift(database.databaseUrl)).toBe('');
  });

  it('removes with a row whatever refers to it, by every foreign key there is', async () => {
    const { rows } = await client.query(`SELECT conname, confdeltype FROM pg_constraint
      WHERE contype = 'f' AND connamespace = 'castellan'::regnamespace ORDER BY 1`);
    expect(rows.length).toBeGreaterThanOrEqual(20);
    expect(rows.filter(({ confdeltype }) => confdeltype !== 'c')).toEqual([]);
  });

  it('finds by an index what a removed row takes along', async () => {
    const { rows } = await client.query(`SELECT c.conname FROM pg_constraint c
      WHERE c.contype = 'f' AND c.connamespace = 'castellan'::regnamespace AND NOT EXISTS (
        SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indpred IS NULL
          AND (i.indkey::int2[])[0:array_length(c.conkey, 1) - 1] = c.conkey)`);
    expect(rows).toEqual([]);
  });

  it.each<[what: string, sql: string, gone: Record<string, number>]>([
    [
      'a user',
      'DELETE FROM subjects WHERE id = 201',
      { memberships: 1, effective_memberships: 2, assignments: 1, grants: 1, credentials: 1, tokens: 1, sessions: 1 },
    ],
    [
      'a group',
      'DELETE FROM subjects WHERE id = 202',
      { memberships: 2, effective_memberships: 2, assignments: 1, grants: 1 },
    ],
    [
      'a role',
      'DELETE FROM subjects WHERE id = 204',
      { roles: 1, role_inclusions: 1, effective_inclusions: 2, rules: 1, assignments: 1, grants: 1 },
    ],
    [
      'a type',
      'DELETE FROM types WHERE id = 301',
      { permissions: 2, rules: 1, assignments: 1, ancestry: 1, grants: 3 },
    ],
    ['an action', 'DELETE FROM permissions WHERE id = 401', { permissions: 1, rules: 1, grants: 2 }],
    ['an object', 'DELETE FROM objects WHERE id = 501', { assignments: 1, ancestry: 1, grants: 1 }],
    [
      'an object with others below it',
      'DELETE FROM objects WHERE id = 502',
      { assignments: 1, ancestry: 1, grants: 2 },
    ],
  ])('takes along, with %s, all that hangs on it and nothing else', async (_, sql, gone) => {
    const before = await counts();
    await client.query(sql);
    const after = await counts();
    const lost = TABLES.map((table) => [table, (before[table] ?? 0) - (after[table] ?? 0)] as const);
    expect(Object.fromEntries(lost.filter(([, rows]) => rows !== 0))).toEqual(gone);
  });

  it.each([
    ['rules_effect_check', "UPDATE rules SET effect = 'maybe'"],
    ['grants_effect_check', "UPDATE grants SET effect = 'Allow'"],
    ['types_mode_check', "UPDATE types SET mode = 'any' WHERE id = 301"],
    ['objects_parent_check', 'UPDATE objects SET parent_id = id WHERE id = 501'],
    ['memberships_self_check', 'INSERT INTO memberships (group_id, member_id) VALUES (202, 202)'],
    ['role_inclusions_self_check', 'INSERT INTO role_inclusions (role_id, included_id) VALUES (204, 204)'],
  ])('refuses what the model has no meaning for: %s', async (constraint, sql) => {
    expect(await refusal(sql)).toBe(`23514 ${constraint}`);
  });

  it.each([
    ['subjects_type_external_id_key', "INSERT INTO subjects (type, external_id) VALUES ('user', 'alice')"],
    ['subjects_username_key', "INSERT INTO subjects (type, external_id, username) VALUES ('user', 'a', 'alice')"],
    ['types_name_key', "INSERT INTO types (name) VALUES ('post')"],
    ['permissions_type_id_action_key', "INSERT INTO permissions (type_id, action) VALUES (301, 'view')"],
    ['objects_type_id_external_id_key', "INSERT INTO objects (type_id, external_id) VALUES (301, 'below')"],
    [
      'assignments_same_key',
      'INSERT INTO assignments (id, subject_id, role_id, object_id, starts_at, expires_at) VALUES (gen_random_uuid(), 202, 205, NULL, NULL, NULL)',
    ],
    ['grants_same_key', 'INSERT INTO grants (id, subject_id, permission_id) VALUES (gen_random_uuid(), 204, 402)'],
    [
      'grants_same_key',
      'INSERT INTO grants (id, subject_id, permission_id, object_id) VALUES (gen_random_uuid(), 201, 401, 501)',
    ],
  ])('has nothing twice: %s', async (constraint, sql) => {
    expect(await refusal(sql)).toBe(`23505 ${constraint}`);
  });

  it('keeps apart what differs in case, in spaces or in how it is composed', async () => {
    const ids = ['Alice', 'alice ', ' alice', 'álice', 'a\u0301lice', 'ALICE'];
    await client.query(
      `INSERT INTO subjects (type, external_id, username) SELECT 'user', id, id FROM unnest($1::text[]) id`,
      [ids],
    );
    const { rows } = await client.query(
      "SELECT external_id FROM subjects WHERE type = 'user' AND external_id = 'alice'",
    );
    expect(rows).toHaveLength(1);
  });

  it('derives the place of a grant, and lets nobody write another', async () => {
    const { rows } = await client.query('SELECT place_id::int AS place FROM grants ORDER BY id');
    expect(rows).toEqual([{ place: 501 }, { place: 0 }, { place: 502 }]);
    expect(await refusal('UPDATE grants SET place_id = 0')).toBe('428C9');
  });

  it('begins with the groups and types that are built in, under the ids that the code knows them by', async () => {
    const groups = await client.query('SELECT id, external_id FROM subjects WHERE id < 100 ORDER BY id');
    expect(groups.rows).toEqual([
      { id: ANYONE_ID, external_id: 'anyone' },
      { id: AUTHENTICATED_ID, external_id: 'authenticated' },
    ]);
    const types = await client.query<{
      name: string;
      actions: string[];
    }>(`SELECT t.name, array_agg(p.action ORDER BY p.id) AS actions
      FROM types t JOIN permissions p ON p.type_id = t.id WHERE t.built_in GROUP BY t.id ORDER BY t.id`);
    expect(types.rows.map(({ name }) => name)).toEqual([...BUILT_IN_TYPES]);
    const usual = types.rows.filter(({ name }) => !['audit', 'access'].includes(name));
    for (const { name, actions } of usual) expect(actions, name).toEqual([...DEFAULT_ACTIONS]);
    expect(await integrityFaults(client)).toEqual([]);
  });
});
