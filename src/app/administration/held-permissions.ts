import type { HeldRule } from '../../client/access.js';
import type { SubjectRef } from '../../core/model.js';
import type { Administration } from './administration.js';
import type { PlacesToAdd, PlaceToAdd } from './places-to-add.js';

/** A permission that a subject has, and how. */
export interface HeldPermission {
  readonly permission: string;
  /** By rules placed everywhere: of all objects, those not registered among them; or of those that conditions or fields let through. */
  readonly everywhere: 'yes' | 'conditionally' | 'no';
  /** On how many of the registered objects, by whatever rules. */
  readonly objects: number;
  /** Of `add` that is not held everywhere: below which objects it may add, by rules placed on them; absent where there are none. */
  readonly below?: readonly PlaceToAdd[];
  /** Whether there may be more of those. */
  readonly moreBelow?: boolean;
}

/**
 * Every permission that the subject has, type by type, in the order in which types and actions were made. Nothing is left out but types that
 * whoever asks may not view, and what `note` says.
 */
export async function* heldPermissions(
  { types, questions }: Administration,
  subject: SubjectRef,
  note: (line: string) => void = () => {},
): AsyncGenerator<HeldPermission> {
  const { rules } = await questions.rulesOf(subject);
  let isUntold = false;
  for await (const type of types.list())
    for (const action of type.actions) {
      const name = `${type.id}:${action}`;
      const objects = await questions.count({ subject, permission: { type: type.id, action } });
      const everywhere = reachOf(rules.filter(({ permission }) => permission === name));
      const asksBelow = action === 'add' && everywhere === 'no' && !type.builtIn;
      const found = asksBelow ? await questions.placesToAdd(subject, type.id) : NOWHERE;
      isUntold ||= found === null;
      const { places, more } = found ?? NOWHERE;
      const isBelow = places.length > 0 || more;
      const below = isBelow ? { below: places, moreBelow: more } : {};
      if (everywhere !== 'no' || objects > 0 || isBelow) yield { permission: name, everywhere, objects, ...below };
    }
  if (isUntold) note('Below what it may add is told to whoever has access:explain.');
}

const NOWHERE: PlacesToAdd = { places: [], more: false };

function reachOf(rules: readonly HeldRule[]): HeldPermission['everywhere'] {
  const allows = rules.filter(({ effect }) => effect === 'allow');
  const denies = rules.filter(({ effect, fields }) => effect === 'deny' && fields === null);
  if (allows.length === 0 || denies.some(({ condition }) => condition === null)) return 'no';
  const isPlain = denies.length === 0 && allows.some(({ condition }) => condition === null);
  return isPlain ? 'yes' : 'conditionally';
}
