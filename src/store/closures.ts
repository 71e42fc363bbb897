import type { SqlExecutor, Statement } from './executor.js';
import { CastellanError } from '../core/errors.js';
import { MAX_DEPTH } from '../core/built-ins.js';

/** A graph of edges `lower → upper` and the table of all its paths; `reflexive` when each node is its own path too. */
export interface Closure {
  readonly edges: string;
  readonly closure: string;
  readonly lower: string;
  readonly upper: string;
  readonly nodes: string;
  readonly reflexive: boolean;
}

/** Which groups a member is in, directly or through other groups. */
export const MEMBERSHIPS: Closure = {
  edges: 'castellan.memberships',
  closure: 'castellan.effective_memberships',
  lower: 'member_id',
  upper: 'group_id',
  nodes: 'castellan.subjects',
  reflexive: false,
};

/** Which roles a holder of a role holds: itself, and those it includes, directly or through others. */
export const INCLUSIONS: Closure = {
  edges: 'castellan.role_inclusions',
  closure: 'castellan.effective_inclusions',
  lower: 'role_id',
  upper: 'included_id',
  nodes: 'castellan.roles',
  reflexive: true,
};

/** The nodes from which a path leads to this one, and itself: those whose paths change when its edges do. */
export async function affectedBy(sql: SqlExecutor, graph: Closure, node: number): Promise<number[]> {
  const statement: Statement = {
    name: `castellan_affected_${graph.lower}`,
    text: `SELECT ${graph.lower} AS id FROM ${graph.closure} WHERE ${graph.upper} = $1::int UNION SELECT $1::int`,
  };
  return (await sql.query<{ id: number }>(statement, [node])).map((row) => row.id);
}

/** Computes the paths from these nodes anew, from the edges as the transaction sees them. */
export async function recomputeClosure(sql: SqlExecutor, graph: Closure, nodes: readonly number[]): Promise<void> {
  const { edges, closure, lower, upper } = graph;
  await sql.query(
    { name: `castellan_forget_${lower}`, text: `DELETE FROM ${closure} WHERE ${lower} = ANY($1::int[])` },
    [nodes],
  );
  const start = graph.reflexive
    ? `SELECT id, id FROM ${graph.nodes} WHERE id = ANY($1::int[])`
    : `SELECT ${lower}, ${upper} FROM ${edges} WHERE ${lower} = ANY($1::int[])`;
  await sql.query(
    {
      name: `castellan_recompute_${lower}`,
      text: `WITH RECURSIVE path(lower_id, upper_id) AS (
        ${start}
        UNION
        SELECT path.lower_id, edge.${upper} FROM path JOIN ${edges} edge ON edge.${lower} = path.upper_id
      )
      INSERT INTO ${closure} (${lower}, ${upper}) SELECT lower_id, upper_id FROM path ON CONFLICT DO NOTHING`,
    },
    [nodes],
  );
}

/**
 * Makes sure that an edge may be added: it would close no circle, and no path through it would be too long.
 *
 * @throws CastellanError `cycle`, `too_deep`.
 */
export async function requireEdgeFits(
  sql: SqlExecutor,
  graph: Closure,
  edge: { lower: number; upper: number; name: string },
): Promise<void> {
  const [circle] = await sql.query(
    {
      name: `castellan_circle_${graph.lower}`,
      text: `SELECT 1 FROM ${graph.closure} WHERE ${graph.lower} = $1::int AND ${graph.upper} = $2::int`,
    },
    [edge.upper, edge.lower],
  );
  if (circle || edge.lower === edge.upper) throw new CastellanError('cycle', `${edge.name}: it would contain itself.`);
  const below = await longestPath(sql, graph, edge.lower, 'down');
  const above = await longestPath(sql, graph, edge.upper, 'up');
  if (below + 1 + above > MAX_DEPTH) {
    throw new CastellanError(
      'too_deep',
      `${edge.name}: it would nest ${below + 1 + above} deep; ${MAX_DEPTH} is the limit.`,
    );
  }
}

async function longestPath(sql: SqlExecutor, graph: Closure, from: number, direction: 'up' | 'down'): Promise<number> {
  const [here, there] = direction === 'up' ? [graph.lower, graph.upper] : [graph.upper, graph.lower];
  const [row] = await sql.query<{ depth: number | null }>(
    {
      name: `castellan_longest_${direction}_${graph.lower}`,
      // UNION keeps (node, depth) pairs apart only: at most MAX_DEPTH of them for each node, whatever the number of paths.
      text: `WITH RECURSIVE walk(id, depth) AS (
        SELECT $1::int, 0
        UNION
        SELECT edge.${there}, walk.depth + 1 FROM walk JOIN ${graph.edges} edge ON edge.${here} = walk.id WHERE walk.depth <= ${MAX_DEPTH}
      )
      SELECT max(depth)::int AS depth FROM walk`,
    },
    [from],
  );
  return row?.depth ?? 0;
}
