import { describe, expect, it } from 'vitest';
import { openPolicyDatabase } from '../../../test/support/policy-database.js';
import type { Json, ObjectRef, Question, SubjectRef } from '../../core/model.js';
import type { ConsideredRule, Explanation, MissedRule } from '../../core/ports/explanations.js';
import { canonicalJson } from '../../core/rule-key.js';
import { PolicyWorld } from '../../testing/policy-world.js';
import { parsePolicy } from '../policy/parse-policy.js';

const POLICY = `
types: [{ id: folder }, { id: post }, { id: both, mode: both }, { id: own, mode: object }]
users:
  - { username: alice, attributes: { dep: a } }
  - { username: bob, active: false }
  - { username: root, superuser: true }
groups:
  - { id: staff, members: [user:alice, group:sub] }
  - { id: sub, members: [user:bob] }
  - { id: all, members: [group:staff] }
roles:
  - { id: base, rules: [post:view, both:view, { permission: post:change, condition: { resource.dep: { $ref: subject.dep } } }] }
  - { id: chief, includes: [base], rules: [{ permission: post:delete, effect: deny, condition: { resource.final: true } }, post:delete] }
  - { id: top, includes: [chief, base] }
assignments:
  - { subject: group:all, role: base, object: folder:2 }
  - { subject: user:alice, role: top, object: folder:1, startsAt: 2020-01-01T00:00:00Z, expiresAt: 2021-01-01T00:00:00Z }
  - { subject: user:alice, role: chief, object: folder:3, startsAt: 2099-01-01T00:00:00Z }
  - { subject: group:authenticated, role: top }
objects:
  - { type: folder, id: "1" }
  - { type: folder, id: "2", parent: folder:1 }
  - { type: folder, id: "3" }
  - { type: post, id: a, parent: folder:2, attributes: { dep: a, final: true } }
  - { type: post, id: b, parent: folder:3, attributes: { dep: b } }
  - { type: post, id: c, parent: folder:1 }
  - { type: both, id: x, parent: folder:2 }
  - { type: own, id: y, parent: folder:3 }
grants:
  - { subject: group:anyone, permission: post:view, object: post:b, effect: deny, fields: [secret] }
  - { subject: user:alice, permission: own:view }
  - { subject: user:alice, permission: post:grant, object: post:b, expiresAt: 2021-01-01T00:00:00Z }
  - { subject: group:staff, permission: post:grant, object: post:c }
  - { subject: group:staff, permission: post:grant, object: folder:2, effect: deny }
  - { subject: role:base, permission: post:add, object: folder:2 }
  - { subject: role:base, permission: own:change }
  - { subject: role:chief, permission: own:delete, object: folder:3, startsAt: 2020-06-01T00:00:00Z, expiresAt: 2098-01-01T00:00:00Z }
  - { subject: role:top, permission: both:change, object: both:x }
  - { subject: role:top, permission: post:add, object: folder:1, expiresAt: 2098-01-01T00:00:00Z }
`;

/** An explanation without the ids of its rules, which each keeper makes itself, and without the order of those that are equally near. */
function plain({ decision, counted, missed, ...rest }: Explanation): object {
  const { allowed, reason, fields } = decision;
  return { decision: { allowed, reason, fields }, counted: nameless(counted), missed: nameless(missed), ...rest };
}

function nameless(rules: readonly (ConsideredRule | MissedRule)[]): string[] {
  return rules
    .map((rule) => {
      const miss = 'miss' in rule ? rule.miss : null;
      const told = { ...rule, id: null, miss: miss?.why === 'denied' ? { why: miss.why } : miss };
      return canonicalJson(JSON.parse(JSON.stringify(told)) as Json);
    })
    .toSorted();
}

describe('the explanations of a policy in memory', () => {
  it('are those of a database with the same in it', async () => {
    const policies = await openPolicyDatabase();
    try {
      await policies.apply(POLICY);
      const policy = parsePolicy(POLICY, 'policy.yaml');
      const world = new PolicyWorld(policy);
      const subjects: SubjectRef[] = [
        ...['alice', 'bob', 'root', 'nobody'].map((id) => ({ type: 'user', id })),
        ...['staff', 'anyone', 'authenticated'].map((id) => ({ type: 'group', id })),
        ...['base', 'top'].map((id) => ({ type: 'role', id })),
      ];
      const objects: (ObjectRef | undefined)[] = [...policy.objects.slice(3), { type: 'post', id: 'none' }];
      const types = new Map(policy.types.map(({ id }) => [id, ['view', 'add', 'change', 'delete', 'grant']]));
      const reasons = new Set<string>();
      const misses = new Set<string>();
      for (const subject of subjects)
        for (const object of [...objects, undefined])
          for (const action of [...(types.get(object?.type ?? 'post') ?? []), 'fly']) {
            const question: Question = {
              subject,
              permission: { type: object?.type ?? 'post', action },
              ...(object ? { object: { type: object.type, id: object.id } } : {}),
            };
            const expected = await policies.store.explanations.explain(question);
            expect(plain(world.explain(question)), JSON.stringify(question)).toEqual(plain(expected));
            reasons.add(expected.decision.reason);
            for (const { miss } of expected.missed) misses.add(miss.why);
          }
      expect(reasons.size).toBe(6);
      expect([...misses].toSorted()).toEqual([
        'condition_false',
        'condition_unknown',
        'denied',
        'elsewhere',
        'expired',
        'fields',
        'mode',
        'not_started',
      ]);
    } finally {
      await policies.close();
    }
  });
});
