import fc from 'fast-check';
import type { Json, JsonObject } from './world.js';

/**
 * Attributes and conditions over a handful of names and values, so few that a condition is often true, often false and often
 * unknown. Among them is what trips a translation into SQL: null, numbers beside texts, what LIKE would take for a pattern,
 * characters beyond the first plane, members that JavaScript has and JSON does not.
 */
const VALUES: Readonly<Record<string, readonly Json[]>> = {
  status: ['draft', 'published', null],
  level: [1, 2, 1.5, -1, '1', true],
  name: ['Z', 'a', 'ab', 'a%', '_', '\\', "'", '', 'á', '😀', '\uFF5A'],
  tags: [[], ['a'], ['a', 'b'], ['b', ['a'], 1, null], 'ab', [{ city: 'a' }], [['a', 'b'], { city: 'a', zip: 1 }]],
  address: [{ city: 'a' }, { city: 'b', zip: 1 }, { zip: 1, city: 'b' }, { city: null }, {}, 'a'],
};
export const ATTRIBUTE_NAMES = Object.keys(VALUES);
const OWNER = 'owner';

/** The names that a rule's fields are taken from; no object has the last. */
export const FIELD_NAMES = ['status', 'level', 'tags', OWNER, 'nothing'];

/** What an attribute of this name may hold. */
export const valuesOf = (ids: readonly string[], name: string): readonly Json[] =>
  name === OWNER ? ids : Object.hasOwn(VALUES, name) ? (VALUES[name] ?? []) : [];

const NAMES = [...ATTRIBUTE_NAMES, 'status', 'level', OWNER, OWNER];

/** Attributes of an object or a user, most of those there are. */
export function attributesOver(ids: readonly string[]): fc.Arbitrary<JsonObject> {
  const all = [...ATTRIBUTE_NAMES, OWNER].map((name) =>
    fc
      .option(fc.constantFrom(...valuesOf(ids, name)), { freq: 5, nil: undefined })
      .map((value) => [name, value] as const),
  );
  return fc.tuple(...all).map((entries) => Object.fromEntries(entries.filter(hasValue)));
}

const hasValue = (entry: readonly [string, Json | undefined]): entry is readonly [string, Json] =>
  entry[1] !== undefined;

/** Properties that a question brings along: some attributes, and some that none is stored under. */
export function propertiesOver(ids: readonly string[]): fc.Arbitrary<JsonObject> {
  const name = fc.constantFrom(...NAMES, 'id', 'type', 'name');
  return fc
    .array(
      name.chain((each) => fc.tuple(fc.constant(each), fc.constantFrom(...valuesOf(ids, each), 'a', 1))),
      { minLength: 1, maxLength: 4, size: 'max' },
    )
    .map((entries) => Object.fromEntries(entries));
}

interface Compared {
  readonly path: string;
  /** What may well be at the path. */
  readonly values: readonly Json[];
}

/** Conditions; with `mentionsIds` false, none of them hangs on how something is called. */
export function conditionsOver(
  ids: readonly string[],
  { types, mentionsIds = true }: { readonly types: readonly string[]; readonly mentionsIds?: boolean },
): fc.Arbitrary<JsonObject> {
  const names = mentionsIds ? NAMES : NAMES.filter((name) => name !== OWNER);
  const attribute = (root: string): fc.Arbitrary<Compared> =>
    fc.constantFrom(...names).map((name) => ({ path: `${root}.${name}`, values: valuesOf(ids, name) }));
  const identities: Compared[] = [
    { path: 'resource.id', values: ids },
    { path: 'subject.id', values: ids },
    { path: 'resource.type', values: types },
  ];
  const special: Compared[] = [
    ...(mentionsIds ? identities : []),
    { path: 'subject.type', values: ['user', 'group', 'role'] },
    { path: 'action.name', values: ['view', 'change', 'add'] },
    { path: 'action.id', values: ['a'] },
    { path: 'context.id', values: ['a'] },
    { path: 'resource.address.city', values: ['a', 'b', null] },
    { path: 'subject.address.city', values: ['a', 'b', null] },
    { path: 'resource.tags.0', values: ['a'] },
    { path: 'resource.tags.length', values: [1] },
    { path: 'resource.name.length', values: [1] },
    { path: 'resource.toString', values: ['a'] },
    { path: 'resource.address.constructor', values: [{}] },
    { path: 'resource.address.city.a', values: ['a'] },
  ];
  const compared = fc.oneof(
    { weight: 9, arbitrary: attribute('resource') },
    { weight: 2, arbitrary: attribute('subject') },
    { weight: 1, arbitrary: attribute('context') },
    { weight: 1, arbitrary: attribute('action') },
    { weight: 2, arbitrary: fc.constantFrom(...special) },
  );
  const anything = fc.constantFrom(...Object.values(VALUES).flat());
  const comparison = compared.chain(({ path, values }) => {
    const value = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: anything });
    return comparisonsOf(value, referencesLike(path, names, mentionsIds), values.some(Array.isArray)).map(
      (right): JsonObject => ({
        [path]: right,
      }),
    );
  });
  return nested(comparison);
}

/** Paths to compare a path with: mostly the same attribute of another root. */
function referencesLike(path: string, names: readonly string[], mentionsIds: boolean): fc.Arbitrary<Json> {
  const [root = '', ...steps] = path.split('.');
  const roots = ['resource', 'subject', 'context'];
  const alike = roots.filter((each) => each !== root).map((each) => [each, ...steps].join('.'));
  const owner = mentionsIds ? ['subject.id', `resource.${OWNER}`] : [];
  const other = roots.flatMap((each) => names.map((name) => `${each}.${name}`));
  return fc
    .oneof(
      { weight: 3, arbitrary: fc.constantFrom(...alike, ...owner) },
      { weight: 1, arbitrary: fc.constantFrom(...other) },
    )
    .map((to) => ({ $ref: to }));
}

function comparisonsOf(value: fc.Arbitrary<Json>, reference: fc.Arbitrary<Json>, isList: boolean): fc.Arbitrary<Json> {
  const operand = fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: reference });
  const ordered = fc.oneof(
    {
      weight: 3,
      arbitrary: value.map((each) => (typeof each === 'number' ? each : typeof each === 'string' ? each : 1)),
    },
    { weight: 1, arbitrary: reference },
  );
  const text = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<Json[]>('a', 'd', '%', '_', '_b', 'a_', '', '\\', '😀') },
    { weight: 1, arbitrary: reference },
  );
  const element = fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom<Json[]>('a', 'b', '%', '', ['a'], { city: 'a' }, {}, [], null, 1) },
    { weight: 1, arbitrary: operand },
  );
  const values = fc.oneof(
    { weight: 3, arbitrary: fc.array(value, { maxLength: 3 }) },
    { weight: 1, arbitrary: reference },
  );
  const by = (operator: string, right: fc.Arbitrary<Json>) => right.map((each): JsonObject => ({ [operator]: each }));
  const one: fc.Arbitrary<JsonObject> = fc.oneof(
    by('$eq', operand),
    by('$ne', operand),
    by('$in', values),
    by('$nin', values),
    by('$lt', ordered),
    by('$lte', ordered),
    by('$gt', ordered),
    by('$gte', ordered),
    by('$contains', element),
    // Of a list, it is what mostly is asked.
    ...Array.from({ length: isList ? 12 : 1 }, () => by('$contains', element)),
    by('$startsWith', text),
    by('$startsWith', text),
    by('$exists', fc.boolean()),
  );
  // A value that is an empty object would read as a comparison without an operator.
  const bare = operand.filter((each) => typeof each !== 'object' || each === null || Object.keys(each).length > 0);
  return fc.oneof(
    { weight: 4, arbitrary: bare },
    { weight: 8, arbitrary: one },
    { weight: 1, arbitrary: one.map((each) => ({ $not: each })) },
    { weight: 1, arbitrary: fc.tuple(one, one).map(([left, right]) => ({ ...left, ...right })) },
  );
}

function nested(comparison: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> {
  // Members in one order, so that two conditions are the same when they say the same.
  const together = fc
    .tuple(comparison, comparison)
    .map((parts) =>
      Object.fromEntries(
        parts.flatMap((part) => Object.entries(part)).toSorted(([one], [other]) => (one < other ? -1 : 1)),
      ),
    );
  const some = fc.array(comparison, { minLength: 1, maxLength: 3 });
  const inner: fc.Arbitrary<JsonObject> = fc.oneof(
    { weight: 4, arbitrary: comparison },
    { weight: 1, arbitrary: some.map(($or) => ({ $or })) },
    { weight: 1, arbitrary: some.map(($and) => ({ $and })) },
    { weight: 1, arbitrary: comparison.map(($not) => ({ $not })) },
  );
  return fc.oneof(
    { weight: 10, arbitrary: comparison },
    { weight: 2, arbitrary: together },
    { weight: 2, arbitrary: fc.array(inner, { minLength: 1, maxLength: 2 }).map(($or) => ({ $or })) },
    { weight: 2, arbitrary: fc.array(inner, { minLength: 1, maxLength: 2 }).map(($and) => ({ $and })) },
    { weight: 2, arbitrary: inner.map(($not) => ({ $not })) },
  );
}
