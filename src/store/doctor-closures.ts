import { MAX_DEPTH } from '../core/built-ins.js';
import { INCLUSIONS, MEMBERSHIPS, type Closure } from './closures.js';
import { objectName, sqlCheck, subjectName, type Check } from './doctor-check.js';

const WRONG = 'its paths are not those that its edges make';

/** Every path that the edges of a graph make. Circles end by themselves: UNION keeps a path once. */
const pathsOf = ({ edges, lower, upper, nodes, reflexive }: Closure): string => `
  WITH RECURSIVE path(low, high) AS (
    ${reflexive ? `SELECT id, id FROM ${nodes} UNION` : ''} SELECT ${lower}, ${upper} FROM ${edges}
    UNION SELECT path.low, edge.${upper} FROM path JOIN ${edges} edge ON edge.${lower} = path.high
  )`;

function closureCheck(graph: Closure, kind: string): Check {
  const { closure, lower, upper } = graph;
  const stored = `SELECT ${lower}, ${upper} FROM ${closure}`;
  const told = (what: string, rows: string): string =>
    `SELECT '${what} ' || ${subjectName('faulty.low')} || ' in ' || ${subjectName('faulty.high')} AS what FROM (${rows}) AS faulty(low, high)`;
  return sqlCheck(
    { kind, says: `${closure}: ${WRONG}` },
    `${pathsOf(graph)}
    ${told('lacks', `SELECT low, high FROM path EXCEPT ${stored}`)}
    UNION ALL ${told('has too much:', `${stored} EXCEPT SELECT low, high FROM path`)}`,
    [
      `${pathsOf(graph)}, gone AS (
        DELETE FROM ${closure} c WHERE NOT EXISTS (SELECT 1 FROM path WHERE path.low = c.${lower} AND path.high = c.${upper})
      )
      INSERT INTO ${closure} (${lower}, ${upper}) SELECT low, high FROM path ON CONFLICT DO NOTHING`,
    ],
  );
}

function circleCheck(graph: Closure, kind: string, cure: string): Check {
  return sqlCheck(
    { kind, says: `${graph.edges} has a circle`, advice: cure },
    `${pathsOf({ ...graph, reflexive: false })} SELECT ${subjectName('path.low')} || ' is in itself' AS what FROM path WHERE low = high`,
  );
}

function depthCheck({ edges, lower, upper }: Closure, kind: string, cure: string): Check {
  return sqlCheck(
    { kind, says: `${edges} nests deeper than ${MAX_DEPTH}`, advice: cure },
    // UNION keeps (node, depth) pairs apart only: at most so many for each node, whatever the number of paths.
    `WITH RECURSIVE walk(id, depth) AS (
      SELECT ${lower}, 0 FROM ${edges}
      UNION SELECT edge.${upper}, walk.depth + 1 FROM walk JOIN ${edges} edge ON edge.${lower} = walk.id WHERE walk.depth <= ${MAX_DEPTH}
    )
    SELECT ${subjectName('walk.id')} || ' is more than ${MAX_DEPTH} steps up' AS what FROM walk WHERE depth > ${MAX_DEPTH}`,
  );
}

// Depth bounds the walk where parents go round in a circle; nobody is above itself.
const ABOVE = `
  WITH RECURSIVE path(descendant_id, ancestor_id, type_id, depth) AS (
    SELECT o.id, up.id, o.type_id, 1 FROM castellan.objects o JOIN castellan.objects up ON up.id = o.parent_id
    UNION ALL
    SELECT path.descendant_id, up.id, path.type_id, path.depth + 1
    FROM path JOIN castellan.objects o ON o.id = path.ancestor_id JOIN castellan.objects up ON up.id = o.parent_id
    WHERE path.depth < ${2 * MAX_DEPTH}
  ), above AS MATERIALIZED (
    SELECT descendant_id, ancestor_id, type_id, min(depth)::smallint AS depth FROM path
    WHERE ancestor_id <> descendant_id GROUP BY 1, 2, 3
  )`;

const ANCESTRY: Check = sqlCheck(
  { kind: 'ancestry', says: `castellan.ancestry: ${WRONG}` },
  `${ABOVE}
  SELECT CASE WHEN an.descendant_id IS NULL THEN 'lacks ' WHEN above.descendant_id IS NULL THEN 'has too much: ' ELSE 'has a wrong depth or type: ' END
    || ${objectName('coalesce(above.descendant_id, an.descendant_id)')} || ' below ' || ${objectName('coalesce(above.ancestor_id, an.ancestor_id)')} AS what
  FROM above FULL JOIN castellan.ancestry an ON an.descendant_id = above.descendant_id AND an.ancestor_id = above.ancestor_id
  WHERE an.descendant_id IS NULL OR above.descendant_id IS NULL OR an.depth <> above.depth OR an.descendant_type_id <> above.type_id`,
  [
    `${ABOVE}, gone AS (
      DELETE FROM castellan.ancestry an WHERE NOT EXISTS (
        SELECT 1 FROM above WHERE above.descendant_id = an.descendant_id AND above.ancestor_id = an.ancestor_id)
    )
    INSERT INTO castellan.ancestry AS an (descendant_id, ancestor_id, descendant_type_id, depth)
      SELECT descendant_id, ancestor_id, type_id, depth FROM above
    ON CONFLICT (descendant_id, ancestor_id) DO UPDATE SET descendant_type_id = excluded.descendant_type_id, depth = excluded.depth
      WHERE an.descendant_type_id <> excluded.descendant_type_id OR an.depth <> excluded.depth`,
  ],
);

// From the roots down: what is not reached goes round in a circle, or is below one.
const REACHED = `
  WITH RECURSIVE reached(id, depth) AS (
    SELECT o.id, 0 FROM castellan.objects o
    WHERE o.parent_id IS NULL OR NOT EXISTS (SELECT 1 FROM castellan.objects up WHERE up.id = o.parent_id)
    UNION ALL SELECT o.id, reached.depth + 1 FROM reached JOIN castellan.objects o ON o.parent_id = reached.id
  )`;

const PARENTS_ADVICE = 'PATCH /api/v1/objects/:type/:id with another parent';

const PARENT_CIRCLES: Check = sqlCheck(
  { kind: 'parent_circle', says: 'parents go round in a circle', advice: PARENTS_ADVICE },
  `${REACHED} SELECT ${objectName('o.id')} || ' is in a circle of parents, or below one' AS what
  FROM castellan.objects o WHERE o.parent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM reached WHERE reached.id = o.id)`,
);

const PARENT_DEPTH: Check = sqlCheck(
  { kind: 'parents_too_deep', says: `objects nest deeper than ${MAX_DEPTH}`, advice: PARENTS_ADVICE },
  `${REACHED} SELECT ${objectName('reached.id')} || ' is ' || depth || ' levels down' AS what FROM reached WHERE depth > ${MAX_DEPTH}`,
);

const MEMBERS_ADVICE = 'DELETE /api/v1/groups/:id/members/group/:member for one of them';
const INCLUDES_ADVICE = 'PATCH /api/v1/roles/:id with other includes';

/** What closure tables say must be what the edges make, and the edges no circle. */
export const CLOSURE_CHECKS: readonly Check[] = [
  circleCheck(MEMBERSHIPS, 'membership_circle', MEMBERS_ADVICE),
  circleCheck(INCLUSIONS, 'inclusion_circle', INCLUDES_ADVICE),
  PARENT_CIRCLES,
  depthCheck(MEMBERSHIPS, 'memberships_too_deep', MEMBERS_ADVICE),
  depthCheck(INCLUSIONS, 'inclusions_too_deep', INCLUDES_ADVICE),
  PARENT_DEPTH,
  closureCheck(MEMBERSHIPS, 'effective_memberships'),
  closureCheck(INCLUSIONS, 'effective_inclusions'),
  ANCESTRY,
];
