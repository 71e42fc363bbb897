import type { Json } from '../model.js';
import { isJsonObject } from './json-values.js';

/** Whether two values are the same JSON: without coercion, and whatever the order of an object's members. */
export function sameJson(one: Json, other: Json): boolean {
  return one === other || (isComposite(one) && isComposite(other) && matcherOf(one)(other));
}

/** Whether one of the values is the same as this. Takes no longer than all of them are, however they are made. */
export function includesJson(values: readonly Json[], wanted: Json): boolean {
  return isComposite(wanted) ? values.some(matcherOf(wanted)) : values.includes(wanted);
}

/** Below 0, 0 or above it, as the one is before, with or after the other; undefined unless they are two numbers or two texts. */
export function orderOf(one: Json, other: Json): number | undefined {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  if (typeof one === 'string' && typeof other === 'string') return orderOfTexts(one, other);
  return undefined;
}

function isComposite(value: Json): boolean {
  return typeof value === 'object' && value !== null;
}

// What tells whether another value is the same: after this, in the time that the other takes to be read.
function matcherOf(wanted: Json): (value: Json | undefined) => boolean {
  if (Array.isArray(wanted)) {
    const elements = wanted.map(matcherOf);
    return (value) =>
      Array.isArray(value) && value.length === elements.length && elements.every((matches, at) => matches(value[at]));
  }
  if (isJsonObject(wanted)) {
    const members = Object.entries(wanted).map(([name, member]) => [name, matcherOf(member)] as const);
    return (value) =>
      isJsonObject(value) &&
      Object.keys(value).length === members.length &&
      members.every(([name, matches]) => Object.hasOwn(value, name) && matches(value[name]));
  }
  return (value) => value === wanted;
}

// By code points, as UTF-8's bytes are ordered. Comparing strings goes by UTF-16 units, where U+1F600 is before U+FF5E.
function orderOfTexts(one: string, other: string): number {
  const shorter = Math.min(one.length, other.length);
  for (let index = 0; index < shorter; index += 1) {
    const unit = one.charCodeAt(index);
    const otherUnit = other.charCodeAt(index);
    if (unit !== otherUnit) return rankOf(unit) - rankOf(otherUnit);
  }
  return one.length - other.length;
}

// Halves of surrogate pairs stand for what comes after all else.
function rankOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
