import pg from 'pg';
import { variantOf } from '../../src/store/records/grant-store.js';
import { attributesOf } from './oracle.js';
import { above, groupsOf, same, withIncluded, type Ref, type World } from './world.js';

/**
 * Writes a world straight into the tables, in one round trip: by the writers it takes twenty times as long. What it knows of
 * the tables is held to be right by the questions asked next, and by the worlds that the writers begin.
 */
export class Planting {
  // Far above what the migrations and the sequences gave out; every world's rows are new ones.
  #next = 1_000;
  readonly #standing = new Map<string, number>();

  private constructor(private readonly client: pg.Client) {}

  /** Prepares a database that holds nothing yet but what is there from the start, which stays whenever it is cleared. */
  static async in(client: pg.Client): Promise<Planting> {
    const planting = new Planting(client);
    await client.query(PREPARE);
    const { rows } = await client.query<{ kind: string; type: string; id: string; key: string }>(STANDING);
    for (const { kind, type, id, key } of rows) planting.#standing.set(keyOf(kind, { type, id }), Number(key));
    return planting;
  }

  /** Removes everything that was not there from the start. The audit trail stays: it can't be emptied, and nothing reads it. */
  async clear(): Promise<void> {
    await this.client.query('SELECT worlds.clear()');
  }

  /** Puts everything there. */
  async plant(world: World): Promise<void> {
    await this.client.query('SELECT worlds.plant($1)', [JSON.stringify(this.#rowsOf(world))]);
  }

  #rowsOf(world: World): object {
    const keys = new Map(this.#standing);
    const fresh = (kind: string, ref: Ref): number => {
      this.#next += 1;
      keys.set(keyOf(kind, ref), this.#next);
      return this.#next;
    };
    const key = (kind: string, ref: Ref): number => {
      const found = keys.get(keyOf(kind, ref));
      if (found === undefined) throw new Error(`There is no ${kind} ${ref.type}:${ref.id}`);
      return found;
    };
    const isNew = (ref: Ref): boolean => !this.#standing.has(keyOf('subject', ref));
    const object = (ref: Ref, parent: Ref | null, attributes: object): object => ({
      id: key('object', ref),
      type_id: key('type', { type: 'type', id: ref.type }),
      external_id: ref.id,
      parent_id: parent && key('object', parent),
      attributes,
    });
    const of =
      (type: string) =>
      (each: { id: string }): Ref => ({ type, id: each.id });
    const types = world.types.map(({ id, mode, actions, creatorActions }) => {
      const row = { id: fresh('type', { type: 'type', id }), name: id, mode, actions, creator_actions: creatorActions };
      return { ...row, first_permission: this.#taken(actions.length) };
    });
    const users = world.users.filter((user) => isNew(of('user')(user)));
    const refs = [...users.map(of('user')), ...world.groups.map(of('group')), ...world.roles.map(of('role'))];
    const subjects = refs.map((ref) => ({
      id: fresh('subject', ref),
      type: ref.type,
      external_id: ref.id,
      ...(ref.type === 'user' ? usersRow(world, ref) : { active: true, superuser: false, attributes: {} }),
    }));
    const plainObjects = [...world.types.map(of('type')), ...refs];
    for (const ref of [...plainObjects, ...world.objects]) fresh('object', ref);
    const objects = [
      ...plainObjects.map((ref) => object(ref, null, attributesOf(world, ref))),
      ...world.objects.map((each) => object(each, each.parent, each.attributes)),
    ];
    const ancestry = world.objects.flatMap((each) =>
      above(world, each).map((ancestor, index) => ({
        descendant_id: key('object', each),
        ancestor_id: key('object', ancestor),
        descendant_type_id: key('type', { type: 'type', id: each.type }),
        depth: index + 1,
      })),
    );
    const rows = {
      types,
      subjects,
      objects,
      ancestry,
      ...edges(world, (ref) => key('subject', ref)),
      rules: world.roles.flatMap((role) =>
        role.rules.map(({ permission, effect, condition, fields }) => ({
          role_id: key('subject', of('role')(role)),
          permission,
          effect,
          condition,
          fields: fields ?? [],
        })),
      ),
      assignments: world.assignments.map((assignment) => ({
        subject_id: key('subject', assignment.subject),
        role_id: key('subject', { type: 'role', id: assignment.role }),
        object_id: assignment.object && key('object', assignment.object),
        starts_at: assignment.startsAt,
        expires_at: assignment.expiresAt,
      })),
      grants: world.grants.map((grant) => ({
        subject_id: key('subject', grant.subject),
        permission: grant.permission,
        object_id: grant.object && key('object', grant.object),
        effect: grant.effect,
        condition: grant.condition,
        fields: grant.fields ?? [],
        starts_at: grant.startsAt,
        expires_at: grant.expiresAt,
        variant: variantOf(grant),
        reaches_below: world.objects.some(({ parent }) => parent && grant.object && same(parent, grant.object)),
      })),
    };
    // What is written next by the writers comes after all of these.
    const distinct = Object.entries(rows).map(([name, all]) => [name, distinctOf(all)] as const);
    return { ...Object.fromEntries(distinct), last: this.#taken(100) };
  }

  #taken(count: number): number {
    this.#next += count;
    return this.#next - count + 1;
  }
}

const keyOf = (kind: string, { type, id }: Ref): string => JSON.stringify([kind, type, id]);

// A world that was made to fit a test may hold the same twice.
const distinctOf = (rows: readonly object[]): object[] =>
  [...new Set(rows.map((row) => JSON.stringify(row)))].map((row) => JSON.parse(row) as object);

function usersRow(world: World, { id }: Ref): object {
  const user = world.users.find((each) => each.id === id);
  return { username: id, active: user?.active, superuser: user?.superuser, attributes: user?.attributes };
}

function edges(world: World, key: (ref: Ref) => number): Record<string, object[]> {
  const role = (id: string): number => key({ type: 'role', id });
  const members: Ref[] = [
    ...world.users.map(({ id }) => ({ type: 'user', id })),
    ...world.groups.map(({ id }) => ({ type: 'group', id })),
  ];
  return {
    memberships: world.groups.flatMap(({ id, members: direct }) =>
      direct.map((member) => ({ group_id: key({ type: 'group', id }), member_id: key(member) })),
    ),
    effective_memberships: members.flatMap((member) =>
      groupsOf(world, member).map((group) => ({ member_id: key(member), group_id: key(group) })),
    ),
    role_inclusions: world.roles.flatMap(({ id, includes }) =>
      includes.map((included) => ({ role_id: role(id), included_id: role(included) })),
    ),
    effective_inclusions: world.roles.flatMap(({ id }) =>
      withIncluded(world, id).map((included) => ({ role_id: role(id), included_id: role(included) })),
    ),
  };
}

const STANDING = `
  SELECT 'subject' AS kind, type, external_id AS id, id AS key FROM castellan.subjects
  UNION ALL SELECT 'type', 'type', name, id FROM castellan.types
  UNION ALL SELECT 'object', t.name, o.external_id, o.id FROM castellan.objects o JOIN castellan.types t ON t.id = o.type_id`;

const rowsInto = (table: string, columns: string): string => `
    INSERT INTO castellan.${table} (${columns})
    SELECT ${columns} FROM jsonb_populate_recordset(NULL::castellan.${table}, world->'${table}');`;

const TABLES = [
  'grants',
  'assignments',
  'rules',
  'effective_inclusions',
  'role_inclusions',
  'roles',
  'effective_memberships',
  'memberships',
  'ancestry',
];

// Functions, so that their statements are planned once. The triggers of foreign keys would take as long again.
const PREPARE = `
  CREATE SCHEMA worlds;
  CREATE TABLE worlds.kept AS SELECT id, 'subject' AS kind FROM castellan.subjects
    UNION ALL SELECT id, 'type' FROM castellan.types UNION ALL SELECT id, 'object' FROM castellan.objects;
  CREATE FUNCTION worlds.clear() RETURNS void LANGUAGE plpgsql SET session_replication_role = 'replica' AS $$ BEGIN
    ${TABLES.map((table) => `DELETE FROM castellan.${table};`).join('\n    ')}
    DELETE FROM castellan.objects WHERE id > (SELECT max(id) FROM worlds.kept WHERE kind = 'object');
    DELETE FROM castellan.subjects WHERE id > (SELECT max(id) FROM worlds.kept WHERE kind = 'subject');
    DELETE FROM castellan.permissions WHERE type_id > (SELECT max(id) FROM worlds.kept WHERE kind = 'type');
    DELETE FROM castellan.types WHERE id > (SELECT max(id) FROM worlds.kept WHERE kind = 'type');
  END $$;
  CREATE FUNCTION worlds.plant(world jsonb) RETURNS void LANGUAGE plpgsql SET session_replication_role = 'replica' AS $$ BEGIN
    ${rowsInto('types', 'id, name, mode, creator_actions')}
    INSERT INTO castellan.permissions (id, type_id, action)
    SELECT (t->>'first_permission')::int + a.n - 1, (t->>'id')::int, a.action
    FROM jsonb_array_elements(world->'types') t, jsonb_array_elements_text(t->'actions') WITH ORDINALITY AS a(action, n);
    ${rowsInto('subjects', 'id, type, external_id, active, superuser, username, attributes')}
    INSERT INTO castellan.roles SELECT (s->>'id')::int FROM jsonb_array_elements(world->'subjects') s WHERE s->>'type' = 'role';
    ${rowsInto('objects', 'id, type_id, external_id, parent_id, attributes')}
    ${rowsInto('ancestry', 'descendant_id, ancestor_id, descendant_type_id, depth')}
    ${rowsInto('memberships', 'group_id, member_id')}
    ${rowsInto('effective_memberships', 'group_id, member_id')}
    ${rowsInto('role_inclusions', 'role_id, included_id')}
    ${rowsInto('effective_inclusions', 'role_id, included_id')}
    INSERT INTO castellan.rules (role_id, permission_id, effect, condition, fields)
    SELECT r.role_id, p.id, r.effect, r.condition, r.fields
    FROM jsonb_to_recordset(world->'rules') AS r(role_id int, permission text, effect text, condition jsonb, fields text[])
    JOIN castellan.types t ON starts_with(r.permission, t.name || ':')
    JOIN castellan.permissions p ON p.type_id = t.id AND r.permission = t.name || ':' || p.action;
    INSERT INTO castellan.assignments (id, subject_id, role_id, object_id, starts_at, expires_at)
    SELECT gen_random_uuid(), subject_id, role_id, object_id, starts_at, expires_at
    FROM jsonb_populate_recordset(NULL::castellan.assignments, world->'assignments');
    INSERT INTO castellan.grants (id, subject_id, permission_id, object_id, effect, condition, fields, starts_at, expires_at, variant, reaches_below)
    SELECT gen_random_uuid(), g.subject_id, p.id, g.object_id, g.effect, g.condition, g.fields, g.starts_at, g.expires_at, g.variant, g.reaches_below
    FROM jsonb_to_recordset(world->'grants') AS g(subject_id int, permission text, object_id bigint, effect text, condition jsonb, fields text[],
      starts_at timestamptz, expires_at timestamptz, variant text, reaches_below bool)
    JOIN castellan.types t ON starts_with(g.permission, t.name || ':')
    JOIN castellan.permissions p ON p.type_id = t.id AND g.permission = t.name || ':' || p.action;
    PERFORM setval('castellan.types_id_seq', (world->>'last')::int), setval('castellan.permissions_id_seq', (world->>'last')::int),
      setval('castellan.subjects_id_seq', (world->>'last')::int), setval('castellan.objects_id_seq', (world->>'last')::int);
  END $$;`;
