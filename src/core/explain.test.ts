import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.js';
import { asksElsewhere, explain, withElsewhere, type ExplainedFacts, type HeldRule } from './explain.js';
import type { Question } from './model.js';
import type { Miss } from './ports/explanations.js';

const alice = { type: 'user', id: 'alice' };
const post = { type: 'post', id: '1' };
const question: Question = { subject: alice, permission: { type: 'post', action: 'view' }, object: post };
const known: ExplainedFacts = {
  subject: 'active',
  superuser: false,
  typeKnown: true,
  actionKnown: true,
  mode: 'union',
  objectKnown: true,
  subjectAttributes: { department: 'sales' },
  objectAttributes: { status: 'draft' },
  rules: [],
};

let rules = 0;
const rule = (parts: Partial<HeldRule> = {}): HeldRule => ({
  id: String(++rules),
  source: 'grant',
  effect: 'allow',
  permission: 'post:view',
  placed: parts.place === null ? 'everywhere' : 'object',
  place: post,
  condition: null,
  fields: null,
  startsAt: null,
  expiresAt: null,
  path: [alice],
  window: 'inside',
  ...parts,
});
const everywhere = (parts: Partial<HeldRule> = {}): HeldRule => rule({ place: null, ...parts });
const explained = (all: HeldRule[], facts: Partial<ExplainedFacts> = {}) =>
  explain(question, { ...known, ...facts, rules: all });
const misses = (...of: Parameters<typeof explained>): [string, Miss][] =>
  explained(...of).missed.map(({ id, miss }) => [id, miss]);

describe('an explanation', () => {
  it('tells the rules that counted, those with the shortest path first, as they are', () => {
    const [far, near] = [rule({ path: [alice, { type: 'group', id: 'staff' }] }), everywhere()];
    const { decision, counted, missed } = explained([far, near]);
    expect(decision.allowed).toBe(true);
    expect(counted.map(({ id }) => id)).toEqual([near.id, far.id]);
    expect(counted[0]).not.toHaveProperty('window');
    expect(missed).toEqual([]);
  });

  it('tells of windows that have closed and that have not opened, whatever the condition', () => {
    const condition = { 'resource.status': 'published' };
    const closed = rule({ window: 'expired', expiresAt: '2020-01-01T00:00:00.000Z', condition });
    const ahead = rule({ window: 'not_started', startsAt: '2999-01-01T00:00:00.000Z' });
    expect(misses([closed, ahead])).toEqual([
      [ahead.id, { why: 'not_started', startsAt: ahead.startsAt }],
      [closed.id, { why: 'expired', expiresAt: closed.expiresAt }],
    ]);
  });

  it('tells a condition that is false from one that is unknown, with what made it so', () => {
    const wrong = rule({ condition: { 'resource.status': 'published' } });
    const missing = rule({ condition: { 'resource.owner': 'alice' } });
    expect(misses([wrong, missing])).toEqual([
      [missing.id, { why: 'condition_unknown', because: [expect.objectContaining({ path: 'resource.owner' })] }],
      [wrong.id, { why: 'condition_false', because: [expect.objectContaining({ value: 'draft' })] }],
    ]);
  });

  it('counts a denial whose condition is unknown, and not one whose condition is false', () => {
    const unknown = rule({ effect: 'deny', condition: { 'resource.owner': 'alice' } });
    const wrong = rule({ effect: 'deny', condition: { 'resource.status': 'published' } });
    expect(explained([unknown]).counted.map(({ id }) => id)).toEqual([unknown.id]);
    expect(misses([wrong, rule()])).toMatchObject([[wrong.id, { why: 'condition_false' }]]);
  });

  it('tells of a condition that nobody can read that it is unknown', () => {
    const broken = rule({ condition: { 'nowhere.at': 1 } });
    expect(misses([broken])).toEqual([[broken.id, { why: 'condition_unknown', because: [] }]]);
  });

  it('tells which rule outdoes those that allow', () => {
    const [allow, deny] = [rule(), everywhere({ effect: 'deny' })];
    const { decision, counted } = explained([allow, deny]);
    expect(decision.reason).toBe('rule_denies');
    expect(counted.map(({ id }) => id)).toEqual([deny.id]);
    expect(misses([allow, deny])).toEqual([[allow.id, { why: 'denied', by: deny.id }]]);
  });

  it('does not count what denies some fields only', () => {
    const [allow, fields] = [rule(), rule({ effect: 'deny', fields: ['salary'] })];
    expect(explained([allow, fields]).counted.map(({ id }) => id)).toEqual([allow.id]);
    expect(misses([allow, fields])).toEqual([[fields.id, { why: 'fields', fields: ['salary'] }]]);
  });

  it('tells what the mode needs beside the rule that is there', () => {
    const [on, all] = [rule(), everywhere()];
    expect(misses([on], { mode: 'both' })).toEqual([[on.id, { why: 'mode', needs: 'everywhere' }]]);
    expect(misses([all], { mode: 'both' })).toEqual([[all.id, { why: 'mode', needs: 'object' }]]);
    expect(misses([all], { mode: 'object' })).toEqual([[all.id, { why: 'mode', needs: 'object' }]]);
    expect(misses([all, on], { mode: 'object' })).toEqual([[all.id, { why: 'mode', needs: 'object' }]]);
    expect(misses([all, on], { mode: 'both' })).toEqual([]);
    expect(explained([all, on], { mode: 'both' }).counted).toHaveLength(2);
  });

  it('asks no mode of a question about no object', () => {
    const { object: _, ...nowhere } = question;
    const { mode, counted } = explain(nowhere, { ...known, mode: 'both', rules: [everywhere()] });
    expect([mode, counted.length]).toEqual(['union', 1]);
  });

  it.each([
    ['superuser', { superuser: true }],
    ['subject_inactive', { subject: 'inactive' }],
    ['unknown_type', { typeKnown: false }],
    ['unknown_action', { actionKnown: false }],
  ] as const)('looks at no rule where the reason is %s', (reason, facts) => {
    const told = explained([rule(), rule({ effect: 'deny' })], facts);
    expect(told).toMatchObject({ decision: { reason }, counted: [], missed: [] });
    expect(asksElsewhere(told)).toBe(false);
  });

  it('says what is not known', () => {
    expect(explained([], { subject: 'unknown', objectKnown: false }).unknown).toEqual(['subject', 'object']);
    expect(explained([]).unknown).toEqual([]);
  });

  it('asks for what is placed elsewhere only where a rule that allows is wanting, and tells ten of it', () => {
    expect(asksElsewhere(explained([rule()]))).toBe(false);
    expect(asksElsewhere(explained([rule(), rule({ effect: 'deny' })]))).toBe(false);
    const denied = explained([rule({ window: 'expired', expiresAt: '2020-01-01T00:00:00.000Z' })]);
    expect(asksElsewhere(denied)).toBe(true);
    const others = Array.from({ length: 11 }, (_, n) => rule({ place: { type: 'post', id: `other ${n}` } }));
    const { missed, moreElsewhere } = withElsewhere(denied, others);
    expect(missed.map(({ miss }) => miss.why)).toEqual(['expired', ...Array.from({ length: 10 }, () => 'elsewhere')]);
    expect(missed[1]?.place).toEqual({ type: 'post', id: 'other 0' });
    expect(missed[1]).not.toHaveProperty('window');
    expect(moreElsewhere).toBe(true);
    expect(withElsewhere(denied, others.slice(1)).moreElsewhere).toBe(false);
  });

  it('decides as a decision does, and puts each rule where it belongs', () => {
    const anyRule = fc.record({
      effect: fc.constantFrom('allow', 'deny'),
      place: fc.constantFrom(null, post),
      condition: fc.constantFrom(
        null,
        { 'resource.status': 'draft' },
        { 'resource.status': 'x' },
        { 'resource.no': 1 },
      ),
      fields: fc.constantFrom(null, null, ['title']),
      window: fc.constantFrom('inside', 'inside', 'expired'),
    });
    const modes = fc.constantFrom('union' as const, 'both' as const, 'object' as const);
    fc.assert(
      fc.property(fc.array(anyRule, { maxLength: 6 }), modes, (all, mode) => {
        const held = all.map((parts) => rule({ ...parts, expiresAt: '2020-01-01T00:00:00.000Z' }));
        const inside = held.filter(({ window }) => window === 'inside');
        const told = explained(held, { mode });
        expect(told.decision).toEqual(decide(question, { ...known, mode, rules: inside }));
        expect(told.counted.length + told.missed.length).toBe(held.length);
        // Without the rules that did not count, the decision is the same; and without one that did, nothing is left behind it.
        const counting = held.filter(({ id }) => told.counted.some((counted) => counted.id === id));
        expect(explained(counting, { mode }).decision.reason).toBe(told.decision.reason);
        const effect = told.decision.reason === 'rule_denies' ? 'deny' : 'allow';
        expect(told.counted.every((counted) => counted.effect === effect)).toBe(true);
        expect(told.counted.length > 0).toBe(told.decision.reason !== 'no_rule_allows');
      }),
    );
  });
});
