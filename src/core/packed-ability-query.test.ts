import { createMongoAbility, subject } from '@casl/ability';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attributesOver, conditionsOver } from '../../test/property/arbitrary-conditions.js';
import { anyCondition } from '../../test/support/arbitrary-condition-trees.js';
import { anyAttributes } from '../../test/support/arbitrary-json.js';
import type { AttributesAt } from './casl-ability-rule.js';
import { entityOfThing, attributesAskedFor } from './casl-ability-thing.js';
import type { CompareCondition, Condition } from './conditions/condition.js';
import { evaluateCondition } from './conditions/evaluate-condition.js';
import { foldCondition } from './conditions/fold-condition.js';
import { parseCondition } from './conditions/parse-condition.js';
import type { Json, JsonObject } from './model.js';
import { queriesOf } from './packed-ability-query.js';

type Thing = Record<string, unknown>;

const permission = { type: 'document', action: 'view' };
const IDS = ['a', 'u1', '1'];

/** Tells of things, by CASL's own matcher over what came through JSON, whether the rule counts. */
function askingCasl(effect: 'allow' | 'deny', condition: Condition, at: AttributesAt) {
  const { queries, exact } = queriesOf({ permission, effect }, condition, at);
  const sent = JSON.parse(JSON.stringify(queries)) as JsonObject[];
  const rules = sent.map((conditions) => ({ action: 'view', subject: 'document', conditions }));
  const ability = createMongoAbility(rules);
  return { counts: (thing: Thing) => ability.can('view', subject('document', thing)), exact };
}

function countsByCondition(effect: 'allow' | 'deny', condition: Condition, at: AttributesAt, thing: Thing): boolean {
  const resource = entityOfThing(thing, 'document', at, attributesAskedFor(condition));
  const truth = evaluateCondition(condition, { resource });
  return effect === 'allow' ? truth === true : truth !== false;
}

const anyThing = (attributes: fc.Arbitrary<JsonObject>, ids: readonly unknown[], at: AttributesAt) =>
  fc.tuple(fc.option(fc.constantFrom(...ids), { nil: undefined }), attributes).map(([id, own]): Thing => {
    const identity = id === undefined ? {} : { id };
    return at === 'attributes' ? { type: 'document', ...identity, attributes: own } : { ...own, ...identity };
  });

const conditionsAsWritten = conditionsOver(IDS, { types: ['document', 'note'] }).map((json) =>
  foldCondition(parseCondition(json), {
    subject: { identity: { type: 'user', id: 'u1' }, attributes: { status: 'draft', level: 2, tags: ['a', 1] } },
    action: { identity: { name: 'view' }, attributes: null },
    context: { identity: {}, attributes: null },
  }),
);

// No condition that is read has a step like these.
const anyReadable = anyCondition(['resource']).filter(
  (condition) => !/"steps":\[[^\]]*("a\.b"|"")/.test(JSON.stringify(condition)),
);

// CASL can't compare an object that has a text of its own in the place of the method: it throws.
const anyComparable = anyAttributes.map(
  (attributes) => JSON.parse(JSON.stringify(attributes).replaceAll('"toString":', '"tostring":')) as JsonObject,
);

const withoutIdentity = ({ id: _id, type: _type, ...others }: JsonObject): JsonObject => others;

const SOURCES: [string, AttributesAt, fc.Arbitrary<Condition>, fc.Arbitrary<Thing>][] = [
  ['as they are written', 'attributes', conditionsAsWritten, anyThing(attributesOver(IDS), IDS, 'attributes')],
  ['of any form', 'attributes', anyReadable, anyThing(anyComparable, IDS, 'attributes')],
  ['as they are written, of rows', 'top', conditionsAsWritten, anyThing(attributesOver(IDS), ['a', 'u1', 1], 'top')],
  ['of any form, of rows', 'top', anyReadable, anyThing(anyComparable.map(withoutIdentity), ['a', 'u1', 1], 'top')],
];

describe('a condition in the query language of CASL', () => {
  it.each(SOURCES)(
    'allows no more and denies no less than conditions %s, and just that where it is exact',
    { timeout: 30_000 },
    (_, at, conditions, things) => {
      const seen = { 'allow true': 0, 'allow false': 0, 'deny true': 0, 'deny false': 0, exact: 0 };
      const several = fc.array(things, { minLength: 1, maxLength: 5 });
      fc.assert(
        fc.property(fc.constantFrom('allow', 'deny'), conditions, several, (effect, condition, all) => {
          const { counts, exact } = askingCasl(effect, condition, at);
          for (const thing of all) {
            const expected = countsByCondition(effect, condition, at, thing);
            const found = counts(thing);
            if (exact) expect(found).toBe(expected);
            else if (effect === 'allow') expect(found && !expected).toBe(false);
            else expect(expected && !found).toBe(false);
            seen[`${effect} ${expected}`] += 1;
            if (exact) seen.exact += 1;
          }
        }),
        { numRuns: 1000 },
      );
      for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(100);
    },
  );

  const id = { kind: 'path', root: 'resource', steps: ['id'] } as const;
  const value = (of: Json) => ({ kind: 'value', value: of }) as const;
  it.each<[string, CompareCondition]>([
    ['a list that is compared as a whole', { kind: 'compare', operator: '$eq', left: id, right: value(['a', '1']) }],
    ['what would have to be in it', { kind: 'compare', operator: '$nin', left: value('a'), right: id }],
    ['a number', { kind: 'compare', operator: '$in', left: id, right: value([1]) }],
  ])('does not take the id of a row for %s', (_, condition) => {
    for (const effect of ['allow', 'deny'] as const) {
      const { counts } = askingCasl(effect, condition, 'top');
      for (const thing of [{ id: 'a' }, { id: 1 }, { id: '1' }, {}])
        expect(counts({ ...thing }), JSON.stringify(thing)).toBe(countsByCondition(effect, condition, 'top', thing));
    }
  });
});
