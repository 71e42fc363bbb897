import { ALL_FIELDS, coversField } from './field-scope.js';
import type { Decision, Effect, FieldScope, ObjectRef, Question } from './model.js';
import type { ConsideredRule, Explanation, Finding, Miss, MissedRule } from './ports/explanations.js';

/** How far somebody may see into an explanation. */
export interface Sight {
  /** Whether rules placed there (null: everywhere) are told. */
  readonly seesPlace: (place: ObjectRef | null) => boolean;
  /** Whether rules are told of that are placed where they do not matter to the question. */
  readonly seesElsewhere: boolean;
  /** The attributes of the two who are asked about that may be seen; null for none. */
  readonly subjectFields: FieldScope | null;
  readonly objectFields: FieldScope | null;
}

/** The sight of an operator, and of a superuser. */
export const EVERYTHING: Sight = {
  seesPlace: () => true,
  seesElsewhere: true,
  subjectFields: ALL_FIELDS,
  objectFields: ALL_FIELDS,
};

/** A rule that counts for the question, placed where whoever asks may not look: that it is there, and no more. */
export interface OutsideRule {
  readonly outside: true;
  readonly effect: Effect;
}

/** A comparison whose values may not be seen. */
export type ToldFinding = Finding | (Pick<Finding, 'path' | 'comparison'> & { readonly hidden: true });

/** Why a rule did not count, as far as it may be told. */
export type ToldMiss =
  | Exclude<Miss, { readonly because: unknown } | { readonly why: 'denied' }>
  | { readonly why: 'condition_false' | 'condition_unknown'; readonly because: readonly ToldFinding[] }
  /** Null where that rule is placed outside. */
  | { readonly why: 'denied'; readonly by: string | null };

/** A rule that nearly counted, as far as it may be told. */
export type ToldMissed =
  (ConsideredRule & { readonly miss: ToldMiss }) | (OutsideRule & { readonly miss: { readonly why: Miss['why'] } });

/** An explanation, as it is told. The rules behind the decision are among those that counted. */
export interface ToldExplanation extends Omit<Explanation, 'decision' | 'counted' | 'missed'> {
  /** Fields are null where a rule that is placed outside has a part in them. */
  readonly decision: Omit<Decision, 'rules' | 'fields'> & { readonly fields: FieldScope | null };
  readonly counted: readonly (ConsideredRule | OutsideRule)[];
  readonly missed: readonly ToldMissed[];
}

/** What is told of an explanation to somebody with this sight. */
export function toldExplanation(question: Question, explanation: Explanation, sight: Sight): ToldExplanation {
  const { decision, mode, unknown, counted, missed, moreElsewhere } = explanation;
  const { allowed, reason, fields } = decision;
  const isOutside = ({ place }: ConsideredRule): boolean => !sight.seesPlace(place);
  // A rule of elsewhere has no part in it, so nothing may hang on whether there is one.
  const saysFields = [...counted, ...missed.filter(({ miss }) => miss.why === 'fields')];
  const isByOutside = allowed && saysFields.some(isOutside);
  const outsideIds = new Set(counted.filter(isOutside).map(({ id }) => id));
  const toldMissed = (rule: MissedRule): ToldMissed =>
    isOutside(rule)
      ? { outside: true, effect: rule.effect, miss: { why: rule.miss.why } }
      : { ...rule, miss: toldMiss(question, rule.miss, outsideIds, sight) };
  return {
    decision: { allowed, reason, fields: isByOutside ? null : fields },
    mode,
    unknown,
    counted: counted.map((rule) => (isOutside(rule) ? { outside: true, effect: rule.effect } : rule)),
    missed: missed
      .filter(({ place, miss }) => miss.why !== 'elsewhere' || (sight.seesElsewhere && sight.seesPlace(place)))
      .map(toldMissed),
    moreElsewhere: moreElsewhere && sight.seesElsewhere,
  };
}

function toldMiss(question: Question, miss: Miss, outsideIds: ReadonlySet<string>, sight: Sight): ToldMiss {
  if (miss.why === 'denied') return outsideIds.has(miss.by) ? { why: 'denied', by: null } : miss;
  if (!('because' in miss)) return miss;
  return { why: miss.why, because: miss.because.map((finding) => toldFinding(question, finding, sight)) };
}

function toldFinding(question: Question, finding: Finding, sight: Sight): ToldFinding {
  const paths = [finding.path, ...(finding.other ? [finding.other.path] : [])];
  if (paths.every((path) => isSeen(question, path, sight))) return finding;
  return { path: finding.path, comparison: finding.comparison, hidden: true };
}

// What the question brought along is known to whoever asked it, and so are ids and types.
function isSeen({ supplied, proposed }: Question, path: string, { subjectFields, objectFields }: Sight): boolean {
  const [root, name = ''] = path.split('.');
  if (root !== 'subject' && root !== 'resource') return true;
  if (name === 'id' || name === 'type') return true;
  if (Object.hasOwn(supplied?.[root] ?? {}, name)) return true;
  if (root === 'resource' && proposed) return true;
  const fields = root === 'subject' ? subjectFields : objectFields;
  return fields !== null && coversField(fields, name);
}
