import { readFileSync } from 'node:fs';
import { createMongoAbility, subject, type MongoAbility, type RawRuleOf } from '@casl/ability';
import { unpackRules } from '@casl/ability/extra';
import { describe, expect, it } from 'vitest';
import { knownOf, type TypeRule } from './casl-ability-rule.js';
import { packedAbilityOf, type PackedAbility } from './packed-ability.js';

const text = readFileSync(new URL('../../docs/casl.md', import.meta.url), 'utf8');
const documented = [...text.matchAll(/```json\n(.*?)\n```/gs)].map(([, json = '']): unknown => JSON.parse(json));

const rule = (action: string, more: Partial<TypeRule> = {}): TypeRule => ({
  permission: { type: 'document', action },
  effect: 'allow',
  condition: null,
  fields: null,
  ...more,
});
const known = knownOf({ type: 'user', id: 'alice' }, { subjectAttributes: { department: 'sales' } });
const isDraft = { 'resource.status': 'draft' };

describe('docs/casl.md', () => {
  it('shows what the route answers to its rules', () => {
    const rules = [
      rule('view', { condition: isDraft }),
      rule('change', { fields: ['title', 'body'] }),
      rule('delete'),
      rule('delete', { effect: 'deny', condition: { $not: { 'resource.id': { $ne: '7' } } } }),
      rule('publish', { condition: { 'resource.author': { $ref: 'resource.owner' } } }),
    ];
    expect(packedAbilityOf(rules, known, { attributes: 'attributes' })).toEqual(documented[0]);
  });

  it('shows what a condition becomes', () => {
    const { rules } = packedAbilityOf([rule('view', { condition: isDraft })], known, { attributes: 'attributes' });
    expect(rules).toEqual([['view', 'document', documented[1]]]);
  });

  it('shows rules that a front end takes', () => {
    const { rules } = documented[0] as PackedAbility;
    const ability = createMongoAbility(unpackRules<RawRuleOf<MongoAbility>>(rules));
    const document = (id: string, status: string) =>
      subject('document', { type: 'document', id, attributes: { status } });
    expect(ability.can('view', document('1', 'draft'))).toBe(true);
    expect(ability.can('view', document('1', 'published'))).toBe(false);
    expect([ability.can('delete', document('1', 'draft')), ability.can('delete', document('7', 'draft'))]).toEqual([
      true,
      false,
    ]);
    expect(ability.can('publish', 'document')).toBe(false);
  });
});
