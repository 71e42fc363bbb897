/** A step from a member to its group, or from a role to one it includes. */
export interface Edge {
  readonly from: number;
  readonly to: number;
}

/**
 * The shortest path from one node to each that can be reached, both ends included. Among paths of the same length it is the one
 * whose edges come first. Circles end by themselves.
 */
export function shortestPaths(start: number, edges: readonly Edge[]): Map<number, readonly number[]> {
  const next = new Map<number, number[]>();
  for (const { from, to } of edges) {
    const known = next.get(from);
    if (known) known.push(to);
    else next.set(from, [to]);
  }
  const paths = new Map<number, readonly number[]>([[start, [start]]]);
  // The map grows while it is walked: a Map is read in the order in which its entries came.
  for (const [node, path] of paths) {
    for (const to of next.get(node) ?? []) if (!paths.has(to)) paths.set(to, [...path, to]);
  }
  return paths;
}
