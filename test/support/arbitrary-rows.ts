import fc from 'fast-check';
import type { Comparison, Condition, Operand } from '../../src/core/conditions/condition.js';
import { COMPARISONS } from '../../src/core/conditions/condition.js';
import type { Json } from '../../src/core/model.js';
import { anyCondition } from './arbitrary-condition-trees.js';
import { anyJson } from './arbitrary-json.js';

/** The columns of a table that stand for attributes: all types that there are, with nulls and without. */
export const COLUMNS = {
  title: 'text',
  note: 'text?',
  state: { type: 'text', oneOf: ['draft', 'final', 'kept'] },
  phase: { type: 'text?', oneOf: ['draft', 'final'] },
  owner: 'uuid?',
  level: 'integer',
  rank: 'integer?',
  score: 'number',
  weight: 'number?',
  open: 'boolean',
  sealed: 'boolean?',
  due: 'date',
  closed: 'date?',
  tags: 'texts',
} as const;

export const UUIDS = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'];
const TEXTS = ['', 'a', 'ab', 'b', 'a%', 'a_', '%', '_', '\\', '\\%', "'", '"', 'A', 'é', '😀', '\uFF5A'];
const INTEGERS = [0, 1, 2, -1, 2_147_483_647, -2_147_483_648];
const NUMBERS = [0, 1, 1.5, -1.5, 0.1, 1e21, 5e-324, 1.5e308, -1.5e308];
const DATES = [
  '2030-01-31T09:00:00.000Z',
  '2030-01-31T00:00:00.000Z',
  '2030-01-31T09:00:00.001Z',
  '1969-12-31T23:59:59.999Z',
  '0001-01-01T00:00:00.000Z',
  '9999-12-31T23:59:59.998Z',
];
const LISTS = [[], ['a'], ['a', 'b'], ['b', 'a'], ['a', 'a'], ['%'], ['😀', '']];

/** What each column may hold. */
const HELD: Readonly<Record<keyof typeof COLUMNS, readonly unknown[]>> = {
  title: TEXTS,
  note: [null, ...TEXTS],
  state: COLUMNS.state.oneOf,
  phase: [null, ...COLUMNS.phase.oneOf],
  owner: [null, ...UUIDS],
  level: INTEGERS,
  rank: [null, ...INTEGERS],
  score: NUMBERS,
  weight: [null, ...NUMBERS],
  open: [true, false],
  sealed: [null, true, false],
  due: DATES.map((text) => new Date(text)),
  closed: [null, ...DATES.map((text) => new Date(text))],
  tags: LISTS,
};

type Row = Readonly<Record<string, unknown>>;

/** Values of all columns, nearly as likely to be null as not. */
export const anyRow: fc.Arbitrary<Row> = fc.record(
  Object.fromEntries(Object.entries(HELD).map(([name, values]) => [name, fc.constantFrom(...values)])),
);

const COMPARED: readonly Json[] = [
  null,
  true,
  false,
  ...TEXTS,
  'draft',
  'final',
  ...UUIDS,
  ...UUIDS.map((uuid) => uuid.toUpperCase()),
  ...INTEGERS,
  2_147_483_648,
  -2_147_483_649,
  -0,
  ...NUMBERS,
  Number.MAX_VALUE,
  0.1 + 0.2,
  ...DATES,
  '2030',
  '2030-01-31',
  '2030-01-31T09:00:00Z',
  '2030-01-31T10:00:00.000+01:00',
  '+010000-01-01T00:00:00.000Z',
  'zz',
  ...LISTS,
  ['a', 1],
  { a: 1 },
];

/** Comparisons of the columns, and of the id, mostly with what they could hold; some of two columns, some of what is no column. */
export function conditionsOnRows(
  ids: readonly string[],
  names: readonly string[] = [...Object.keys(COLUMNS), 'id', 'type'],
): fc.Arbitrary<Condition> {
  const attribute = fc.constantFrom(...names);
  const path = (name: string): Operand => ({ kind: 'path', root: 'resource', steps: [name] });
  const near = (name: string): readonly Json[] => {
    if (name === 'id') return ids;
    if (name === 'type') return ['document'];
    const values = valuesOfColumn(name as keyof typeof COLUMNS);
    return ['level', 'rank'].includes(name) ? [...values, 0.5, 1.5, -0.5] : values;
  };
  const valueFor = (name: string, operator: Comparison): fc.Arbitrary<Json> => {
    const one = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...near(name)) },
      { weight: 3, arbitrary: fc.constantFrom(...COMPARED) },
      { weight: 1, arbitrary: anyJson },
    );
    if (operator === '$in' || operator === '$nin')
      return fc.oneof({ weight: 9, arbitrary: fc.array(one, { maxLength: 4 }) }, { weight: 1, arbitrary: one });
    if (operator === '$contains' && name === 'tags') return fc.constantFrom<Json[]>('a', 'b', '%', '', 1, null);
    return one;
  };
  const comparison = fc.tuple(attribute, fc.constantFrom(...COMPARISONS)).chain(([name, operator]) => {
    const value = valueFor(name, operator).map((each): Operand => ({ kind: 'value', value: each }));
    const other = attribute.map(path);
    return fc.oneof(
      {
        weight: 7,
        arbitrary: value.map((right): Condition => ({ kind: 'compare', operator, left: path(name), right })),
      },
      {
        weight: 2,
        arbitrary: value.map((left): Condition => ({ kind: 'compare', operator, left, right: path(name) })),
      },
      {
        weight: 1,
        arbitrary: other.map((right): Condition => ({ kind: 'compare', operator, left: path(name), right })),
      },
    );
  });
  const exists = fc.record({
    kind: fc.constant('exists' as const),
    path: attribute.map((name) => ({ kind: 'path' as const, root: 'resource' as const, steps: [name] })),
    exists: fc.boolean(),
  });
  return fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      { weight: 12, arbitrary: comparison },
      { weight: 1, arbitrary: exists },
      { weight: 1, arbitrary: anyCondition(['resource']) },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constantFrom('and' as const, 'or' as const),
          parts: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('not' as const), part: tie('condition') }) },
    ),
  })).condition;
}

/** The same values as attributes. */
export function valuesOfColumn(name: keyof typeof COLUMNS): readonly Json[] {
  return JSON.parse(JSON.stringify(HELD[name])) as Json[];
}
