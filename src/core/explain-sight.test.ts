import { describe, expect, it } from 'vitest';
import { EVERYTHING, toldExplanation, type Sight } from './explain-sight.js';
import type { ObjectRef, Question } from './model.js';
import type { ConsideredRule, Explanation, Finding, Miss } from './ports/explanations.js';

const bob = { type: 'user', id: 'bob' };
const doc = { type: 'doc', id: '1' };
const tenant = { type: 'tenant', id: 'a' };
const question: Question = { subject: bob, permission: { type: 'doc', action: 'view' }, object: doc };
const NOTHING: Sight = { seesPlace: () => false, seesElsewhere: false, subjectFields: null, objectFields: null };
const onTenant: Sight = { ...NOTHING, seesPlace: (place) => place !== null };

const rule = (id: string, place: ObjectRef | null, parts: Partial<ConsideredRule> = {}): ConsideredRule => ({
  id,
  source: 'role',
  effect: 'allow',
  permission: 'doc:view',
  placed: place ? 'object' : 'everywhere',
  place,
  condition: null,
  fields: null,
  startsAt: null,
  expiresAt: null,
  path: [bob, { type: 'role', id: 'secret' }],
  ...parts,
});
const explanation = (parts: Partial<Explanation>): Explanation => ({
  decision: { allowed: true, reason: 'rule_allows', rules: [rule('x', null)], fields: { only: null, except: [] } },
  mode: 'union',
  unknown: [],
  counted: [],
  missed: [],
  moreElsewhere: true,
  ...parts,
});
const missedFor = (why: Miss, place: ObjectRef | null = doc) => ({ ...rule('m', place), miss: why });

describe('what is told of an explanation', () => {
  it('is all of it to who may see everything, the rules behind the decision being among those that counted', () => {
    const all = explanation({
      counted: [rule('1', null)],
      missed: [missedFor({ why: 'elsewhere' }, tenant)],
    });
    const { decision, ...rest } = toldExplanation(question, all, EVERYTHING);
    expect(decision).toEqual({ allowed: true, reason: 'rule_allows', fields: { only: null, except: [] } });
    expect({ ...rest, decision: all.decision }).toEqual(all);
  });

  it('is of a rule placed outside that it is there, and nothing of what it is', () => {
    const because: Finding[] = [{ path: 'resource.tenant', value: 'b', comparison: {} }];
    const told = toldExplanation(
      question,
      explanation({
        counted: [rule('1', null, { effect: 'deny' }), rule('2', tenant)],
        missed: [missedFor({ why: 'condition_false', because }, null), missedFor({ why: 'denied', by: '1' })],
      }),
      onTenant,
    );
    expect(told.counted).toEqual([{ outside: true, effect: 'deny' }, rule('2', tenant)]);
    expect(told.missed).toEqual([
      { outside: true, effect: 'allow', miss: { why: 'condition_false' } },
      missedFor({ why: 'denied', by: null as unknown as string }),
    ]);
  });

  it('is nothing of what is placed elsewhere to who may explain on the object only', () => {
    const { missed, moreElsewhere } = toldExplanation(
      question,
      explanation({ missed: [missedFor({ why: 'elsewhere' }, { type: 'doc', id: '2' })] }),
      { ...onTenant, seesPlace: () => true },
    );
    expect([missed, moreElsewhere]).toEqual([[], false]);
  });

  it('is nothing of a place elsewhere that may not be seen, also to who may look elsewhere', () => {
    const { missed } = toldExplanation(
      question,
      explanation({ missed: [missedFor({ why: 'elsewhere' }, { type: 'doc', id: '2' })] }),
      { ...onTenant, seesElsewhere: true, seesPlace: (place) => place?.id !== '2' },
    );
    expect(missed).toEqual([]);
  });

  describe('of the values that a condition met', () => {
    const finding = (path: string, other?: string): Finding => ({
      path,
      value: 'secret',
      comparison: { [path]: { $eq: 'x' } },
      ...(other === undefined ? {} : { other: { path: other, value: 'secret' } }),
    });
    const told = (found: Finding, sight: Partial<Sight>, asked: Question = question): unknown => {
      const missed = [missedFor({ why: 'condition_false', because: [found] })];
      const [miss] = toldExplanation(asked, explanation({ missed }), { ...onTenant, ...sight }).missed;
      return miss?.miss && 'because' in miss.miss ? miss.miss.because[0] : undefined;
    };
    const hidden = (path: string) => ({ path, comparison: { [path]: { $eq: 'x' } }, hidden: true });
    const status = { only: ['status'], except: [] };

    it.each([
      ['resource.status', { objectFields: status }],
      ['resource.status.inner', { objectFields: status }],
      ['subject.status', { subjectFields: status }],
      ['resource.id', {}],
      ['subject.type', {}],
      ['context.time', {}],
      ['action.name', {}],
    ])('%s is told where it may be viewed, or was asked with', (path, sight) => {
      expect(told(finding(path), sight)).toEqual(finding(path));
    });

    it.each([
      ['resource.status', undefined, { subjectFields: status }],
      ['resource.salary', undefined, { objectFields: status }],
      ['resource.status', undefined, { objectFields: { only: null, except: ['status'] } }],
      ['subject.status', undefined, { objectFields: status }],
      ['context.time', 'subject.status', {}],
      ['resource.id', 'resource.status', {}],
    ])('%s with %s is hidden where one of the two may not be viewed', (path, other, sight) => {
      expect(told(finding(path, other), sight)).toEqual(hidden(path));
    });

    it('what the question brought along is told', () => {
      const supplied: Question = { ...question, supplied: { resource: { status: 1 }, subject: { level: 2 } } };
      expect(told(finding('resource.status'), {}, supplied)).toEqual(finding('resource.status'));
      expect(told(finding('subject.level'), {}, supplied)).toEqual(finding('subject.level'));
      expect(told(finding('subject.status'), {}, supplied)).toEqual(hidden('subject.status'));
      const proposed: Question = { ...question, proposed: { attributes: { status: 1 } } };
      expect(told(finding('resource.status'), {}, proposed)).toEqual(finding('resource.status'));
    });
  });
});
