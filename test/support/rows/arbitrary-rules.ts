import fc from 'fast-check';
import type { Json, JsonObject, ObjectRef } from '../../../src/core/model.js';
import type { NewGrant } from '../../../src/core/ports/grants.js';
import type { RoleRule } from '../../../src/core/ports/roles.js';
import { COLUMNS, UUIDS, valuesOfColumn } from '../arbitrary-rows.js';

/** All that one user of a test holds, beside what others do: who is meant by `holder` and `role` is the user's own. */
export interface Holdings {
  readonly active: boolean;
  readonly superuser: boolean;
  readonly attributes: JsonObject;
  /** The rules of two roles; the first is included in the second. */
  readonly roles: readonly (readonly RoleRule[])[];
  readonly assignments: readonly ({ readonly holder: 0 | 1 | 2; readonly role: 0 | 1 } & Placed)[];
  /** Of the user, of its groups (one in another), or of its roles. */
  readonly grants: readonly ({ readonly holder: 0 | 1 | 2 | 3 | 4 } & Placed & Omit<NewGrant, 'subject' | 'object'>)[];
}

interface Placed {
  readonly object: ObjectRef | null;
  readonly startsAt: string | null;
  readonly expiresAt: string | null;
}

const PAST = '2001-01-01T00:00:00.000Z';
const FUTURE = '2999-01-01T00:00:00.000Z';

/** Comparisons that columns can be asked, of values that they may well hold. */
const askable = fc
  .constantFrom(...(Object.keys(COLUMNS) as (keyof typeof COLUMNS)[]))
  .chain((name): fc.Arbitrary<JsonObject> => {
    const path = `resource.${name}`;
    const values = valuesOfColumn(name);
    const value = fc.constantFrom(...values);
    const by = (operator: string, right: fc.Arbitrary<Json>) => right.map((each) => ({ [path]: { [operator]: each } }));
    const declared: unknown = COLUMNS[name];
    const type = typeof declared === 'string' ? declared.replace('?', '') : 'enum';
    const ordered = ['integer', 'number', 'date', 'enum'].includes(type);
    const present = value.filter((each) => each !== null);
    return fc.oneof(
      ...['$eq', '$ne'].map((operator) => by(operator, value)),
      ...['$in', '$nin'].map((operator) => by(operator, fc.array(value, { maxLength: 3 }))),
      ...(ordered ? ['$lt', '$lte', '$gt', '$gte'].map((operator) => by(operator, present)) : []),
      ...(type === 'text' ? ['$contains', '$startsWith'].map((operator) => by(operator, present)) : []),
      ...(type === 'texts' ? [by('$contains', fc.constantFrom<Json[]>('a', 'b', '%', 1))] : []),
      by('$eq', fc.constant({ $ref: `subject.${name}` })),
      ...(type === 'texts' ? [fc.constant({ 'subject.title': { $in: { $ref: path } } })] : []),
      ...(type === 'text' ? [by('$in', fc.constant({ $ref: 'subject.tags' }))] : []),
    );
  });

const identity = fc.constantFrom<JsonObject[]>(
  { 'resource.type': 'post' },
  { 'resource.id': { $in: ['2', '3', 'b', ...UUIDS] } },
  { 'resource.id': { $ref: 'subject.title' } },
  { 'subject.title': 'a' },
  { 'context.place': 'here' },
);

/** What columns can't be asked: of it, nothing is known, and a decision may know more. */
const unaskable = fc.constantFrom<JsonObject[]>(
  { 'resource.title': { $lt: 'b' } },
  { 'resource.owner': { $startsWith: '0' } },
  { 'resource.title': { $ref: 'resource.note' } },
  { 'resource.stored': 'x' },
  { 'resource.stored': { $exists: false } },
  { 'resource.stored': { $ne: 'x' } },
  { 'resource.due': { $startsWith: '2030' } },
);

function nested(comparison: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> {
  const some = fc.array(comparison, { minLength: 1, maxLength: 3 });
  return fc.oneof(
    { weight: 5, arbitrary: comparison },
    { weight: 1, arbitrary: some.map(($or) => ({ $or })) },
    { weight: 1, arbitrary: some.map(($and) => ({ $and })) },
    { weight: 1, arbitrary: comparison.map(($not) => ({ $not })) },
    { weight: 1, arbitrary: some.map(($or) => ({ $not: { $or } })) },
  );
}

/** Rules over these types and places; `everything` has also conditions that columns can't be asked. */
export function holdingsOver(
  types: readonly string[],
  places: readonly ObjectRef[],
  { everything }: { readonly everything: boolean },
): fc.Arbitrary<Holdings> {
  const usual = fc.oneof({ weight: 6, arbitrary: askable }, { weight: 1, arbitrary: identity });
  const comparison = everything
    ? fc.oneof({ weight: 1, arbitrary: usual }, { weight: 1, arbitrary: unaskable })
    : usual;
  const condition = fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: nested(comparison) });
  const permission = fc
    .tuple(fc.constantFrom(...types), fc.constantFrom('view', 'view', 'change'))
    .map((parts) => parts.join(':'));
  const rule = fc.record({
    permission,
    effect: fc.constantFrom(...Array.from({ length: 8 }, () => 'allow' as const), 'deny' as const),
    condition,
    fields: fc.constantFrom<(string[] | null)[]>(null, null, null, null, ['title'], ['level', 'title']),
  });
  const window = fc.constantFrom(
    ...Array.from({ length: 5 }, () => ({ startsAt: null, expiresAt: null })),
    { startsAt: PAST, expiresAt: FUTURE },
    { startsAt: null, expiresAt: FUTURE },
    { startsAt: null, expiresAt: PAST },
    { startsAt: FUTURE, expiresAt: null },
  );
  const place = fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 5, arbitrary: fc.constantFrom(...places) },
  );
  const placed = fc.tuple(place, window).map(([object, times]): Placed => ({ object, ...times }));
  const assignment = fc.tuple(
    fc.record({
      holder: fc.constantFrom(0 as const, 1 as const, 2 as const),
      role: fc.constantFrom(0 as const, 1 as const),
    }),
    placed,
  );
  const grant = fc.tuple(
    fc.constantFrom(0 as const, 0 as const, 0 as const, 1 as const, 2 as const, 3 as const, 4 as const),
    placed,
    rule,
  );
  const rarely = fc.constantFrom(true, ...Array.from({ length: 24 }, () => false));
  return fc.record({
    active: rarely.map((is) => !is),
    superuser: rarely,
    attributes: fc.record({
      title: fc.constantFrom('a', 'b', '2'),
      level: fc.constant(1),
      tags: fc.constant(['a', 'ab']),
    }),
    roles: fc.tuple<RoleRule[][]>(fc.array(rule, { maxLength: 3 }), fc.array(rule, { maxLength: 2 })),
    assignments: fc.array(
      assignment.map(([who, where]) => ({ ...who, ...where })),
      { maxLength: 3 },
    ),
    grants: fc.array(
      grant.map(([holder, where, what]) => ({ holder, ...where, ...what })),
      { minLength: 10, maxLength: 40, size: 'max' },
    ),
  });
}
