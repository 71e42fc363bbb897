import { describe, expect, it } from 'vitest';
import { shortestPaths } from './explain-paths.js';

const edges = (...pairs: [number, number][]) => pairs.map(([from, to]) => ({ from, to }));

describe('shortestPaths', () => {
  it('leads from the start to itself', () => {
    expect(shortestPaths(1, [])).toEqual(new Map([[1, [1]]]));
  });

  it('takes the shortest way, however early a longer one is found', () => {
    const paths = shortestPaths(1, edges([1, 2], [2, 3], [3, 4], [1, 5], [5, 4]));
    expect(paths.get(4)).toEqual([1, 5, 4]);
    expect(paths.get(3)).toEqual([1, 2, 3]);
  });

  it('takes the edges that come first among ways of the same length', () => {
    expect(shortestPaths(1, edges([1, 3], [1, 2], [2, 4], [3, 4])).get(4)).toEqual([1, 3, 4]);
  });

  it('ends in a circle, and leads nowhere that no edge leads to', () => {
    const paths = shortestPaths(1, edges([1, 2], [2, 1], [7, 8]));
    expect([...paths.keys()]).toEqual([1, 2]);
  });
});
