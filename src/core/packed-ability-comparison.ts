import type { Comparison } from './conditions/condition.js';
import type { Json } from './model.js';
import { ALWAYS, NEVER, type Alternatives, type Place } from './packed-ability-place.js';

/** When a comparison is true, false and unknown. */
export interface Truths {
  readonly isTrue: Alternatives;
  readonly isFalse: Alternatives;
  readonly isUnknown: Alternatives;
}

/** What stands in for what the query language has no words for, where that is not to be left out: something wider. */
export type Unsayable = (wider: Alternatives) => Alternatives;

/** How what is at the place stands to a value: `place operator value`. */
export function comparisonOf(place: Place, operator: Comparison, value: Json, unsayable: Unsayable): Truths {
  switch (operator) {
    case '$eq':
      return amongThese(place, [value], unsayable);
    case '$ne':
      return opposite(amongThese(place, [value], unsayable));
    case '$in':
      return Array.isArray(value) ? amongThese(place, value, unsayable) : UNKNOWN;
    case '$nin':
      return Array.isArray(value) ? opposite(amongThese(place, value, unsayable)) : UNKNOWN;
    case '$contains':
      return holding(place, value, unsayable);
    case '$startsWith':
      return typeof value === 'string' ? textLike(place, `(?=${escaped(value)})`, `(?!${escaped(value)})`) : UNKNOWN;
    default:
      return inOrder(place, operator, value, unsayable);
  }
}

/** How a value stands to what is at the place: `value operator place`. */
export function turnedComparisonOf(place: Place, operator: Comparison, value: Json, unsayable: Unsayable): Truths {
  switch (operator) {
    case '$eq':
    case '$ne':
      return comparisonOf(place, operator, value, unsayable);
    case '$in':
      return within(place, value, unsayable);
    case '$nin':
      return opposite(within(place, value, unsayable));
    case '$contains':
      return Array.isArray(value) ? amongThese(place, value, unsayable) : ofText(place, value, unsayable);
    case '$startsWith':
      return ofText(place, value, unsayable);
    default:
      return inOrder(place, TURNED[operator], value, unsayable);
  }
}

const UNKNOWN: Truths = { isTrue: NEVER, isFalse: NEVER, isUnknown: ALWAYS };

type Order = '$lt' | '$lte' | '$gt' | '$gte';
const TURNED = { $lt: '$gt', $lte: '$gte', $gt: '$lt', $gte: '$lte' } as const;
const OPPOSITE = { $lt: '$gte', $lte: '$gt', $gt: '$lte', $gte: '$lt' } as const;

function opposite({ isTrue, isFalse, isUnknown }: Truths): Truths {
  return { isTrue: isFalse, isFalse: isTrue, isUnknown };
}

function amongThese(place: Place, values: readonly Json[], unsayable: Unsayable): Truths {
  const scalars = values.filter(isScalar);
  const isUnknown = place.missing();
  if (scalars.length === values.length)
    return { isTrue: place.among(scalars), isFalse: place.notAmong(scalars), isUnknown };
  // CASL compares arrays and objects by what they are, not by what they hold.
  return {
    isTrue: [...place.among(scalars), ...unsayable(place.composite())],
    isFalse: [...place.otherScalar(scalars), ...unsayable(place.composite())],
    isUnknown,
  };
}

function holding(place: Place, value: Json, unsayable: Unsayable): Truths {
  const [withIt, withoutIt] = isScalar(value)
    ? [place.arrayWith(value), place.arrayWithout(value)]
    : [unsayable(place.array()), unsayable(place.array())];
  if (typeof value !== 'string') return { isTrue: withIt, isFalse: withoutIt, isUnknown: place.noArray() };
  const anywhere = `[\\s\\S]*${escaped(value)}`;
  return {
    isTrue: [...withIt, ...place.text(`(?=${anywhere})`)],
    isFalse: [...withoutIt, ...place.text(`(?!${anywhere})`)],
    isUnknown: place.neitherTextNorArray(),
  };
}

function within(place: Place, value: Json, unsayable: Unsayable): Truths {
  const isUnknown = place.noArray();
  if (isScalar(value)) return { isTrue: place.arrayWith(value), isFalse: place.arrayWithout(value), isUnknown };
  return { isTrue: unsayable(place.array()), isFalse: unsayable(place.array()), isUnknown };
}

function textLike(place: Place, isTrue: string, isFalse: string): Truths {
  return { isTrue: place.text(isTrue), isFalse: place.text(isFalse), isUnknown: noText(place) };
}

// Whether it is a part of a text that is known: no pattern asks for that.
function ofText(place: Place, value: Json, unsayable: Unsayable): Truths {
  if (typeof value !== 'string') return UNKNOWN;
  return { isTrue: unsayable(place.text()), isFalse: unsayable(place.text()), isUnknown: noText(place) };
}

function inOrder(place: Place, operator: Order, value: Json, unsayable: Unsayable): Truths {
  if (typeof value === 'number') {
    const [isTrue, isFalse] = [operator, OPPOSITE[operator]].map((order) => place.numberInOrder(order, value));
    return { isTrue: isTrue ?? NEVER, isFalse: isFalse ?? NEVER, isUnknown: place.noNumber() };
  }
  if (typeof value !== 'string') return UNKNOWN;
  const [isTrue, isFalse] = [operator, OPPOSITE[operator]].map((order) =>
    BEYOND_SURROGATES.test(value) ? unsayable(place.text()) : place.textInOrder(order, value),
  );
  return { isTrue: isTrue ?? NEVER, isFalse: isFalse ?? NEVER, isUnknown: noText(place) };
}

// JavaScript orders by UTF-16 units, a condition by code points: it is the same where no unit is a surrogate or above them.
const BEYOND_SURROGATES = /[\ud800-\uffff]/;

function noText(place: Place): Alternatives {
  return [...place.neitherTextNorArray(), ...place.array()];
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}-]/g, String.raw`\$&`);
}

function isScalar(value: Json): boolean {
  return typeof value !== 'object' || value === null;
}
