import { createMongoAbility, subject, type MongoAbility, type RawRuleOf } from '@casl/ability';
import { unpackRules } from '@casl/ability/extra';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attributesOver, conditionsOver, FIELD_NAMES } from '../../test/property/arbitrary-conditions.js';
import { knownOf, type TypeRule } from './casl-ability-rule.js';
import { decide } from './decide.js';
import { coversField } from './field-scope.js';
import type { Facts, JsonObject } from './model.js';
import { packedAbilityOf } from './packed-ability.js';

const alice = { type: 'user', id: 'alice' };
const attributesOfAlice = { status: 'draft', level: 2, owner: 'alice', tags: ['a', 1], address: { city: 'a' } };
const known = knownOf(alice, { subjectAttributes: attributesOfAlice });
const IDS = ['alice', '1', 'a'];
const ACTIONS = ['view', 'change'];

const inFrontEnd = (rules: readonly TypeRule[]) => {
  const packed = packedAbilityOf(rules, known, { attributes: 'attributes' });
  const { rules: sent } = JSON.parse(JSON.stringify(packed)) as typeof packed;
  return { ability: createMongoAbility(unpackRules<RawRuleOf<MongoAbility>>(sent)), approximated: packed.approximated };
};

const rule = (permission: string, more: Partial<TypeRule> = {}): TypeRule => {
  const [type = '', action = ''] = permission.split(':');
  return { permission: { type, action }, effect: 'allow', condition: null, fields: null, ...more };
};

const anyRule: fc.Arbitrary<TypeRule> = fc.record({
  permission: fc.constantFrom(...ACTIONS.map((action) => ({ type: 'document', action }))),
  effect: fc.constantFrom('allow', 'allow', 'deny'),
  condition: fc.option(conditionsOver(IDS, { types: ['document', 'note'] }), { freq: 4 }),
  fields: fc.option(fc.uniqueArray(fc.constantFrom(...FIELD_NAMES), { minLength: 1, maxLength: 3 }), { freq: 1 }),
});

function decidedBy(rules: readonly TypeRule[], action: string, attributes: JsonObject) {
  const facts: Facts = {
    subject: 'active',
    superuser: false,
    typeKnown: true,
    actionKnown: true,
    objectKnown: true,
    mode: 'union',
    subjectAttributes: attributesOfAlice,
    objectAttributes: attributes,
    rules: rules
      .filter(({ permission }) => permission.action === action)
      .map(({ effect, condition, fields }, index) => ({
        id: String(index),
        source: 'grant',
        placed: 'everywhere',
        effect,
        condition,
        fields,
      })),
  };
  const permission = { type: 'document', action };
  return decide({ subject: alice, permission, object: { type: 'document', id: '1' } }, facts);
}

describe('a packed ability', () => {
  it(
    'allows, in a front end, what a decision by the same rules allows, field by field; and never more',
    { timeout: 30_000 },
    () => {
      const seen = { allowed: 0, denied: 0, exact: 0, approximated: 0 };
      fc.assert(
        fc.property(
          fc.array(anyRule, { minLength: 1, maxLength: 5 }),
          fc.array(attributesOver(IDS), { minLength: 1, maxLength: 4 }),
          (rules, all) => {
            const { ability, approximated } = inFrontEnd(rules);
            for (const attributes of all) {
              for (const action of ACTIONS) {
                const { allowed, fields } = decidedBy(rules, action, attributes);
                const document = subject('document', { type: 'document', id: '1', attributes });
                const isExact = !approximated.includes(`document:${action}`);
                const answers = [
                  [ability.can(action, document), allowed],
                  ...FIELD_NAMES.map((name) => [
                    ability.can(action, document, name),
                    allowed && coversField(fields, name),
                  ]),
                ] as const;
                for (const [found, expected] of answers) {
                  if (isExact) expect(found).toBe(expected);
                  else expect(found && !expected).toBe(false);
                }
                seen[allowed ? 'allowed' : 'denied'] += 1;
                seen[isExact ? 'exact' : 'approximated'] += 1;
              }
            }
          },
        ),
        { numRuns: 800 },
      );
      for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(150);
    },
  );

  it('looks as one would write it by hand, where that means the same', () => {
    const rules = [
      rule('document:add', { condition: { 'resource.id': 'plan' } }),
      rule('document:view', { condition: { 'subject.level': { $gt: 1 } }, fields: ['title', 'body'] }),
      rule('document:view', { effect: 'deny', condition: { 'subject.level': { $gt: 5 } } }),
      rule('document:change', { effect: 'deny' }),
    ];
    expect(packedAbilityOf(rules, known, { attributes: 'attributes' })).toEqual({
      rules: [
        ['add', 'document', { id: 'plan' }],
        ['view', 'document', 0, 0, 'title,body'],
        ['change', 'document', 0, 1],
      ],
      approximated: [],
    });
  });

  it('tells of a type that it is denied only where nothing of it is allowed', () => {
    const sometimes = inFrontEnd([
      rule('document:view'),
      rule('document:view', { effect: 'deny', condition: { 'resource.status': 'draft' } }),
    ]);
    expect(sometimes.ability.can('view', 'document')).toBe(true);
    const never = inFrontEnd([
      rule('document:view'),
      rule('document:view', { effect: 'deny', condition: { 'subject.none': 1 } }),
    ]);
    expect(never.ability.can('view', 'document')).toBe(false);
  });

  it.each([
    ['an action that CASL takes for all of them', 'document:manage', 'document:view'],
    ['a type that CASL takes for all of them', 'all:view', 'document:view'],
    ['a type with a comma, of which CASL would make two', 'document,note:view', 'note:view'],
    ['an action with a comma', 'document:view,change', 'document:change'],
  ])('leaves out %s', (_, permission, other) => {
    const { ability, approximated } = inFrontEnd([rule(permission)]);
    for (const name of [permission, other]) {
      const [type = '', action = ''] = name.split(':');
      expect(ability.can(action, type)).toBe(false);
    }
    expect(approximated).toEqual([permission]);
    const denied = inFrontEnd([rule(other), rule(permission, { effect: 'deny' })]);
    const [type = '', action = ''] = other.split(':');
    expect(denied.ability.can(action, type)).toBe(true);
    expect(denied.approximated).toEqual([]);
  });

  it.each(['a,b', '*', 'a*'])('takes no field %j for others: it allows none by it, and denies all', (field) => {
    const document = subject('document', { id: '1', attributes: {} });
    const allows = inFrontEnd([rule('document:view', { fields: [field, 'c'] })]);
    expect(['a', 'b', 'ab', 'c', field].filter((name) => allows.ability.can('view', document, name))).toEqual(['c']);
    const only = inFrontEnd([rule('document:view', { fields: [field] })]);
    expect(only.ability.can('view', 'document')).toBe(false);
    const denies = inFrontEnd([rule('document:view'), rule('document:view', { effect: 'deny', fields: [field] })]);
    expect(['a', 'c', field].filter((name) => denies.ability.can('view', document, name))).toEqual([]);
    for (const each of [allows, only, denies]) expect(each.approximated).toEqual(['document:view']);
  });

  it.each<[string, JsonObject]>([
    ['two attributes of the thing', { 'resource.owner': { $ref: 'resource.author' } }],
    ['a list as a whole', { 'resource.tags': ['a', 'b'] }],
    ['an object as a whole', { 'resource.address': { city: 'a' } }],
    ['whether a text that is known has it in it', { 'subject.owner': { $contains: { $ref: 'resource.owner' } } }],
    ['an order in which UTF-16 is another', { 'resource.name': { $lt: '😀' } }],
    ['what every object inherits', { 'resource.constructor.name': 'Object' }],
  ])('leaves out an allow, and widens a deny, by %s', (_, condition) => {
    const allows = inFrontEnd([rule('document:view', { condition })]);
    expect(allows.ability.can('view', 'document')).toBe(false);
    expect(allows.approximated).toEqual(['document:view']);
    const denies = inFrontEnd([rule('document:view'), rule('document:view', { effect: 'deny', condition })]);
    const matching = {
      owner: 'a',
      author: 'a',
      tags: ['a', 'b'],
      address: { city: 'a' },
      name: 'a',
      constructor: { name: 'Object' },
    };
    expect(denies.ability.can('view', subject('document', { id: '1', attributes: matching }))).toBe(false);
    expect(denies.approximated).toEqual(['document:view']);
  });

  it('stays small: a condition that would be thousands of rules becomes fewer, and says so', () => {
    const parts = Array.from({ length: 20 }, (_, index) => ({ [`resource.a${index}`]: { $ne: 1 } }));
    const allows = packedAbilityOf([rule('document:view', { condition: { $and: parts } })], known);
    expect(allows.rules.length).toBeLessThanOrEqual(64);
    expect(allows.approximated).toEqual(['document:view']);
    const ability = createMongoAbility(unpackRules<RawRuleOf<MongoAbility>>(allows.rules));
    const row = Object.fromEntries(parts.map((_, index) => [`a${index}`, 2]));
    expect(ability.can('view', subject('document', { ...row }))).toBe(true);
    expect(ability.can('view', subject('document', { ...row, a7: 1 }))).toBe(false);
  });
});
