import type { AttributesAt } from './casl-ability-rule.js';
import type { Path } from './conditions/condition.js';
import type { Json } from './model.js';

/** One thing that is asked of a field, in CASL's query language. */
export interface Atom {
  readonly field: string;
  readonly operator: string;
  readonly operand: Json;
  /** What has the lesser one is asked before the others, which might fail where it does not hold. */
  readonly rank: number;
}

/** All of these together. */
export type Conjunction = readonly Atom[];

/** At least one of these: none is never, an empty one always. */
export type Alternatives = readonly Conjunction[];

export const NEVER: Alternatives = [];
export const ALWAYS: Alternatives = [[]];

// A step by number into an array, to where no element is. CASL takes what is missing from an array or an object for null.
const NO_INDEX = '-1';
// A step by this name leads nowhere, since no name in JSON that can be stored is this one: from an array to no elements at all, from anything else
// to nothing, which CASL takes for less than 0.
const NO_NAME = '\u0000';
const LENGTH = 'length';

/** Each is asked for after those before it. */
const FORMS = [NO_INDEX, LENGTH, undefined, NO_NAME] as const;

/**
 * What CASL's matcher can be asked about the value at one path of a thing, so that it answers as a condition does. Left to itself it looks into arrays,
 * leads paths through them (and fails where one holds null), reads a text as a number and nothing as what is less; and it knows no `$not` and no `$or`.
 */
export class Place {
  readonly #names: readonly string[];
  /** How many of the names lead to something that may be an array. */
  readonly #through: number;
  /** There can be a text or nothing, and so there is no need to ask for its form. */
  readonly #isText: boolean;

  private constructor(names: readonly string[], through: number, isText: boolean) {
    this.#names = names;
    this.#through = through;
    this.#isText = isText;
  }

  /** Undefined for a path that CASL would follow to where no condition does. */
  static of({ steps }: Path, at: AttributesAt): Place | undefined {
    if (steps[0] === 'id') return new Place(['id'], 0, at === 'attributes');
    if (!canBeSaid(steps, at)) return undefined;
    return new Place(at === 'attributes' ? ['attributes', ...steps] : steps, steps.length - 1, false);
  }

  /** Something is there. */
  present(): Alternatives {
    return [[...this.#reached(), this.#is('$exists', true)]];
  }

  /** Nothing is there; nor is anything at the end of a path through an array. */
  missing(): Alternatives {
    const ways = this.#ways();
    const nothing = ways.slice(0, -1).map((way) => way.#reached().concat(way.#is('$in', [null])));
    const reached = ways.slice(0, -1).flatMap((way) => way.#isObject());
    return [[...reached, this.#is('$exists', false)], ...nothing, ...ways.flatMap((way) => way.array())];
  }

  /** It is one of these scalars. */
  among(scalars: readonly Json[]): Alternatives {
    return scalars.length === 0 ? NEVER : [[...this.#scalar(), this.#is('$in', [...scalars])]];
  }

  /** It is there, and is none of these scalars. */
  notAmong(scalars: readonly Json[]): Alternatives {
    if (scalars.length === 0) return this.present();
    // An array is none of them, though it may hold one.
    return [...this.present().map((present) => present.concat(this.#is('$nin', [...scalars]))), ...this.array()];
  }

  /** It is a scalar, and none of these. */
  otherScalar(scalars: readonly Json[]): Alternatives {
    return [[...this.#scalar(), this.#is('$exists', true), this.#is('$nin', [...scalars])]];
  }

  /** It is an array. */
  array(): Alternatives {
    return this.#isText ? NEVER : [[...this.#reached(), this.#is('$all', [])]];
  }

  /** It is an array in which the scalar is. */
  arrayWith(scalar: Json): Alternatives {
    return this.#isText ? NEVER : [[...this.#reached(), this.#is('$all', [scalar])]];
  }

  /** It is an array in which the scalar is not. */
  arrayWithout(scalar: Json): Alternatives {
    return this.array().map((array) => array.concat(this.#is('$nin', [scalar])));
  }

  /** It is anything but an array, or missing. */
  noArray(): Alternatives {
    return this.#isText ? ALWAYS : [...this.missing(), this.#scalar(), ...this.#object()];
  }

  /** It is an array or an object. */
  composite(): Alternatives {
    return this.#isText ? NEVER : [[...this.#reached(), this.#has(NO_INDEX, '$eq', null)], this.#withIndex()];
  }

  /** It is a text, with this at its beginning (a pattern). */
  text(pattern = ''): Alternatives {
    return [[...this.#scalar(), this.#is('$regex', pattern)]];
  }

  /** It is a text that stands so to this one. */
  textInOrder(operator: string, operand: string): Alternatives {
    return this.text().map((text) => text.concat(this.#is(operator, operand)));
  }

  /** It is neither a text nor an array, or missing. */
  neitherTextNorArray(): Alternatives {
    if (this.#isText) return this.missing();
    return [...this.missing(), [...this.#scalar(), this.#has(LENGTH, '$exists', false)], ...this.#object()];
  }

  /** It is a number that stands so to this one. */
  numberInOrder(operator: string, operand: number): Alternatives {
    if (this.#isText) return NEVER;
    const isNumber = [
      this.#has(LENGTH, '$exists', false),
      this.#is('$exists', true),
      this.#is('$nin', [null, true, false]),
    ];
    return [[...this.#scalar(), ...isNumber, this.#is(operator, operand)]];
  }

  /** It is anything but a number, or missing. */
  noNumber(): Alternatives {
    if (this.#isText) return ALWAYS;
    const scalars = [this.#is('$in', [null, true, false]), this.#has(LENGTH, '$exists', true)];
    return [...this.missing(), ...this.composite(), ...scalars.map((scalar) => this.#reached().concat(scalar))];
  }

  #is(operator: string, operand: Json): Atom {
    return this.#has(undefined, operator, operand);
  }

  #has(form: (typeof FORMS)[number], operator: string, operand: Json): Atom {
    const names = form === undefined ? this.#names : [...this.#names, form];
    const rank = this.#names.length * FORMS.length + FORMS.indexOf(form);
    return { field: names.join('.'), operator, operand, rank };
  }

  /** What the path leads through, from the beginning. */
  #ways(): Place[] {
    const first = this.#names.length - this.#through;
    return this.#names.slice(first).map((_, index) => new Place(this.#names.slice(0, first + index), index, false));
  }

  #reached(): Atom[] {
    return this.#ways().flatMap((way) => way.#isObject());
  }

  // Or a scalar, from which no path leads on. A step by name from an array with null in it would fail.
  #isObject(): Atom[] {
    return [this.#is('$nin', [null]), this.#has(NO_NAME, '$lt', 0)];
  }

  #object(): Alternatives {
    return [[...this.#reached(), this.#has(NO_INDEX, '$eq', null), ...this.#isObject()], this.#withIndex()];
  }

  // An object with a member of this name.
  #withIndex(): Conjunction {
    return [...this.#reached(), this.#has(NO_INDEX, '$exists', true)];
  }

  #scalar(): Atom[] {
    if (this.#isText) return [];
    return [...this.#reached(), this.#has(NO_INDEX, '$ne', null), this.#has(NO_INDEX, '$exists', false)];
  }
}

function canBeSaid(steps: readonly string[], at: AttributesAt): boolean {
  const [first = ''] = steps;
  const last = steps.at(-1) ?? '';
  // CASL goes on by what every object inherits, and by what a text has.
  if (steps.slice(0, -1).some(isInherited)) return false;
  if (steps.length > 1 && (last === LENGTH || /^\d+$/.test(last))) return false;
  // A query that begins with one of these would be taken for something else.
  return at === 'attributes' || !(first.startsWith('$') || isInherited(first));
}

function isInherited(name: string): boolean {
  return name in Object.prototype;
}
