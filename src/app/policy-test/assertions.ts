import { EVERYTHING, toldExplanation, type ToldExplanation } from '../../core/explain-sight.js';
import { refName, type Decision, type Question, type SubjectRef } from '../../core/model.js';
import type { ConsideredRule, Explanation, MissedRule } from '../../core/ports/explanations.js';
import type { PolicyWorld } from '../../testing/policy-world.js';
import type { Policy } from '../policy/parse-policy.js';
import type { PolicyCheck, PolicyList, PolicyTest, PolicyWhoCan } from '../policy/policy-tests-schema.js';
import { placeIn, placeText } from './place-in-policy.js';
import type { AssertionResult, Why } from './policy-test-result.js';

const MOST_WHY = 10;
const SUBJECT_TYPES = ['user', 'service', 'group'];

/** What the assertions of one test have in common. */
export interface Asking {
  /** Of the test in the policy. */
  readonly index: number;
  /** In milliseconds since 1970. */
  readonly now: number;
  /** Takes the ids of the rules behind what was answered. */
  readonly touched: Set<string>;
}

/** Asks a world what a test asserts. */
export class Assertions {
  constructor(
    private readonly world: PolicyWorld,
    private readonly policy: Policy,
    private readonly asking: Asking,
  ) {}

  /** One result for each action. */
  check(test: PolicyTest, check: PolicyCheck, at: number): AssertionResult[] {
    this.#setClock(test, check);
    const wanted = [
      ...(check.allow ?? []).map((action) => ({ action, expected: 'allow' })),
      ...(check.deny ?? []).map((action) => ({ action, expected: 'deny' })),
    ];
    return wanted.map(({ action, expected }) => {
      const question = questionOf(test, check, action);
      const decision = this.#decide(question);
      const got = decision.allowed ? 'allow' : 'deny';
      // What is no action of any type is denied to everybody: to assert it says nothing.
      const isNone = decision.reason === 'unknown_type' || decision.reason === 'unknown_action';
      const passed = got === expected && !isNone;
      const object = check.object.id === undefined ? check.object.type : `${check.object.type}:${check.object.id}`;
      const below = check.parent ? ` below ${refName(check.parent)}` : '';
      return {
        kind: 'check',
        says: `${refName(check.subject)} may ${expected === 'allow' ? '' : 'not '}${action} ${object}${below}`,
        passed,
        expected,
        got,
        place: placeIn(this.policy, ['tests', this.asking.index, 'check', at]),
        why: passed ? [] : [this.#why(question, object)],
        notes: this.#notes(
          check.subject,
          check.parent ?? (check.object.id === undefined ? undefined : question.object),
        ),
      };
    });
  }

  list(test: PolicyTest, list: PolicyList, at: number): AssertionResult {
    this.#setClock(test, list);
    const { subject, type, action } = list;
    const supplied = list.supplied ?? test.supplied;
    const questionOn = (id: string): Question => ({
      subject,
      permission: { type, action },
      object: { type, id },
      supplied,
    });
    const got = this.world
      .objectsOf(type)
      .map(({ id }) => id)
      .filter((id) => this.#decide(questionOn(id)).allowed);
    return this.#compared({
      kind: 'list',
      says: `the objects of the type ${type} that ${refName(subject)} may ${action}`,
      expected: list.expect,
      got,
      at,
      whyOf: (id) => this.#why(questionOn(id), `${type}:${id}`),
      notes: this.#notes(subject),
      // An empty list is the answer to what is no question, too.
      isAsked: this.#isAction({ subject, permission: { type, action } }),
    });
  }

  whoCan(test: PolicyTest, whoCan: PolicyWhoCan, at: number): AssertionResult {
    this.#setClock(test, whoCan);
    const { action, object } = whoCan;
    const permission = { type: object.type, action };
    const supplied = whoCan.supplied ?? test.supplied;
    const questionBy = (subject: SubjectRef): Question => ({ subject, permission, object, supplied });
    const got = this.world
      .subjectsOf(whoCan.type === undefined ? SUBJECT_TYPES : [whoCan.type])
      .filter((subject) => this.#decide(questionBy(subject)).allowed)
      .map(refName);
    return this.#compared({
      kind: 'who-can',
      says: `who may ${action} ${refName(object)}`,
      expected: whoCan.expect.map(refName),
      got,
      at,
      whyOf: (name) => {
        const colon = name.indexOf(':');
        const subject = { type: name.slice(0, colon), id: name.slice(colon + 1) };
        return this.#why(questionBy(subject), refName(object));
      },
      notes: this.#notes(undefined, object),
      isAsked: this.#isAction({ subject: { type: 'group', id: 'anyone' }, permission, object }),
    });
  }

  #compared(compared: {
    readonly kind: 'list' | 'who-can';
    readonly says: string;
    readonly expected: readonly string[];
    readonly got: readonly string[];
    readonly at: number;
    readonly whyOf: (name: string) => Why;
    readonly notes: readonly string[];
    readonly isAsked: boolean;
  }): AssertionResult {
    const { kind, says, at, whyOf, notes, isAsked } = compared;
    const [expected, got] = [sorted(compared.expected), sorted(compared.got)];
    const differing = [
      ...expected.filter((name) => !got.includes(name)),
      ...got.filter((name) => !expected.includes(name)),
    ];
    const unasked = isAsked ? [] : ['there is no such action on this type: whatever is asserted of it says nothing'];
    return {
      kind,
      says,
      passed: differing.length === 0 && isAsked,
      expected,
      got,
      place: placeIn(this.policy, ['tests', this.asking.index, kind, at]),
      why: differing.slice(0, MOST_WHY).map(whyOf),
      notes: [...notes, ...unasked],
    };
  }

  /** Only decisions that an assertion is about, or that put something into a list, touch rules. */
  #decide(question: Question): Decision {
    const decision = this.world.decide(question);
    for (const { id } of decision.rules) this.asking.touched.add(id);
    return decision;
  }

  #isAction(question: Question): boolean {
    const { reason } = this.world.decide(question);
    return reason !== 'unknown_type' && reason !== 'unknown_action';
  }

  #setClock(test: PolicyTest, { at }: Pick<PolicyTest, 'at'>): void {
    const text = at ?? test.at;
    this.world.at(text === undefined ? this.asking.now : Date.parse(text));
  }

  #why(question: Question, object: string): Why {
    const explanation = this.#named(this.world.explain(question));
    return {
      subject: refName(question.subject),
      action: question.permission.action,
      object,
      explanation: toldExplanation(question, explanation, EVERYTHING) satisfies ToldExplanation,
    };
  }

  /** Rules by where they stand in the file, in place of the ids that only this world knows. */
  #named(explanation: Explanation): Explanation {
    const nameOf = (id: string): string => {
      const path = this.world.rulePlaces.get(id);
      return path ? placeText(placeIn(this.policy, path)) : id;
    };
    const renamed = <Rule extends ConsideredRule>(rule: Rule): Rule => ({ ...rule, id: nameOf(rule.id) });
    const missed = explanation.missed.map((rule): MissedRule => {
      const { miss } = rule;
      return { ...renamed(rule), miss: miss.why === 'denied' ? { ...miss, by: nameOf(miss.by) } : miss };
    });
    return { ...explanation, counted: explanation.counted.map(renamed), missed };
  }

  #notes(subject?: SubjectRef, object?: { readonly type: string; readonly id: string }): string[] {
    return [
      ...(subject && !this.world.knowsSubject(subject)
        ? [`there is no ${refName(subject)}: it holds what anyone holds`]
        : []),
      ...(object && !this.world.knowsObject(object)
        ? [`there is no ${refName(object)}: only rules placed everywhere count for it`]
        : []),
    ];
  }
}

function questionOf(test: PolicyTest, check: PolicyCheck, action: string): Question {
  const { subject, parent, object } = check;
  const supplied = check.supplied ?? test.supplied;
  const permission = { type: object.type, action };
  if (object.id !== undefined) return { subject, permission, object: { type: object.type, id: object.id }, supplied };
  // What is yet to be made: it is decided at its parent, with the attributes that it is to have.
  if (parent || supplied?.resource)
    return { subject, permission, object: parent, supplied, proposed: { attributes: {} } };
  return { subject, permission, supplied };
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted((one, other) => (one < other ? -1 : 1));
}
