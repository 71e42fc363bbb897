import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/core/model.js';

/** Numbers that are written in more than one way, or at the edge of what a double holds. */
const NUMBERS = [0, -0, 1, -1, 0.1, 0.2, 0.30000000000000004, 1.5, 1e21, 1e-7, 2 ** 53, 1.7976931348623157e308, 5e-324];

/** Texts that begin with, contain or precede one another, and those that SQL, JSON or UTF-16 could trip over. */
const TEXTS = [
  ...`a A Z ab abc b 1 null true {} {"a":1} [1] $1 $ref NULL ' '' " \\ \\\\ \\" % _ a% \u007f é e\u0301 ß ı`.split(' '),
  ...'\ud7ff \ue000 \uff5e \uffff 😀 😁 a😀 \u{10ffff}'.split(' '),
  '',
  ' ',
  '\n',
];

/** Names that JavaScript, JSON or Postgres might take for something else. */
const NAMES = [...`a b a.b 0 -1 __proto__ constructor toString length " ' \\ 😀 $ref`.split(' '), ''];

/** So few that two values are often the same, or the one in the other. */
const COMMON: readonly Json[] = [
  null,
  1,
  '',
  'a',
  'ab',
  ['a', 1],
  ['ab', null, { a: 1, b: ['a'] }],
  { a: 1, b: ['a'] },
];

const USUAL_NAMES = ['a', 'b', '0', '__proto__'];

const anyName = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...USUAL_NAMES) },
  { weight: 3, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 1, arbitrary: fc.constantFrom('id', 'type', 'name') },
);

const anyText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('', 'a', 'ab') },
  { weight: 6, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }).map((text) => text.replaceAll('\u0000', '0')) },
);

const anyScalar: fc.Arbitrary<Json> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(null, true, false) },
  { weight: 3, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 4, arbitrary: anyText },
  { weight: 4, arbitrary: fc.constantFrom(null, 1, 'a', 'ab') },
);

const { value: anyJson, object: anyObject } = fc.letrec<{ value: Json; list: Json[]; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3, withCrossShrink: true },
    { weight: 6, arbitrary: fc.constantFrom(...COMMON) },
    { weight: 4, arbitrary: anyScalar },
    { weight: 2, arbitrary: tie('list') },
    { weight: 2, arbitrary: tie('object') },
  ),
  list: fc.array(tie('value'), { maxLength: 3 }),
  // From entries, so that __proto__ is a member like any other.
  object: fc
    .uniqueArray(fc.tuple(anyName, tie('value')), { maxLength: 5, selector: ([name]) => name })
    .map((members) => Object.fromEntries(members)),
}));

/** An object of which most of the usual names are members. */
const anyAttributes: fc.Arbitrary<JsonObject> = fc
  .tuple(
    anyObject,
    ...USUAL_NAMES.map((name) => fc.tuple(fc.constant(name), fc.option(anyJson, { freq: 5, nil: undefined }))),
  )
  .map(([object, ...members]) =>
    Object.fromEntries([
      ...Object.entries(object),
      ...members.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
    ]),
  );

export { anyAttributes, anyJson, anyName, anyScalar, anyText };
