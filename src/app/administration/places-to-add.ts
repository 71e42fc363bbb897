import type { ToldExplanation } from '../../core/explain-sight.js';
import { refName, type ObjectRef, type Question, type SubjectRef } from '../../core/model.js';

/** An object below which a subject may add objects of a type. */
export interface PlaceToAdd extends ObjectRef {
  /** Whether that takes attributes by which a condition comes true. */
  readonly conditionally: boolean;
}

/** Places by rules that are placed on them; the nearest ones, where there are more. */
export interface PlacesToAdd {
  readonly places: readonly PlaceToAdd[];
  readonly more: boolean;
}

type Explain = (question: Question) => Promise<ToldExplanation>;

/** Where a subject may add objects of a type that it may not add everywhere: on each place with a rule it is asked whether that counts there. */
export async function placesToAdd(explain: Explain, subject: SubjectRef, type: string): Promise<PlacesToAdd> {
  const permission = { type, action: 'add' };
  const { missed, moreElsewhere } = await explain({ subject, permission });
  const found = new Map<string, ObjectRef>();
  for (const rule of missed)
    if (!('outside' in rule) && rule.miss.why === 'elsewhere' && rule.place) found.set(refName(rule.place), rule.place);
  const places: PlaceToAdd[] = [];
  for (const { type: above, id } of found.values()) {
    const place = { type: above, id };
    const { decision, missed: missedThere } = await explain({
      subject,
      permission,
      object: place,
      proposed: { attributes: {} },
    });
    const waits = missedThere.some(({ effect, miss }) => effect === 'allow' && miss.why.startsWith('condition_'));
    if (decision.allowed) places.push({ ...place, conditionally: false });
    else if (decision.reason === 'no_rule_allows' && waits) places.push({ ...place, conditionally: true });
  }
  return { places, more: moreElsewhere };
}
