import type { NamedThings } from '../../core/ports/file-marks.js';
import type { SqlExecutor, Statement } from '../executor.js';
import { idsOf, membersOf, refsOf } from './list-values.js';

/** Rows by their internal ids, kind by kind. */
export interface MarkedRows {
  readonly types: readonly number[];
  /** Groups and roles. */
  readonly subjects: readonly number[];
  readonly members: readonly { readonly group_id: number; readonly member_id: number }[];
  readonly objects: readonly string[];
  readonly assignments: readonly string[];
  readonly grants: readonly string[];
}

/** A row that something hangs on, which would go with it. */
export interface HeldRow {
  readonly kind: 'type' | 'subject' | 'object';
  readonly id: string;
  /** What hangs on it: how many rows, and the first few of them, each as its kind and its id. */
  readonly count: number;
  readonly some: readonly string[];
}

const TYPES: Statement = {
  name: 'castellan_unnamed_types',
  text: `SELECT t.id FROM castellan.types t WHERE t.from_file
    AND NOT EXISTS (SELECT FROM unnest($1::text[]) AS q(name) WHERE q.name = t.name)`,
};

const SUBJECTS: Statement = {
  name: 'castellan_unnamed_subjects',
  text: `SELECT s.id FROM castellan.subjects s WHERE s.from_file AND s.type IN ('group', 'role')
    AND NOT EXISTS (SELECT FROM unnest($1::text[], $2::text[]) AS q(type, id) WHERE q.type = s.type AND q.id = s.external_id)`,
};

const MEMBERS: Statement = {
  name: 'castellan_unnamed_members',
  text: `SELECT m.group_id, m.member_id FROM castellan.memberships m
    JOIN castellan.subjects g ON g.id = m.group_id JOIN castellan.subjects s ON s.id = m.member_id
    WHERE m.from_file AND NOT EXISTS (
      SELECT FROM unnest($1::text[], $2::text[], $3::text[]) AS q(group_id, type, id)
      WHERE q.group_id = g.external_id AND q.type = s.type AND q.id = s.external_id)`,
};

const OBJECTS: Statement = {
  name: 'castellan_unnamed_objects',
  text: `SELECT o.id::text AS id FROM castellan.objects o JOIN castellan.types t ON t.id = o.type_id
    WHERE o.from_file AND NOT EXISTS (
      SELECT FROM unnest($1::text[], $2::text[]) AS q(type, id) WHERE q.type = t.name AND q.id = o.external_id)`,
};

const ASSIGNMENTS: Statement = {
  name: 'castellan_unnamed_assignments',
  text: `SELECT a.id::text AS id FROM castellan.assignments a WHERE a.from_file
    AND NOT EXISTS (SELECT FROM unnest($1::uuid[]) AS q(id) WHERE q.id = a.id)`,
};

// What a creator gets is named with the object and its creator.
const GRANTS: Statement = {
  name: 'castellan_unnamed_grants',
  text: `WITH created AS (
      SELECT o.id AS object_id, s.id AS subject_id, t.id AS type_id, t.creator_actions
      FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS q(type, id, creator_type, creator_id)
      JOIN castellan.types t ON t.name = q.type JOIN castellan.objects o ON o.type_id = t.id AND o.external_id = q.id
      JOIN castellan.subjects s ON s.type = q.creator_type AND s.external_id = q.creator_id
    )
    SELECT g.id::text AS id FROM castellan.grants g JOIN castellan.permissions p ON p.id = g.permission_id
    WHERE g.from_file AND NOT EXISTS (SELECT FROM unnest($1::uuid[]) AS q(id) WHERE q.id = g.id)
      AND NOT EXISTS (SELECT FROM created c WHERE c.object_id = g.object_id AND c.subject_id = g.subject_id
        AND g.variant = '' AND p.type_id = c.type_id AND p.action = ANY(c.creator_actions))`,
};

/** What is marked as made from a file, and is not among what files name. */
export async function unnamedRows(sql: SqlExecutor, named: NamedThings): Promise<MarkedRows> {
  const { creators } = named;
  const ids = async <Id>(statement: Statement, values: readonly unknown[]): Promise<Id[]> =>
    (await sql.query<{ id: Id }>(statement, values)).map(({ id }) => id);
  const subjects = [
    ...named.groups.map((id) => ({ type: 'group', id })),
    ...named.roles.map((id) => ({ type: 'role', id })),
  ];
  return {
    types: await ids(TYPES, [named.types]),
    subjects: await ids(SUBJECTS, refsOf(subjects)),
    members: await sql.query(MEMBERS, membersOf(named.members)),
    objects: await ids(OBJECTS, refsOf(named.objects)),
    assignments: await ids(ASSIGNMENTS, idsOf(named.assignments)),
    grants: await ids(GRANTS, [
      ...idsOf(named.grants),
      ...refsOf(creators.map(({ object }) => object)),
      ...refsOf(creators.map(({ creator }) => creator)),
    ]),
  };
}

const FEW = 3;
const staying = (table: string, test: string): string => `NOT EXISTS (SELECT FROM ${table} x WHERE ${test})`;
const GRANT_STAYS = staying('gone_grants', 'x.id = g.id');
const ASSIGNMENT_STAYS = staying('gone_assignments', 'x.id = a.id');
const MEMBER_STAYS = staying('gone_members', 'x.group_id = m.group_id AND x.member_id = m.member_id');
const OBJECT_STAYS = staying('gone_objects', 'x.id = o.id');

const HELD: Statement = {
  name: 'castellan_held_by_others',
  text: `WITH gone_subjects AS (SELECT unnest($1::int[]) AS id),
    gone_members AS (SELECT * FROM unnest($2::int[], $3::int[]) AS q(group_id, member_id)),
    gone_objects AS (SELECT unnest($4::bigint[]) AS id), gone_assignments AS (SELECT unnest($5::uuid[]) AS id),
    gone_grants AS (SELECT unnest($6::uuid[]) AS id), asked_types AS (SELECT unnest($7::int[]) AS id),
    asked_subjects AS (SELECT unnest($8::int[]) AS id), asked_objects AS (SELECT unnest($9::bigint[]) AS id),
    places AS (
      SELECT 'object' AS kind, id, id AS object_id FROM asked_objects
      UNION ALL SELECT 'type', x.id, o.id FROM asked_types x JOIN castellan.types n ON n.id = x.id
        JOIN castellan.types t ON t.name = 'type' JOIN castellan.objects o ON o.type_id = t.id AND o.external_id = n.name
      UNION ALL SELECT 'subject', x.id, o.id FROM asked_subjects x JOIN castellan.subjects s ON s.id = x.id
        JOIN castellan.types t ON t.name = s.type JOIN castellan.objects o ON o.type_id = t.id AND o.external_id = s.external_id
    ), hanging(kind, id, what) AS (
      SELECT p.kind, p.id, 'grant ' || g.id FROM places p JOIN castellan.grants g ON g.object_id = p.object_id WHERE ${GRANT_STAYS}
      UNION ALL SELECT p.kind, p.id, 'assignment ' || a.id FROM places p
        JOIN castellan.assignments a ON a.object_id = p.object_id WHERE ${ASSIGNMENT_STAYS}
      UNION ALL SELECT p.kind, p.id, 'object ' || o.id FROM places p
        JOIN castellan.objects o ON o.parent_id = p.object_id WHERE ${OBJECT_STAYS}
      UNION ALL SELECT 'subject', s.id, 'grant ' || g.id FROM asked_subjects s
        JOIN castellan.grants g ON g.subject_id = s.id WHERE ${GRANT_STAYS}
      UNION ALL SELECT 'subject', s.id, 'assignment ' || a.id FROM asked_subjects s
        JOIN castellan.assignments a ON a.subject_id = s.id WHERE ${ASSIGNMENT_STAYS}
      UNION ALL SELECT 'subject', s.id, 'assignment ' || a.id FROM asked_subjects s
        JOIN castellan.assignments a ON a.role_id = s.id WHERE ${ASSIGNMENT_STAYS}
      UNION ALL SELECT 'subject', s.id, 'member ' || m.group_id || ' ' || m.member_id FROM asked_subjects s
        JOIN castellan.memberships m ON m.group_id = s.id WHERE ${MEMBER_STAYS}
      UNION ALL SELECT 'subject', s.id, 'member ' || m.group_id || ' ' || m.member_id FROM asked_subjects s
        JOIN castellan.memberships m ON m.member_id = s.id WHERE ${MEMBER_STAYS}
      UNION ALL SELECT 'subject', s.id, 'inclusion ' || i.role_id FROM asked_subjects s
        JOIN castellan.role_inclusions i ON i.included_id = s.id WHERE ${staying('gone_subjects', 'x.id = i.role_id')}
      UNION ALL SELECT 'type', t.id, 'object ' || o.id FROM asked_types t
        JOIN castellan.objects o ON o.type_id = t.id WHERE ${OBJECT_STAYS}
      UNION ALL SELECT 'type', t.id, 'rule ' || r.role_id FROM asked_types t JOIN castellan.permissions p ON p.type_id = t.id
        JOIN castellan.rules r ON r.permission_id = p.id WHERE ${staying('gone_subjects', 'x.id = r.role_id')}
      UNION ALL SELECT 'type', t.id, 'grant ' || g.id FROM asked_types t JOIN castellan.permissions p ON p.type_id = t.id
        JOIN castellan.grants g ON g.permission_id = p.id WHERE ${GRANT_STAYS}
    )
    SELECT kind, id::text AS id, count(DISTINCT what)::int AS count,
      to_jsonb((array_agg(DISTINCT what ORDER BY what))[1:${FEW}]) AS some
    FROM hanging GROUP BY kind, id ORDER BY kind, id`,
};

type Asked = Pick<MarkedRows, 'types' | 'subjects' | 'objects'>;

/** Those of what is asked about that something hangs on which is not to go. */
function heldAmong(sql: SqlExecutor, gone: MarkedRows, asked: Asked): Promise<HeldRow[]> {
  return sql.query<HeldRow>(HELD, [
    gone.subjects,
    gone.members.map(({ group_id }) => group_id),
    gone.members.map(({ member_id }) => member_id),
    gone.objects,
    gone.assignments,
    gone.grants,
    asked.types,
    asked.subjects,
    asked.objects,
  ]);
}

/**
 * The rows without those that something hangs on which stays; and those, with all that hangs on them. What is kept may itself hang on
 * another one, so it is looked again until nothing more is.
 */
export async function withoutHeld(
  sql: SqlExecutor,
  marked: MarkedRows,
): Promise<{ rows: MarkedRows; held: HeldRow[] }> {
  const rows: { -readonly [Kind in keyof MarkedRows]: MarkedRows[Kind] } = { ...marked };
  for (;;) {
    const found = await heldAmong(sql, rows, rows);
    if (found.length === 0) break;
    const idsOfKind = (kind: HeldRow['kind']): Set<string> =>
      new Set(found.filter((row) => row.kind === kind).map(({ id }) => id));
    const [types, subjects, objects] = [idsOfKind('type'), idsOfKind('subject'), idsOfKind('object')];
    rows.types = rows.types.filter((id) => !types.has(String(id)));
    rows.subjects = rows.subjects.filter((id) => !subjects.has(String(id)));
    rows.objects = rows.objects.filter((id) => !objects.has(id));
  }
  const kept: Asked = {
    types: without(marked.types, rows.types),
    subjects: without(marked.subjects, rows.subjects),
    objects: without(marked.objects, rows.objects),
  };
  const some = kept.types.length + kept.subjects.length + kept.objects.length > 0;
  return { rows, held: some ? await heldAmong(sql, rows, kept) : [] };
}

function without<Id>(all: readonly Id[], some: readonly Id[]): Id[] {
  const left = new Set(some);
  return all.filter((id) => !left.has(id));
}
