import { evaluateCondition } from './conditions/evaluate-condition.js';
import { conditionOf } from './conditions/parse-condition.js';
import { decide, modeOf } from './decide.js';
import { entitiesOf } from './entities.js';
import { findingsOf } from './explain-findings.js';
import type { Decision, Facts, Mode, Question } from './model.js';
import type { ConsideredRule, Explanation, Miss, MissedRule } from './ports/explanations.js';

/** How many of the rules placed elsewhere are told. */
export const MOST_ELSEWHERE = 10;

/** A rule that is held for the permission, everywhere, on the object or above it; also one outside its window. */
export interface HeldRule extends ConsideredRule {
  readonly window: 'inside' | 'not_started' | 'expired';
}

/** Everything the database knows about one question, and how each rule was reached. Read in one snapshot. */
export interface ExplainedFacts extends Omit<Facts, 'rules'> {
  readonly rules: readonly HeldRule[];
  /** Whether there is such an object. */
  readonly objectKnown: boolean;
}

/**
 * Decides one question, and tells which rules counted and which nearly did. Pure. What is placed elsewhere is not among the facts of
 * a question: {@link withElsewhere} adds it.
 */
export function explain(question: Question, facts: ExplainedFacts): Explanation {
  const inside = facts.rules.filter((rule) => rule.window === 'inside');
  const decision = decide(question, { ...facts, rules: inside });
  const mode = modeOf(question, facts);
  // For a superuser, or where there is nothing to decide on, no rule was looked at.
  const isByRule = decision.reason.startsWith('rule_') || decision.reason === 'no_rule_allows';
  const judge = missOf(question, facts, decision, mode);
  const counted: ConsideredRule[] = [];
  const missed: MissedRule[] = [];
  for (const { window, ...rule } of isByRule ? facts.rules : []) {
    const miss = judge({ ...rule, window });
    if (miss) missed.push({ ...rule, miss });
    else counted.push(rule);
  }
  return {
    decision,
    mode,
    unknown: [
      ...(facts.subject === 'unknown' ? (['subject'] as const) : []),
      ...(question.object && !facts.objectKnown ? (['object'] as const) : []),
    ],
    counted: counted.toSorted(byPath),
    missed: missed.toSorted((one, other) => nearness(one) - nearness(other) || byPath(one, other)),
    moreElsewhere: false,
  };
}

/** The explanation, and the rules that would allow it where they are placed; the nearest place first. */
export function withElsewhere(explanation: Explanation, rules: readonly HeldRule[]): Explanation {
  const told = rules.slice(0, MOST_ELSEWHERE).map(missedElsewhere);
  return {
    ...explanation,
    missed: [...explanation.missed, ...told],
    moreElsewhere: rules.length > MOST_ELSEWHERE,
  };
}

function missedElsewhere({ window: _window, ...rule }: HeldRule): MissedRule {
  return { ...rule, miss: { why: 'elsewhere' } };
}

/** Whether rules placed elsewhere tell anything of the decision: only where one that allows was wanting. */
export function asksElsewhere({ decision }: Explanation): boolean {
  return decision.reason === 'no_rule_allows';
}

/** Says why a rule did not count; undefined when it did. */
function missOf(
  question: Question,
  facts: ExplainedFacts,
  decision: Decision,
  mode: Mode,
): (rule: HeldRule) => Miss | undefined {
  const entities = entitiesOf(question, facts);
  return (rule) => {
    const { effect, startsAt, expiresAt } = rule;
    if (rule.window === 'expired' && expiresAt !== null) return { why: 'expired', expiresAt };
    if (rule.window === 'not_started' && startsAt !== null) return { why: 'not_started', startsAt };
    if (rule.condition !== null) {
      const condition = conditionOf(rule.condition);
      const truth = evaluateCondition(condition, entities);
      if (truth === false || (truth !== true && effect === 'allow')) {
        const why = truth === false ? 'condition_false' : 'condition_unknown';
        return { why, because: findingsOf(condition, entities) };
      }
    }
    if (effect === 'deny') return rule.fields ? { why: 'fields', fields: rule.fields } : undefined;
    const [deciding] = decision.rules;
    if (deciding?.effect === 'deny') return { why: 'denied', by: deciding.id };
    if (mode === 'object' && rule.placed === 'everywhere') return { why: 'mode', needs: 'object' };
    if (mode === 'union' || decision.allowed) return undefined;
    return { why: 'mode', needs: rule.placed === 'everywhere' ? 'object' : 'everywhere' };
  };
}

const NEAREST_FIRST: readonly Miss['why'][] = [
  'denied',
  'mode',
  'condition_unknown',
  'condition_false',
  'not_started',
  'expired',
  'fields',
  'elsewhere',
];

function nearness({ miss }: MissedRule): number {
  return NEAREST_FIRST.indexOf(miss.why);
}

function byPath(one: ConsideredRule, other: ConsideredRule): number {
  return one.path.length - other.path.length;
}
