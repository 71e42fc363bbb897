// Fills a database with D documents and 5·D grants, the way a sharing service would look: ten thousand people in fifty groups,
// each group with a role, every document shared with five people.
import pg from 'pg';

const PEOPLE = 10_000;
const BATCH = 100_000;

export const person = (n) => `u${1 + (n % PEOPLE)}`;
export const document = (n, documents) => `d${1 + (n % documents)}`;

const SETUP = `
  INSERT INTO castellan.types (name, creator_actions) VALUES ('document', '{view,change,delete,grant}');
  INSERT INTO castellan.permissions (type_id, action)
    SELECT t.id, a FROM castellan.types t, unnest('{view,add,change,delete,grant}'::text[]) a WHERE t.name = 'document';
  INSERT INTO castellan.subjects (type, external_id, username) SELECT 'user', 'u' || n, 'u' || n FROM generate_series(1, ${PEOPLE}) n;
  INSERT INTO castellan.subjects (type, external_id) SELECT 'group', 'g' || n FROM generate_series(1, 50) n;
  INSERT INTO castellan.subjects (type, external_id) SELECT 'role', 'r' || n FROM generate_series(1, 20) n;
  INSERT INTO castellan.roles SELECT id FROM castellan.subjects WHERE type = 'role';
  INSERT INTO castellan.effective_inclusions SELECT id, id FROM castellan.roles;
  INSERT INTO castellan.rules (role_id, permission_id)
    SELECT r.id, p.id FROM castellan.roles r, castellan.permissions p JOIN castellan.types t ON t.id = p.type_id
    WHERE t.name = 'document' AND p.action = 'add';
  INSERT INTO castellan.memberships (group_id, member_id)
    SELECT g.id, u.id FROM generate_series(1, ${PEOPLE}) n
    JOIN castellan.subjects u ON u.type = 'user' AND u.external_id = 'u' || n
    JOIN castellan.subjects g ON g.type = 'group' AND g.external_id = 'g' || (1 + n % 50);
  INSERT INTO castellan.effective_memberships (member_id, group_id) SELECT member_id, group_id FROM castellan.memberships;
  INSERT INTO castellan.assignments (id, subject_id, role_id)
    SELECT gen_random_uuid(), g.id, r.id FROM generate_series(1, 50) n
    JOIN castellan.subjects g ON g.type = 'group' AND g.external_id = 'g' || n
    JOIN castellan.subjects r ON r.type = 'role' AND r.external_id = 'r' || (1 + n % 20);`;

// One in fifty thousand is of a rare color; the others share a hundred colors.
const OBJECTS = `
  INSERT INTO castellan.objects (type_id, external_id, attributes)
    SELECT t.id, 'd' || n, jsonb_build_object('color', CASE WHEN n % 50000 = 7 THEN 'rare' ELSE 'c' || n % 100 END)
    FROM castellan.types t, generate_series($1::int, $2::int) n WHERE t.name = 'document' ORDER BY n`;

// Document n is shared with five people, one for each action.
const GRANTS = `
  INSERT INTO castellan.grants (id, subject_id, permission_id, object_id)
    SELECT uuidv7(), u.base + (n::bigint * 7919 + a.number * 104729) % ${PEOPLE}, a.id, o.id
    FROM (SELECT min(id) AS base FROM castellan.subjects WHERE type = 'user' AND external_id ~ '^u[0-9]+$') u,
      generate_series($1::int, $2::int) n
      JOIN castellan.objects o ON o.external_id = 'd' || n AND o.type_id = (SELECT id FROM castellan.types WHERE name = 'document'),
      (SELECT p.id, row_number() OVER (ORDER BY p.id) - 1 AS number FROM castellan.permissions p
        JOIN castellan.types t ON t.id = p.type_id WHERE t.name = 'document') a
    ON CONFLICT DO NOTHING`;

// One folder with as many files below it as there are documents.
const FOLDER = `
  INSERT INTO castellan.types (name) VALUES ('folder'), ('file');
  INSERT INTO castellan.permissions (type_id, action)
    SELECT t.id, a FROM castellan.types t, unnest('{view,add,change,delete,grant}'::text[]) a WHERE t.name IN ('folder', 'file');
  INSERT INTO castellan.objects (type_id, external_id) SELECT t.id, 'all' FROM castellan.types t WHERE t.name = 'folder';
  INSERT INTO castellan.objects (type_id, external_id)
    SELECT (SELECT id FROM castellan.types WHERE name = 'type'), t.name FROM castellan.types t WHERE NOT t.built_in;`;
const FILES = `
  WITH folder AS (
    SELECT o.id, t.id AS file_type FROM castellan.objects o, castellan.types t WHERE o.external_id = 'all' AND t.name = 'file'
  ), made AS (
    INSERT INTO castellan.objects (type_id, external_id, parent_id)
      SELECT f.file_type, 'f' || n, f.id FROM folder f, generate_series($1::int, $2::int) n ORDER BY n
      RETURNING id, type_id, parent_id
  )
  INSERT INTO castellan.ancestry (descendant_id, ancestor_id, descendant_type_id, depth) SELECT id, parent_id, type_id, 1 FROM made`;

/** Fills the database; `progress` is told how many documents are there. */
export async function fill(databaseUrl, documents, progress) {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    await client.query(SETUP);
    await client.query(FOLDER);
    for (let from = 1; from <= documents; from += BATCH) {
      const to = Math.min(documents, from + BATCH - 1);
      await client.query(OBJECTS, [from, to]);
      await client.query(FILES, [from, to]);
      await client.query(GRANTS, [from, to]);
      progress(to);
    }
    await client.query('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
}

/** How many grants there are. */
export async function countGrants(databaseUrl) {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const { rows } = await client.query('SELECT count(*)::int AS grants FROM castellan.grants');
    return rows[0].grants;
  } finally {
    await client.end();
  }
}
