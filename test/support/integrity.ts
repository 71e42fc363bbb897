import type pg from 'pg';

const graphs = [
  { name: 'memberships', closure: 'effective_memberships', lower: 'member_id', upper: 'group_id', itself: '' },
  {
    name: 'role_inclusions',
    closure: 'effective_inclusions',
    lower: 'role_id',
    upper: 'included_id',
    itself: 'SELECT id, id FROM castellan.roles UNION ',
  },
];

const faultsOf = ({ name, closure, lower, upper, itself }: (typeof graphs)[number]): string => `
  (WITH RECURSIVE path(low, high) AS (
    ${itself}SELECT ${lower}, ${upper} FROM castellan.${name}
    UNION SELECT path.low, edge.${upper} FROM path JOIN castellan.${name} edge ON edge.${lower} = path.high
  ), stored AS (SELECT ${lower} AS low, ${upper} AS high FROM castellan.${closure})
  SELECT '${closure} ' || fault || ' ' || low || ' ' || high AS fault FROM (
    (SELECT 'lacks' AS fault, low, high FROM path EXCEPT SELECT 'lacks', low, high FROM stored)
    UNION ALL
    (SELECT 'has too much' AS fault, low, high FROM stored EXCEPT SELECT 'has too much', low, high FROM path)
  ) faults)`;

const CIRCLES = `SELECT 'circle in memberships at ' || member_id FROM castellan.effective_memberships WHERE member_id = group_id`;

const ORPHANS = `
  SELECT 'no object for ' || s.type || ' ' || s.external_id FROM castellan.subjects s
  JOIN castellan.types t ON t.name = s.type
  WHERE NOT EXISTS (SELECT 1 FROM castellan.objects o WHERE o.type_id = t.id AND o.external_id = s.external_id)
  UNION ALL
  SELECT 'no subject for ' || t.name || ' ' || o.external_id FROM castellan.objects o
  JOIN castellan.types t ON t.id = o.type_id AND t.name IN ('user', 'group', 'role')
  WHERE NOT EXISTS (SELECT 1 FROM castellan.subjects s WHERE s.type = t.name AND s.external_id = o.external_id)
  UNION ALL
  SELECT 'no type for the object of ' || o.external_id FROM castellan.objects o
  JOIN castellan.types t ON t.id = o.type_id AND t.name = 'type'
  WHERE NOT EXISTS (SELECT 1 FROM castellan.types n WHERE n.name = o.external_id)
  UNION ALL
  SELECT 'no role for ' || s.external_id FROM castellan.subjects s
  WHERE s.type = 'role' AND NOT EXISTS (SELECT 1 FROM castellan.roles r WHERE r.id = s.id)`;

// Depths, too: a list and a decision count levels by them.
const ANCESTRY = `
  (WITH RECURSIVE path(low, high, type, depth) AS (
    SELECT id, parent_id, type_id, 1 FROM castellan.objects WHERE parent_id IS NOT NULL
    UNION SELECT path.low, o.parent_id, path.type, path.depth + 1 FROM path
      JOIN castellan.objects o ON o.id = path.high AND o.parent_id IS NOT NULL
      WHERE path.depth <= 40
  ), stored AS (SELECT descendant_id AS low, ancestor_id AS high, descendant_type_id AS type, depth FROM castellan.ancestry)
  SELECT 'ancestry ' || fault || ' ' || low || ' ' || high || ' at ' || depth AS fault FROM (
    (SELECT 'lacks' AS fault, low, high, type, depth FROM path EXCEPT SELECT 'lacks', low, high, type, depth FROM stored)
    UNION ALL
    (SELECT 'has too much' AS fault, low, high, type, depth FROM stored EXCEPT SELECT 'has too much', low, high, type, depth FROM path)
  ) faults)
  UNION ALL
  SELECT 'nests too deep: ' || descendant_id FROM castellan.ancestry WHERE depth > 32
  UNION ALL
  SELECT 'has a parent, and is built in: ' || o.external_id FROM castellan.objects o
  JOIN castellan.types t ON t.id = o.type_id AND t.built_in WHERE o.parent_id IS NOT NULL`;

// It may also reach below an object that has nothing below it any more.
const REACH = `
  SELECT 'does not reach below: ' || g.id FROM castellan.grants g
  WHERE NOT g.reaches_below AND EXISTS (SELECT 1 FROM castellan.objects c WHERE c.parent_id = g.object_id)`;

/** What is wrong with what the tables say of each other, in words; [] when closures are what their edges make and nothing is orphaned. */
export async function integrityFaults(client: Pick<pg.ClientBase, 'query'>): Promise<string[]> {
  const { rows } = await client.query<{ fault: string }>(
    [...graphs.map(faultsOf), CIRCLES, ORPHANS, ANCESTRY, REACH].join('\nUNION ALL\n'),
  );
  return rows.map(({ fault }) => fault);
}
