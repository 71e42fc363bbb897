import type { AttributesAt } from './casl-ability-rule.js';
import type { Condition, Entity, Operand } from './conditions/condition.js';
import type { Json, JsonObject } from './model.js';

/**
 * What type a thing is of: the one that CASL's `subject(type, thing)` gave it, else (where the attributes have a place of their own) its
 * `type`, else the name of its class, or the class's `modelName`.
 */
export function typeOfThing(thing: object, at: AttributesAt): string {
  if (Object.hasOwn(thing, MARK)) return String((thing as Record<string, unknown>)[MARK]);
  const type = at === 'attributes' ? memberOf(thing, 'type') : undefined;
  if (typeof type === 'string') return type;
  // Not the thing's own member: that could be a column of this name.
  const prototype = Object.getPrototypeOf(thing) as { readonly constructor: Maker } | null;
  return prototype?.constructor.modelName ?? prototype?.constructor.name ?? '';
}

/** The thing as conditions ask about it, with those of its attributes that are named; all as JSON would have it. */
export function entityOfThing(thing: object, type: string, at: AttributesAt, names: readonly string[]): Entity {
  const holder = at === 'attributes' ? memberOf(thing, 'attributes') : thing;
  const attributes = names.flatMap((name): [string, Json][] => {
    const value = asJson(memberOf(holder, name));
    return value === undefined ? [] : [[name, value]];
  });
  return {
    identity: { type, id: textOf(memberOf(thing, 'id')) },
    attributes: Object.fromEntries(attributes) satisfies JsonObject,
  };
}

/** The attributes of the thing that the condition asks for. */
export function attributesAskedFor(condition: Condition): string[] {
  return [...new Set(namesIn(condition))];
}

interface Maker {
  readonly modelName?: string;
  readonly name: string;
}

// The member that CASL's helper adds.
const MARK = '__caslSubjectType__';

function namesIn(condition: Condition): string[] {
  const named = (operand: Operand): string[] =>
    operand.kind === 'path' && operand.root === 'resource' ? operand.steps.slice(0, 1) : [];
  switch (condition.kind) {
    case 'constant':
      return [];
    case 'exists':
      return named(condition.path);
    case 'compare':
      return [...named(condition.left), ...named(condition.right)];
    case 'not':
      return namesIn(condition.part);
    default:
      return condition.parts.flatMap(namesIn);
  }
}

// A model's attributes may be getters of its class; what every object has is no attribute.
function memberOf(holder: unknown, name: string): unknown {
  if (typeof holder !== 'object' || holder === null) return undefined;
  const isThere = Object.hasOwn(holder, name) || (name in holder && !(name in Object.prototype));
  return isThere ? (holder as Record<string, unknown>)[name] : undefined;
}

function textOf(id: unknown): string | undefined {
  return typeof id === 'number' || typeof id === 'bigint' ? String(id) : typeof id === 'string' ? id : undefined;
}

// A date becomes its ISO text, a decimal its own text; what JSON has no word for is missing.
function asJson(value: unknown): Json | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'number':
      return value;
    case 'object':
      if (value === null) return null;
      try {
        const text = JSON.stringify(value) as string | undefined;
        return text === undefined ? undefined : (JSON.parse(text) as Json);
      } catch {
        return undefined;
      }
    default:
      return undefined;
  }
}
