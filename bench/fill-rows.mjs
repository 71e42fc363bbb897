// Fills a table of an app's own, whose rows stand for documents below one folder, and grants on them. The app's table comes oldest first.
import pg from 'pg';

const BATCH = 100_000;

const TABLE = `
  SET search_path TO public;
  CREATE TABLE bench_documents (id uuid PRIMARY KEY, title text NOT NULL, status text NOT NULL, created_at timestamp(3) NOT NULL);`;

const ROWS = `
  INSERT INTO public.bench_documents
    SELECT gen_random_uuid(), 'Document ' || n, CASE WHEN n % 1000 = 7 THEN 'rare' ELSE 'usual' END, '2020-01-01'::timestamp + n * interval '1 second'
    FROM generate_series($1::int, $2::int) n`;

const OBJECTS = `
  WITH folder AS (
    SELECT o.id, t.id AS type_id FROM castellan.objects o JOIN castellan.types f ON f.id = o.type_id AND f.name = 'folder', castellan.types t
    WHERE o.external_id = 'all' AND t.name = 'document'
  ), made AS (
    INSERT INTO castellan.objects (type_id, external_id, parent_id)
      SELECT f.type_id, d.id::text, f.id FROM folder f, public.bench_documents d
      WHERE d.created_at > '2020-01-01'::timestamp + ($1::int - 1) * interval '1 second'
        AND d.created_at <= '2020-01-01'::timestamp + $2::int * interval '1 second' ORDER BY d.created_at
      RETURNING id, type_id, parent_id
  )
  INSERT INTO castellan.ancestry (descendant_id, ancestor_id, descendant_type_id, depth) SELECT id, parent_id, type_id, 1 FROM made`;

const USER = (id) => `(SELECT id FROM castellan.subjects WHERE type = 'user' AND external_id = '${id}')`;
const VIEW = `(SELECT p.id FROM castellan.permissions p JOIN castellan.types t ON t.id = p.type_id WHERE t.name = 'document' AND p.action = 'view')`;
const NUMBERED = `(SELECT o.id, row_number() OVER (ORDER BY o.id) AS n, count(*) OVER () AS all_there_are FROM castellan.objects o
    JOIN castellan.types t ON t.id = o.type_id WHERE t.name = 'document')`;

const granted = (user, which, parts = '') => `
  INSERT INTO castellan.grants (id, subject_id, permission_id, object_id${parts ? ', variant, expires_at' : ''})
    SELECT uuidv7(), ${USER(user)}, ${VIEW}, d.id${parts} FROM ${NUMBERED} d WHERE ${which}`;

// Spread over the table without a pattern, and each picked by its number alone.
const ONE_IN_A_HUNDRED = `abs(hashint8(d.n)::bigint) % 100 = 7`;

const GRANTS = [
  `INSERT INTO castellan.grants (id, subject_id, permission_id, object_id, reaches_below)
    SELECT uuidv7(), ${USER('folder')}, ${VIEW}, o.id, true FROM castellan.objects o JOIN castellan.types t ON t.id = o.type_id
    WHERE t.name = 'folder' AND o.external_id = 'all'`,
  `INSERT INTO castellan.grants (id, subject_id, permission_id) SELECT uuidv7(), ${USER('rule')}, ${VIEW}`,
  `INSERT INTO castellan.grants (id, subject_id, permission_id, condition, variant)
    SELECT uuidv7(), ${USER('condition')}, ${VIEW}, '{"resource.status": "rare"}', 'rare'`,
  granted('three', 'd.n IN (d.all_there_are / 4, d.all_there_are / 2, d.all_there_are - 7)'),
  granted('percent', ONE_IN_A_HUNDRED),
  granted('oldest', 'd.n <= d.all_there_are / 100'),
  granted('expiring', ONE_IN_A_HUNDRED, `, 'until' || d.n, '2999-01-01'::timestamptz + d.n * interval '1 second'`),
  granted('all', 'true'),
];

/** Fills the database, in which types and users are, and makes the view of access by the migration. */
export async function fillRows(databaseUrl, rows, migration) {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    await client.query(TABLE);
    await client.query(
      `INSERT INTO castellan.objects (type_id, external_id) SELECT id, 'all' FROM castellan.types WHERE name = 'folder'`,
    );
    for (let from = 1; from <= rows; from += BATCH) {
      const to = Math.min(rows, from + BATCH - 1);
      await client.query(ROWS, [from, to]);
      await client.query('ANALYZE public.bench_documents');
      await client.query(OBJECTS, [from, to]);
    }
    await client.query('CREATE INDEX ON public.bench_documents (created_at)');
    for (const statement of GRANTS) await client.query(statement);
    await client.query(migration);
    await client.query('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
}
