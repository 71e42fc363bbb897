import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decidingRule } from './ability.js';
import { decide } from './decide.js';
import type { Facts, FetchedRule } from './model.js';

const view = { type: 'post', action: 'view' };
const known: Facts = {
  subject: 'active',
  superuser: false,
  typeKnown: true,
  actionKnown: true,
  mode: 'union',
  rules: [],
};

let rules = 0;
const rule = (effect: 'allow' | 'deny', restricted = false): FetchedRule => ({
  id: String(++rules),
  source: 'grant',
  effect,
  placed: 'everywhere',
  restricted,
});

const anyRule: fc.Arbitrary<FetchedRule> = fc.record({
  id: fc.uuid(),
  source: fc.constantFrom('grant', 'role'),
  effect: fc.constantFrom('allow', 'deny'),
  placed: fc.constantFrom('everywhere', 'object'),
  restricted: fc.boolean(),
});
const anyFacts: fc.Arbitrary<Facts> = fc.record({
  subject: fc.constantFrom('unknown', 'inactive', 'active'),
  superuser: fc.boolean(),
  typeKnown: fc.boolean(),
  actionKnown: fc.boolean(),
  mode: fc.constantFrom('union', 'both', 'object'),
  rules: fc.array(anyRule, { maxLength: 6 }),
});

describe('a decision', () => {
  it('allows by one rule that allows, and names it', () => {
    const allow = rule('allow');
    expect(decide(view, { ...known, rules: [allow] })).toEqual({
      allowed: true,
      reason: 'rule_allows',
      rules: [allow],
    });
  });

  it('denies where no rule counts', () => {
    expect(decide(view, known)).toEqual({ allowed: false, reason: 'no_rule_allows', rules: [] });
  });

  it.each(['before', 'after'])('denies by one rule that denies, %s any number that allow, and names it', (where) => {
    const deny = rule('deny');
    const allows = [rule('allow'), rule('allow')];
    const all = where === 'before' ? [deny, ...allows] : [...allows, deny];
    expect(decide(view, { ...known, rules: all })).toEqual({ allowed: false, reason: 'rule_denies', rules: [deny] });
  });

  it('allows by no rule with a restriction that it can not judge, and denies by one', () => {
    expect(decide(view, { ...known, rules: [rule('allow', true)] }).allowed).toBe(false);
    const deny = rule('deny', true);
    expect(decide(view, { ...known, rules: [rule('allow'), deny] })).toMatchObject({
      reason: 'rule_denies',
      rules: [deny],
    });
    const allow = rule('allow');
    expect(decide(view, { ...known, rules: [rule('allow', true), allow] })).toMatchObject({
      allowed: true,
      rules: [allow],
    });
  });

  it.each([
    [{ subject: 'inactive', superuser: true, rules: [rule('allow')] }, 'subject_inactive'],
    [{ typeKnown: false, actionKnown: false, superuser: true }, 'unknown_type'],
    [{ actionKnown: false, superuser: true, rules: [rule('allow')] }, 'unknown_action'],
    [{ mode: 'both', rules: [rule('allow')] }, 'no_rule_allows'],
    [{ mode: 'object', rules: [rule('allow')] }, 'no_rule_allows'],
    [{ subject: 'unknown', superuser: true }, 'no_rule_allows'],
  ] as const)('denies, whatever else is so: %j', (facts, reason) => {
    expect(decide(view, { ...known, ...facts })).toMatchObject({ allowed: false, reason });
  });

  it('allows an active superuser everything that there is, over every rule that denies', () => {
    expect(decide(view, { ...known, superuser: true, rules: [rule('deny')] })).toEqual({
      allowed: true,
      reason: 'superuser',
      rules: [],
    });
  });

  it('gives an unknown subject what anyone holds', () => {
    expect(decide(view, { ...known, subject: 'unknown', rules: [rule('allow')] }).allowed).toBe(true);
  });

  it('is what its meaning says, for all facts', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const may = facts.subject !== 'inactive' && facts.typeKnown && facts.actionKnown;
        const denied = facts.rules.some(({ effect }) => effect === 'deny');
        const allowed = facts.rules.some(({ effect, restricted }) => effect === 'allow' && !restricted);
        const byRules = facts.mode === 'union' && allowed && !denied;
        expect(decide(view, facts).allowed).toBe(may && ((facts.subject === 'active' && facts.superuser) || byRules));
      }),
      { numRuns: 1000 },
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
        else expect(after).toBe(false);
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
