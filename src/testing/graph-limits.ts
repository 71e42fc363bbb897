import { MAX_DEPTH } from '../core/built-ins.js';
import { CastellanError } from '../core/errors.js';

/** A graph by what is one step away from a node. */
export interface Graph<Node> {
  /** The groups that it is in; the roles that it includes. */
  readonly up: (node: Node) => readonly Node[];
  readonly down: (node: Node) => readonly Node[];
  readonly nameOf: (node: Node) => string;
}

/**
 * Makes sure that an edge may be added: it would close no circle, and no path through it would be too long.
 *
 * @param name what the edge is called in a refusal: `user:alice in group:staff`.
 * @throws CastellanError `cycle`, `too_deep`.
 */
export function requireEdgeFits<Node>(graph: Graph<Node>, edge: { lower: Node; upper: Node }, name: string): void {
  const { up, down, nameOf } = graph;
  const above = reached(edge.upper, up, nameOf);
  if (above.has(nameOf(edge.lower))) throw new CastellanError('cycle', `${name}: it would contain itself.`);
  const depth = longest(reached(edge.lower, down, nameOf)) + 1 + longest(above);
  if (depth > MAX_DEPTH)
    throw new CastellanError('too_deep', `${name}: it would nest ${depth} deep; ${MAX_DEPTH} is the limit.`);
}

/** Every node that is reached, itself too, by name, with the length of the longest path to it. */
function reached<Node>(
  from: Node,
  next: (node: Node) => readonly Node[],
  nameOf: (node: Node) => string,
): Map<string, number> {
  const depths = new Map([[nameOf(from), 0]]);
  let level = new Map([[nameOf(from), from]]);
  // There are no circles, so the last level to reach a node reaches it by the longest path.
  for (let depth = 1; level.size > 0; depth += 1) {
    level = new Map([...level.values()].flatMap(next).map((node) => [nameOf(node), node]));
    for (const name of level.keys()) depths.set(name, depth);
  }
  return depths;
}

function longest(depths: ReadonlyMap<string, number>): number {
  return Math.max(...depths.values());
}
