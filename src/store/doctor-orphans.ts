import { ANYONE, AUTHENTICATED } from '../core/built-ins.js';
import { refName, type SubjectRef } from '../core/model.js';
import { MOST_EXAMPLES, run, sqlCheck, type Check, type Found } from './doctor-check.js';
import type { SqlExecutor } from './executor.js';
import { ANYONE_ID, AUTHENTICATED_ID } from './principals-sql.js';

interface Reference {
  readonly table: string;
  readonly column: string;
  readonly target: string;
  readonly target_column: string;
}

const REFERENCES = `SELECT format('%I.%I', 'castellan', row.relname) AS "table", quote_ident(own.attname) AS "column",
    format('%I.%I', 'castellan', there.relname) AS target, quote_ident(other.attname) AS target_column
  FROM pg_constraint con
  JOIN pg_class row ON row.oid = con.conrelid
  JOIN pg_class there ON there.oid = con.confrelid
  JOIN pg_attribute own ON own.attrelid = con.conrelid AND own.attnum = con.conkey[1]
  JOIN pg_attribute other ON other.attrelid = con.confrelid AND other.attnum = con.confkey[1]
  WHERE con.contype = 'f' AND con.connamespace = 'castellan'::regnamespace AND cardinality(con.conkey) = 1
  ORDER BY 1, 2`;

const dangling = ({ column, target, target_column }: Reference): string =>
  `row.${column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ${target} there WHERE there.${target_column} = row.${column})`;

// To be below something is not to hang on it: an object whose parent is gone is somebody's to place.
const isParent = ({ column }: Reference): boolean => column === 'parent_id';

async function findDangling(sql: SqlExecutor, parents: boolean): Promise<Found> {
  const found = { count: 0, examples: [] as string[] };
  for (const reference of await run<Reference>(sql, REFERENCES)) {
    if (isParent(reference) !== parents) continue;
    const { table, column, target } = reference;
    const rows = await run<{ value: string; rows: number }>(
      sql,
      `SELECT row.${column}::text AS value, count(*)::int AS rows FROM ${table} row WHERE ${dangling(reference)} GROUP BY 1 ORDER BY 1`,
    );
    for (const { value, rows: many } of rows) {
      found.count += many;
      if (found.examples.length < MOST_EXAMPLES)
        found.examples.push(`${table}.${column} names ${value}, which is not in ${target} (rows: ${many})`);
    }
  }
  return found;
}

async function deleteDangling(sql: SqlExecutor): Promise<void> {
  for (const reference of await run<Reference>(sql, REFERENCES)) {
    if (!isParent(reference)) await run(sql, `DELETE FROM ${reference.table} row WHERE ${dangling(reference)}`);
  }
}

const DANGLING: Check = {
  kind: 'dangling_reference',
  says: 'rows hang on what is gone',
  find: (sql) => findDangling(sql, false),
  mend: deleteDangling,
};

const PARENT_GONE: Check = {
  kind: 'parent_gone',
  says: 'objects are below an object that is gone',
  advice: 'PATCH /api/v1/objects/:type/:id with another parent, or with null for none',
  find: (sql) => findDangling(sql, true),
};

const OWN_OBJECTS = `s.type IN ('user', 'group', 'role') AND NOT EXISTS (SELECT 1 FROM castellan.objects o WHERE o.type_id = t.id AND o.external_id = s.external_id)`;

const SUBJECT_WITHOUT_OBJECT: Check = sqlCheck(
  { kind: 'subject_without_object', says: 'subjects are not registered as objects, so no rule can be placed on them' },
  `SELECT s.type || ':' || s.external_id || ' has no object' AS what FROM castellan.subjects s
  JOIN castellan.types t ON t.name = s.type WHERE ${OWN_OBJECTS}`,
  [
    `INSERT INTO castellan.objects (type_id, external_id, attributes)
    SELECT t.id, s.external_id, CASE WHEN s.type = 'user' THEN s.attributes ELSE '{}' END FROM castellan.subjects s
     JOIN castellan.types t ON t.name = s.type WHERE ${OWN_OBJECTS}`,
  ],
);

const TYPE_WITHOUT_OBJECT: Check = sqlCheck(
  { kind: 'type_without_object', says: 'types are not registered as objects, so no rule can be placed on them' },
  `SELECT 'type:' || n.name || ' has no object' AS what FROM castellan.types n JOIN castellan.types t ON t.name = 'type'
  WHERE NOT EXISTS (SELECT 1 FROM castellan.objects o WHERE o.type_id = t.id AND o.external_id = n.name)`,
  [
    `INSERT INTO castellan.objects (type_id, external_id) SELECT t.id, n.name FROM castellan.types n JOIN castellan.types t ON t.name = 'type'
     WHERE NOT EXISTS (SELECT 1 FROM castellan.objects o WHERE o.type_id = t.id AND o.external_id = n.name)`,
  ],
);

const STANDS_FOR_NOTHING = `t.id = o.type_id AND (
    t.name IN ('user', 'group', 'role') AND NOT EXISTS (SELECT 1 FROM castellan.subjects s WHERE s.type = t.name AND s.external_id = o.external_id)
    OR t.name = 'type' AND NOT EXISTS (SELECT 1 FROM castellan.types n WHERE n.name = o.external_id))`;

const OBJECT_OF_NOTHING: Check = sqlCheck(
  {
    kind: 'object_of_nothing',
    says: 'objects stand for subjects or types that are gone',
    // Deleting it would take along all that is below it.
    advice: 'move what is below them, then run doctor --fix again',
  },
  `SELECT t.name || ':' || o.external_id || ' is gone, and its object is not' AS what FROM castellan.objects o
  JOIN castellan.types t ON ${STANDS_FOR_NOTHING}`,
  [
    `DELETE FROM castellan.objects o USING castellan.types t
     WHERE ${STANDS_FOR_NOTHING} AND NOT EXISTS (SELECT 1 FROM castellan.objects below WHERE below.parent_id = o.id)`,
  ],
);

const ROLE_WITHOUT_ROW: Check = sqlCheck(
  { kind: 'role_without_row', says: 'roles are not in castellan.roles, so they can have no rules' },
  `SELECT 'role:' || s.external_id || ' has no row' AS what FROM castellan.subjects s
  WHERE s.type = 'role' AND NOT EXISTS (SELECT 1 FROM castellan.roles r WHERE r.id = s.id)`,
  [
    `INSERT INTO castellan.roles (id) SELECT s.id FROM castellan.subjects s WHERE s.type = 'role' ON CONFLICT DO NOTHING`,
  ],
);

const ROW_WITHOUT_ROLE: Check = sqlCheck(
  { kind: 'row_without_role', says: 'castellan.roles holds what is no role' },
  `SELECT s.type || ':' || s.external_id || ' is in castellan.roles' AS what FROM castellan.roles r
  JOIN castellan.subjects s ON s.id = r.id WHERE s.type <> 'role'`,
  [`DELETE FROM castellan.roles r USING castellan.subjects s WHERE s.id = r.id AND s.type <> 'role'`],
);

const builtIn = (id: number, ref: SubjectRef): string => `SELECT '${refName(ref)} is not the subject ${id}' AS what
  WHERE NOT EXISTS (SELECT 1 FROM castellan.subjects s WHERE s.id = ${id} AND s.type = '${ref.type}' AND s.external_id = '${ref.id}')`;

const BUILT_IN_GROUPS: Check = sqlCheck(
  {
    kind: 'built_in_groups',
    says: 'a built-in group is not where decisions look for it',
    advice: 'restore castellan.subjects from a backup',
  },
  `${builtIn(ANYONE_ID, ANYONE)} UNION ALL ${builtIn(AUTHENTICATED_ID, AUTHENTICATED)}`,
);

const NO_SUPERUSER: Check = sqlCheck(
  {
    kind: 'no_superuser',
    says: 'there is no active superuser',
    advice: 'castellan user create NAME --superuser --generate-password',
  },
  `SELECT 'nobody may do everything' AS what
  WHERE NOT EXISTS (SELECT 1 FROM castellan.subjects s WHERE s.type = 'user' AND s.superuser AND s.active)`,
);

/** Nothing hangs on what is gone, and everything that has to be there is. */
export const ORPHAN_CHECKS: readonly Check[] = [
  DANGLING,
  PARENT_GONE,
  BUILT_IN_GROUPS,
  NO_SUPERUSER,
  ROW_WITHOUT_ROLE,
  ROLE_WITHOUT_ROW,
  OBJECT_OF_NOTHING,
  SUBJECT_WITHOUT_OBJECT,
  TYPE_WITHOUT_OBJECT,
];
