import { DENIED_UNASKED, isAskable, isPossible } from '../core/askable.js';
import type { TypeRule } from '../core/casl-ability.js';
import { decide } from '../core/decide.js';
import { CastellanError } from '../core/errors.js';
import { parsePermission } from '../core/identifiers.js';
import type { Decision, ObjectRef, Permission, Question, SubjectRef } from '../core/model.js';
import { ruleKey } from '../core/rule-key.js';
import { AuthzEngine, type ActionsAsked, type ObjectsAsked, type SubjectRules } from '../core/ports/engine.js';
import type { Page } from '../core/ports/lists.js';
import { WorldFacts } from './world-facts.js';
import type { StoredRule, WorldState } from './world-state.js';

/** Answers from a world in memory, always as it is now, by the very decisions that are made of what a database knows. */
export class MemoryEngine extends AuthzEngine {
  readonly #state: WorldState;
  readonly #facts: WorldFacts;

  constructor(state: WorldState, now: () => number) {
    super();
    this.#state = state;
    this.#facts = new WorldFacts(state, now);
  }

  /** The decision at once: nothing has to be fetched. */
  decide(question: Question): Decision {
    return isAskable(question) ? decide(question, this.#facts.factsOf(question)) : DENIED_UNASKED;
  }

  decideAll(questions: readonly Question[]): Promise<Decision[]> {
    return answered(() => questions.map((question) => this.decide(question)));
  }

  actions({ subject, object, supplied, mode }: ActionsAsked): Promise<string[]> {
    const isAllowed = (action: string): boolean => {
      const permission = { type: object.type, action };
      return this.decide({ subject, permission, object, supplied, mode }).allowed;
    };
    return answered(() => (this.#state.types.get(object.type)?.actions ?? []).filter(isAllowed));
  }

  objects({ subject, type, action, supplied, limit, after }: ObjectsAsked): Promise<Page<ObjectRef>> {
    return answered(() => {
      const start = positionOf(after);
      const allowed = this.#state
        .objectsOf(type)
        .filter((object) => object.position > start)
        .filter(({ id }) => {
          const object = { type, id };
          return this.decide({ subject, permission: { type, action }, object, supplied }).allowed;
        });
      const items = allowed.slice(0, limit);
      const last = items.at(-1);
      return {
        items: items.map(({ id }) => ({ type, id })),
        next: last && allowed.length > limit ? String(last.position) : null,
      };
    });
  }

  rulesOf(subject: SubjectRef): Promise<SubjectRules> {
    return answered(() => {
      if (!isPossible(subject)) return { rules: [], subjectAttributes: null };
      const stored = this.#state.subjects.get(subject);
      if (stored?.active === false) return { rules: [], subjectAttributes: stored.attributes };
      const rules = stored?.superuser ? this.#everyPermission() : this.#rulesHeld(subject);
      return { rules, subjectAttributes: stored?.attributes ?? null };
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #everyPermission(): TypeRule[] {
    return [...this.#state.types.values()].flatMap(({ id, actions }) =>
      actions.map((action) => typeRule({ type: id, action }, { effect: 'allow', condition: null, fields: null })),
    );
  }

  // What is held everywhere is not enough for an object whose type asks for a rule on it; what denies is enough.
  #rulesHeld(subject: SubjectRef): TypeRule[] {
    const distinct = new Map<string, TypeRule>();
    for (const rule of this.#facts.heldEverywhere(subject)) {
      const permission = parsePermission(rule.permission);
      const mode = permission && this.#state.types.get(permission.type)?.mode;
      if (!permission || (rule.effect === 'allow' && mode !== 'union')) continue;
      const held = typeRule(permission, rule);
      // Inside its window, one that is granted for a while is the same as any other.
      distinct.set(`${rule.permission} ${ruleKey(held)}`, held);
    }
    return [...distinct.values()];
  }
}

function typeRule(permission: Permission, rule: Pick<StoredRule, 'effect' | 'condition' | 'fields'>): TypeRule {
  const { effect, condition, fields } = rule;
  return { permission, effect, condition, fields };
}

function positionOf(after: string | undefined): number {
  if (after === undefined) return 0;
  if (!/^\d{1,15}$/.test(after))
    throw new CastellanError('invalid_cursor', 'after: is not the end of a page of this list.');
  return Number(after);
}

// What goes wrong is a rejection, as from any other engine.
function answered<Answer>(answer: () => Answer): Promise<Answer> {
  return new Promise((resolve) => {
    resolve(answer());
  });
}
