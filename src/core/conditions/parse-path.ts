import { invalidField } from '../errors.js';
import { ROOTS } from './condition.js';
import type { Path, Root } from './condition.js';
import { isStorableText } from './json-values.js';

/** How many steps a path may take after its root. */
export const MOST_STEPS = 16;

/**
 * Reads `resource.address.city`.
 *
 * @throws CastellanError `invalid_request`, naming the place (`at`) where the path stands.
 */
export function parsePath(text: string, at: string): Path {
  const [first, ...steps] = text.split('.');
  const root = ROOTS.find((name) => name === first);
  if (!root || steps.length === 0) throw invalidField(at, `must be a path that begins with ${roots()}`);
  if (steps.length > MOST_STEPS) throw invalidField(at, `must take at most ${MOST_STEPS} steps`);
  if (steps.includes('')) throw invalidField(at, 'must not have an empty step');
  if (!isStorableText(text)) throw invalidField(at, 'must be well-formed Unicode without NUL');
  return pathOf(root, steps);
}

function pathOf(root: Root, steps: string[]): Path {
  return { kind: 'path', root, steps };
}

function roots(): string {
  return ROOTS.map((root) => `"${root}."`).join(', ');
}
