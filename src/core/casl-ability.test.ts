import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { abilityOf, type TypeRule } from './casl-ability.js';
import { decide } from './decide.js';
import { coversField } from './field-scope.js';
import type { JsonObject } from './model.js';

const permission = { type: 'document', action: 'view' };
const alice = { identity: { id: 'alice', type: 'user' }, attributes: { department: 'sales', level: 3 } };

const CONDITIONS: (JsonObject | null)[] = [
  null,
  { 'resource.department': { $ref: 'subject.department' } },
  { 'resource.owner': { $ref: 'subject.id' } },
  { 'resource.status': { $ne: 'archived' } },
  { 'subject.level': { $gte: { $ref: 'resource.level' } } },
  { $not: { 'resource.status': 'draft' } },
  { 'subject.level': { $gt: 2 } },
  { 'subject.level': { $gt: 5 } },
  { 'subject.missing': 1 },
  { $or: [{ 'context.urgent': true }, { 'action.name': 'change' }] },
];

const anyRule: fc.Arbitrary<TypeRule> = fc.record({
  permission: fc.constantFrom(permission, { type: 'document', action: 'change' }, { type: 'note', action: 'view' }),
  effect: fc.constantFrom('allow', 'allow', 'deny'),
  condition: fc.constantFrom(...CONDITIONS),
  fields: fc.constantFrom(null, null, ['title'], ['title', 'body']),
});
const anyAttributes: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      department: fc.constantFrom('sales', 'support'),
      owner: fc.constantFrom('alice', 'bob'),
      status: fc.constantFrom('draft', 'archived', 'published'),
      level: fc.constantFrom(2, 3, 4, '3'),
    },
    { requiredKeys: [] },
  )
  .map((attributes) => ({ ...attributes }));

describe('the ability of a subject', () => {
  it('allows what a decision by the same rules allows, also field by field', () => {
    let allowed = 0;
    fc.assert(
      fc.property(fc.array(anyRule, { maxLength: 5 }), anyAttributes, (rules, attributes) => {
        const ability = abilityOf(rules, { subject: alice });
        const decision = decide(
          { subject: { type: 'user', id: 'alice' }, permission, object: { type: 'document', id: '1' } },
          {
            subject: 'active',
            superuser: false,
            typeKnown: true,
            actionKnown: true,
            objectKnown: true,
            mode: 'union',
            subjectAttributes: alice.attributes,
            objectAttributes: attributes,
            rules: rules
              .filter((rule) => rule.permission === permission)
              .map(({ effect, condition, fields }, index) => ({
                id: String(index),
                source: 'grant',
                placed: 'everywhere',
                effect,
                condition,
                fields,
              })),
          },
        );
        const resource = { type: 'document', id: '1', attributes };
        allowed += decision.allowed ? 1 : 0;
        expect(ability.can('view', resource)).toBe(decision.allowed);
        for (const field of ['title', 'body', 'other']) {
          expect(ability.can('view', resource, field)).toBe(decision.allowed && coversField(decision.fields, field));
        }
      }),
      { numRuns: 3000 },
    );
    expect(allowed).toBeGreaterThan(300);
  });

  it.each(['manage', 'all'])('takes the name %j for itself alone', (word) => {
    const rule = { effect: 'allow', condition: null, fields: null } as const;
    const ability = abilityOf([{ ...rule, permission: { type: word, action: word } }], { subject: alice });
    expect(ability.can(word, { type: word, attributes: {} })).toBe(true);
    expect(ability.can('view', { type: 'document', attributes: {} })).toBe(false);
  });
});
