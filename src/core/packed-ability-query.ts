import type { AttributesAt, TypeRule } from './casl-ability-rule.js';
import type { CompareCondition, Comparison, Condition, Operand, Path, Truth } from './conditions/condition.js';
import { compare } from './conditions/evaluate-condition.js';
import type { Json } from './model.js';
import { comparisonOf, turnedComparisonOf, type Truths } from './packed-ability-comparison.js';
import { joined, type Query } from './packed-ability-conjunction.js';
import { ALWAYS, NEVER, Place, type Alternatives } from './packed-ability-place.js';

/** The rule counts where one of the queries holds; `exact` where that is just where the condition lets it count. */
export interface Said {
  readonly queries: readonly Query[];
  readonly exact: boolean;
}

// Each alternative is a rule of its own for whoever gets them.
const MOST_OF_ALL = 64;
const MOST_OF_ANY = 512;

/**
 * Says in CASL's query language when a rule counts, of which this condition on the thing is left. What can't be said is left out of a
 * rule that allows, and makes a rule that denies wider.
 */
export function queriesOf(rule: Pick<TypeRule, 'permission' | 'effect'>, condition: Condition, at: AttributesAt): Said {
  const denies = rule.effect === 'deny';
  const saying = new Saying(rule.permission.type, denies, at);
  const queries = saying
    .of(condition, true, denies)
    .map(joined)
    .filter((query) => query !== null);
  const distinct = new Map(queries.map((query) => [JSON.stringify(query), query]));
  return { queries: [...distinct.values()], exact: saying.exact };
}

class Saying {
  exact = true;
  readonly #type: string;
  readonly #denies: boolean;
  readonly #at: AttributesAt;

  constructor(type: string, denies: boolean, at: AttributesAt) {
    this.#type = type;
    this.#denies = denies;
    this.#at = at;
  }

  /** When the condition comes out as the truth, or, where that is asked, as unknown. */
  of(condition: Condition, truth: boolean, orUnknown: boolean): Alternatives {
    switch (condition.kind) {
      case 'not':
        return this.of(condition.part, !truth, orUnknown);
      case 'and':
      case 'or': {
        const parts = condition.parts.map((part) => this.of(part, truth, orUnknown));
        return (condition.kind === 'and') === truth ? this.#all(parts) : this.#any(parts);
      }
      default: {
        const { isTrue, isFalse, isUnknown } = this.#truthsOf(condition);
        return this.#any([truth ? isTrue : isFalse, orUnknown ? isUnknown : NEVER]);
      }
    }
  }

  #truthsOf(condition: Exclude<Condition, { kind: 'not' | 'and' | 'or' }>): Truths {
    if (condition.kind === 'constant') return always(condition.truth);
    if (condition.kind === 'compare') return this.#comparison(condition);
    const { path, exists } = condition;
    if (this.#valueAt(path) !== undefined) return always(exists);
    if (isBeyondIdentity(path)) return always(!exists);
    const place = Place.of(path, this.#at);
    if (!place) return this.#unsayableTruths();
    const [isTrue, isFalse] = exists ? [place.present(), place.missing()] : [place.missing(), place.present()];
    return { isTrue, isFalse, isUnknown: NEVER };
  }

  #comparison({ operator, left, right }: CompareCondition): Truths {
    const [one, other] = [this.#valueAt(left), this.#valueAt(right)];
    if (one !== undefined && other !== undefined) return always(compare(operator, one, other));
    if ([left, right].some((operand) => operand.kind === 'missing' || isBeyondIdentity(operand)))
      return always(undefined);
    if (one === undefined && other !== undefined) return this.#atPath(left, operator, other, comparisonOf);
    if (one !== undefined) return this.#atPath(right, operator, one, turnedComparisonOf);
    return this.#unsayableTruths();
  }

  #atPath(operand: Operand, operator: Comparison, value: Json, ask: typeof comparisonOf): Truths {
    const unsayable = (wider: Alternatives): Alternatives => this.#unsayable(wider);
    const place = operand.kind === 'path' ? Place.of(operand, this.#at) : undefined;
    if (!place) return this.#unsayableTruths();
    if (this.#at === 'attributes' || !isId(operand)) return ask(place, operator, value, unsayable);
    // A row's id may be a number, which a condition knows as its text; that it could be a list, nobody has to ask.
    const isTurned = ask === turnedComparisonOf;
    if (isTurned && (operator === '$in' || operator === '$nin')) return always(undefined);
    const compared = asRowsHaveIds(operator, value);
    return compared ? comparisonOf(place, ...compared, unsayable) : this.#unsayableTruths();
  }

  #all(parts: readonly Alternatives[]): Alternatives {
    return parts.reduce((all, part) => {
      const product = all.flatMap((one) => part.map((other) => [...one, ...other])).filter((one) => joined(one));
      if (product.length <= MOST_OF_ALL) return product;
      this.exact = false;
      return this.#denies ? all : product.slice(0, MOST_OF_ALL);
    }, ALWAYS);
  }

  #any(parts: readonly Alternatives[]): Alternatives {
    const any = parts.flat();
    if (any.some((one) => one.length === 0)) return ALWAYS;
    if (any.length <= MOST_OF_ANY) return any;
    this.exact = false;
    return this.#denies ? ALWAYS : any.slice(0, MOST_OF_ANY);
  }

  #unsayable(wider: Alternatives): Alternatives {
    this.exact = false;
    return this.#denies ? wider : NEVER;
  }

  #unsayableTruths(): Truths {
    const anything = this.#unsayable(ALWAYS);
    return { isTrue: anything, isFalse: anything, isUnknown: anything };
  }

  /** What is known of the operand without the thing. */
  #valueAt(operand: Operand): Json | undefined {
    if (operand.kind === 'value') return operand.value;
    if (operand.kind !== 'path' || operand.root !== 'resource') return undefined;
    return operand.steps.length === 1 && operand.steps[0] === 'type' ? this.#type : undefined;
  }
}

function always(truth: Truth): Truths {
  const when = (asked: Truth): Alternatives => (truth === asked ? ALWAYS : NEVER);
  return { isTrue: when(true), isFalse: when(false), isUnknown: when(undefined) };
}

// A path that goes on after a text, or begins with what is not known by now, leads to nothing.
function isBeyondIdentity(operand: Operand): boolean {
  if (operand.kind !== 'path') return false;
  const [first = ''] = operand.steps;
  return operand.root !== 'resource' || (operand.steps.length > 1 && (first === 'id' || first === 'type'));
}

function isId(operand: Operand | Path): boolean {
  return operand.kind === 'path' && operand.steps[0] === 'id';
}

function asRowsHaveIds(operator: Comparison, value: Json): [Comparison, Json] | undefined {
  switch (operator) {
    case '$eq':
      return ['$in', idsAmong([value])];
    case '$ne':
      return ['$nin', idsAmong([value])];
    case '$in':
    case '$nin':
      return Array.isArray(value) ? [operator, idsAmong(value)] : undefined;
    default:
      return undefined;
  }
}

function idsAmong(values: readonly Json[]): Json[] {
  return values
    .filter((value) => typeof value === 'string')
    .flatMap((text) => {
      const number = Number(text);
      return Number.isFinite(number) && String(number) === text ? [text, number] : [text];
    });
}
