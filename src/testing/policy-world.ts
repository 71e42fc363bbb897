import { DENIED_UNASKED, isAskable } from '../core/askable.js';
import { decide } from '../core/decide.js';
import type { Decision, ObjectRef, Question, SubjectRef } from '../core/model.js';
import type { Explanation } from '../core/ports/explanations.js';
import { ruleKey } from '../core/rule-key.js';
import { readRule } from './read-input.js';
import { WorldExplanations } from './world-explanations.js';
import { WorldFacts } from './world-facts.js';
import { grantOf } from './world-options.js';
import { worldFromPolicy, type WorldPolicy } from './world-policy.js';
import { isSameGrant } from './world-rules.js';
import { WorldState, type StoredRule } from './world-state.js';
import { World } from './world.js';

/** Where a rule stands in a policy: `['roles', 1, 'rules', 0]`, `['grants', 3]`, or at the creator of an object. */
export type RulePlace = readonly (string | number)[];

/** A world with what a policy says in an empty database, which knows where in the policy each rule comes from. */
export class PolicyWorld {
  /** By the ids that decisions and explanations name rules by. */
  readonly rulePlaces: ReadonlyMap<string, RulePlace>;
  readonly #state = new WorldState();
  readonly #facts: WorldFacts;
  readonly #explanations: WorldExplanations;
  #instant: number | null = null;

  /** @throws CastellanError as the words of a world do, with the place in the policy: `grants.3.subject`. */
  constructor(policy: WorldPolicy) {
    worldFromPolicy(policy, new World(this.#state));
    const now = (): number => this.#instant ?? Date.now();
    this.#facts = new WorldFacts(this.#state, now);
    this.#explanations = new WorldExplanations(this.#state, this.#facts, now);
    this.rulePlaces = placesIn(policy, this.#state);
  }

  /** Sets the clock that windows go by, in milliseconds since 1970. */
  at(instant: number): void {
    this.#instant = instant;
  }

  decide(question: Question): Decision {
    return isAskable(question) ? decide(question, this.#facts.factsOf(question)) : DENIED_UNASKED;
  }

  explain(question: Question): Explanation {
    return this.#explanations.explain(question);
  }

  /** Every object of a type. */
  objectsOf(type: string): ObjectRef[] {
    return this.#state.objectsOf(type).map(({ id }) => ({ type, id }));
  }

  /** Every subject of these types. */
  subjectsOf(types: readonly string[]): SubjectRef[] {
    return [...this.#state.subjects.values()]
      .filter(({ type }) => types.includes(type))
      .map(({ type, id }) => ({ type, id }));
  }

  knowsSubject(subject: SubjectRef): boolean {
    return this.#state.subjects.has(subject);
  }

  knowsObject(object: ObjectRef): boolean {
    return this.#state.objects.has(object);
  }
}

function placesIn(policy: WorldPolicy, state: WorldState): Map<string, RulePlace> {
  const places = new Map<string, RulePlace>();
  const note = (rule: StoredRule | undefined, place: RulePlace): void => {
    if (rule && !places.has(rule.id)) places.set(rule.id, place);
  };
  for (const [index, { id, rules }] of (policy.roles ?? []).entries()) {
    const made = new Map((state.rules.get(id) ?? []).map((rule) => [keyOf(rule), rule]));
    for (const [at, rule] of (rules ?? []).entries())
      note(made.get(keyOf(readRule('', rule))), ['roles', index, 'rules', at]);
  }
  for (const [index, { subject, permission, object, ...options }] of (policy.grants ?? []).entries()) {
    const grant = grantOf(subject, permission, object ?? null, options);
    const made = state.grants.of(grant.subject).find((each) => isSameGrant(each, grant));
    note(made, ['grants', index]);
  }
  const objects = new Map((policy.objects ?? []).map(({ type, id }, index) => [`${type}:${id}`, index]));
  // What is left has been given to the creators of objects.
  for (const subject of state.subjects.values())
    for (const grant of state.grants.of(subject)) {
      const { object } = grant;
      const index = object ? objects.get(`${object.type}:${object.id}`) : undefined;
      if (index !== undefined) note(grant, ['objects', index, 'creator']);
    }
  return places;
}

function keyOf(rule: Omit<StoredRule, 'id'>): string {
  return `${rule.permission} ${ruleKey(rule)}`;
}
