import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decidingRule } from './ability.js';
import { decide } from './decide.js';
import { ALL_FIELDS, coversField, NO_FIELDS } from './field-scope.js';
import type { Facts, FetchedRule, JsonObject, Question } from './model.js';

const post = { type: 'post', id: '1' };
const view: Question = {
  subject: { type: 'user', id: 'alice' },
  permission: { type: 'post', action: 'view' },
  object: post,
};
const known: Facts = {
  subject: 'active',
  superuser: false,
  typeKnown: true,
  actionKnown: true,
  objectKnown: true,
  mode: 'union',
  rules: [],
  subjectAttributes: null,
  objectAttributes: null,
};

let rules = 0;
const rule = (effect: 'allow' | 'deny', parts: Partial<FetchedRule> = {}): FetchedRule => ({
  id: String(++rules),
  source: 'grant',
  effect,
  placed: 'everywhere',
  condition: null,
  fields: null,
  ...parts,
});

const TRUE: JsonObject = { 'resource.type': 'post' };
const FALSE: JsonObject = { 'resource.type': 'page' };
const UNKNOWN: JsonObject = { 'resource.color': 'red' };

const anyRule: fc.Arbitrary<FetchedRule> = fc.record({
  id: fc.uuid(),
  source: fc.constantFrom('grant', 'role'),
  effect: fc.constantFrom('allow', 'deny'),
  placed: fc.constantFrom('everywhere', 'object'),
  condition: fc.constantFrom(null, TRUE, FALSE, UNKNOWN),
  fields: fc.constantFrom(null, null, ['title'], ['title', 'body']),
});
const anyFacts: fc.Arbitrary<Facts> = fc.record({
  subject: fc.constantFrom('unknown', 'inactive', 'active'),
  superuser: fc.boolean(),
  typeKnown: fc.boolean(),
  actionKnown: fc.boolean(),
  objectKnown: fc.boolean(),
  mode: fc.constantFrom('union', 'both', 'object'),
  rules: fc.array(anyRule, { maxLength: 6 }),
  subjectAttributes: fc.constant(null),
  objectAttributes: fc.constant(null),
});

describe('a decision', () => {
  it('allows by one rule that allows, and names it', () => {
    const allow = rule('allow');
    expect(decide(view, { ...known, rules: [allow] })).toEqual({
      allowed: true,
      reason: 'rule_allows',
      rules: [allow],
      fields: ALL_FIELDS,
    });
  });

  it('denies where no rule counts', () => {
    expect(decide(view, known)).toEqual({ allowed: false, reason: 'no_rule_allows', rules: [], fields: NO_FIELDS });
  });

  it.each(['before', 'after'])('denies by one rule that denies, %s any number that allow, and names it', (where) => {
    const deny = rule('deny');
    const allows = [rule('allow'), rule('allow')];
    const all = where === 'before' ? [deny, ...allows] : [...allows, deny];
    expect(decide(view, { ...known, rules: all })).toMatchObject({
      allowed: false,
      reason: 'rule_denies',
      rules: [deny],
    });
  });

  it.each([
    ['allow', TRUE, 'rule_allows'],
    ['allow', FALSE, 'no_rule_allows'],
    ['allow', UNKNOWN, 'no_rule_allows'],
    ['deny', TRUE, 'rule_denies'],
    ['deny', FALSE, 'rule_allows'],
    ['deny', UNKNOWN, 'rule_denies'],
  ] as const)('by a rule that says %s where %j is %s', (effect, condition, reason) => {
    const others = effect === 'deny' ? [rule('allow')] : [];
    expect(decide(view, { ...known, rules: [...others, rule(effect, { condition })] }).reason).toBe(reason);
  });

  it('lets a condition that is not in form allow nothing, and deny', () => {
    const condition = { 'resource.type': { $matches: 'x' } };
    expect(decide(view, { ...known, rules: [rule('allow', { condition })] }).allowed).toBe(false);
    expect(decide(view, { ...known, rules: [rule('allow'), rule('deny', { condition })] }).allowed).toBe(false);
  });

  it.each([
    [{ subject: 'inactive', superuser: true, rules: [rule('allow')] }, 'subject_inactive'],
    [{ typeKnown: false, actionKnown: false, superuser: true }, 'unknown_type'],
    [{ actionKnown: false, superuser: true, rules: [rule('allow')] }, 'unknown_action'],
    [{ mode: 'both', rules: [rule('allow')] }, 'no_rule_allows'],
    [{ mode: 'both', rules: [rule('allow', { placed: 'object' })] }, 'no_rule_allows'],
    [{ mode: 'object', rules: [rule('allow')] }, 'no_rule_allows'],
    [{ subject: 'unknown', superuser: true }, 'no_rule_allows'],
  ] as const)('denies, whatever else is so: %j', (facts, reason) => {
    expect(decide(view, { ...known, ...facts })).toMatchObject({ allowed: false, reason });
  });

  it('by the mode "both" allows by two rules, and names them', () => {
    const everywhere = rule('allow');
    const placed = rule('allow', { placed: 'object' });
    expect(decide(view, { ...known, mode: 'both', rules: [placed, everywhere] })).toMatchObject({
      allowed: true,
      rules: [everywhere, placed],
    });
  });

  it.each([
    ['union', 'both', false],
    ['union', 'object', false],
    ['object', 'union', true],
    ['both', 'union', true],
    ['object', undefined, false],
  ] as const)(
    'by a type of the mode %j is made by the mode of the question, where it has one (%j)',
    (mode, asked, allowed) => {
      const facts = { ...known, mode, rules: [rule('allow')] };
      expect(decide({ ...view, mode: asked }, facts).allowed).toBe(allowed);
    },
  );

  it.each(['both', 'object'] as const)('about no object in particular needs none in the mode %j', (mode) => {
    const { object: _, ...everywhere } = view;
    expect(decide(everywhere, { ...known, mode, rules: [rule('allow')] }).allowed).toBe(true);
    expect(decide({ ...everywhere, mode }, { ...known, rules: [rule('allow')] }).allowed).toBe(true);
  });

  it('allows an active superuser everything that there is, over every rule that denies', () => {
    expect(decide(view, { ...known, superuser: true, rules: [rule('deny')] })).toEqual({
      allowed: true,
      reason: 'superuser',
      rules: [],
      fields: ALL_FIELDS,
    });
  });

  it('gives an unknown subject what anyone holds', () => {
    expect(decide(view, { ...known, subject: 'unknown', rules: [rule('allow')] }).allowed).toBe(true);
  });

  it('is what its meaning says, for all facts', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const may = facts.subject !== 'inactive' && facts.typeKnown && facts.actionKnown;
        const denied = facts.rules.some((each) => each.effect === 'deny' && !each.fields && each.condition !== FALSE);
        const allows = facts.rules.filter((each) => each.effect === 'allow' && [null, TRUE].includes(each.condition));
        const everywhere = allows.some(({ placed }) => placed === 'everywhere');
        const onObject = allows.some(({ placed }) => placed === 'object');
        const byMode = { union: everywhere || onObject, both: everywhere && onObject, object: onObject }[facts.mode];
        expect(decide(view, facts).allowed).toBe(
          may && ((facts.subject === 'active' && facts.superuser) || (byMode && !denied)),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('covers the fields that it would allow if only the rules were there that name the field, or none', () => {
    fc.assert(
      fc.property(anyFacts, fc.constantFrom('title', 'body', 'other'), (facts, field) => {
        const about = facts.rules
          .filter(({ fields }) => fields === null || fields.includes(field))
          .map((each) => ({ ...each, fields: null }));
        const decision = decide(view, facts);
        expect(decision.allowed && coversField(decision.fields, field)).toBe(
          decide(view, { ...facts, rules: about }).allowed,
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('does not hang on the order of the rules', () => {
    fc.assert(
      fc.property(
        fc
          .array(anyRule, { maxLength: 6 })
          .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([one, other]) => {
          expect(decide(view, { ...known, rules: one }).allowed).toBe(decide(view, { ...known, rules: other }).allowed);
        },
      ),
    );
  });

  it('is taken away by no further allow, and given by no further deny', () => {
    fc.assert(
      fc.property(fc.array(anyRule, { maxLength: 6 }), anyRule, fc.nat(6), (list, more, at) => {
        const before = decide(view, { ...known, rules: list }).allowed;
        const after = decide(view, { ...known, rules: list.toSpliced(at, 0, more) }).allowed;
        if (more.effect === 'allow') expect(after || !before).toBe(true);
        else expect(before || !after).toBe(true);
      }),
    );
  });
});

describe('the deciding rule', () => {
  it.each([
    'manage',
    'all',
    'any',
    '*',
    '',
    '__proto__',
    'constructor',
    'toString',
    'undefined',
    '::any action',
    '::any type',
  ])('is found by the name %j as by any other, which stands for itself alone', (word) => {
    const [allow, deny] = [rule('allow'), rule('deny')];
    for (const permission of [
      { type: 'post', action: word },
      { type: word, action: 'view' },
      { type: word, action: word },
    ]) {
      expect(decidingRule(permission, [])).toBeUndefined();
      expect(decidingRule(permission, [allow])).toBe(allow);
      expect(decidingRule(permission, [allow, deny])).toBe(deny);
    }
  });
});
