import { describe, expect, it } from 'vitest';
import { CastellanError } from '../core/errors.js';
import { worldFromPolicy, type WorldPolicy } from './world-policy.js';

describe('a world from a policy', () => {
  it('is made whatever the order of the file', async () => {
    const world = worldFromPolicy({
      grants: [{ subject: 'group:staff', permission: 'post:view', object: 'folder:a' }],
      assignments: [{ subject: { type: 'user', id: 'bob' }, role: 'chief', object: 'folder:b' }],
      objects: [
        { type: 'post', id: '1', parent: 'folder:b' },
        { type: 'folder', id: 'b', parent: { type: 'folder', id: 'a' } },
        { type: 'folder', id: 'a', creator: 'user:bob' },
      ],
      roles: [
        { id: 'chief', includes: ['editor'] },
        { id: 'editor', rules: [{ permission: 'post:change', fields: ['title'] }] },
      ],
      groups: [
        { id: 'all', members: ['group:staff'] },
        { id: 'staff', members: ['user:al'] },
      ],
      users: [{ username: 'alice', id: 'al' }, { username: 'bob' }, { username: 'root', superuser: true }],
      types: [{ id: 'post' }, { id: 'folder' }],
    });
    const may = (subject: string, action: string, object: string): boolean =>
      world.decide(subject, action, object).allowed;
    expect([may('user:al', 'view', 'post:1'), may('user:bob', 'change', 'post:1')]).toEqual([true, true]);
    expect([may('user:bob', 'grant', 'folder:a'), may('user:root', 'delete', 'post:1')]).toEqual([true, true]);
    const root = { type: 'user', id: 'root' };
    const { items } = await world.engine().objects({ subject: root, type: 'user', action: 'view', limit: 9 });
    expect(items.map(({ id }) => id)).toEqual(['root', 'al', 'bob']);
  });

  it('has the services that are named, which hold, belong and create as users do', () => {
    const world = worldFromPolicy({
      grants: [
        { subject: 'service:mailer', permission: 'post:view', condition: { 'subject.region': 'eu' } },
        { subject: 'service:off', permission: 'post:view' },
      ],
      groups: [{ id: 'machines', members: ['service:billing'] }],
      roles: [{ id: 'writer', rules: ['post:change'] }],
      assignments: [{ subject: 'group:machines', role: 'writer' }],
      objects: [{ type: 'post', id: '1', creator: 'service:billing' }],
      services: [{ id: 'mailer', attributes: { region: 'eu' } }, { id: 'billing' }, { id: 'off', active: false }],
      types: [{ id: 'post' }],
    });
    const reason = (subject: string, action: string): string => world.decide(subject, action, 'post:1').reason;
    expect([reason('service:mailer', 'view'), reason('service:billing', 'change')]).toEqual([
      'rule_allows',
      'rule_allows',
    ]);
    expect([reason('service:billing', 'delete'), reason('service:off', 'view')]).toEqual([
      'rule_allows',
      'subject_inactive',
    ]);
    world.changeService('off', { active: true }).changeService('mailer', { attributes: {} });
    expect([reason('service:off', 'view'), reason('service:mailer', 'view')]).toEqual([
      'rule_allows',
      'no_rule_allows',
    ]);
  });

  it('is empty without anything in it', () => {
    expect(worldFromPolicy({ types: null }).decide('user:alice', 'view', 'post:1').reason).toBe('unknown_type');
  });

  it.each<[string, WorldPolicy]>([
    [
      'unknown_reference grants.1.subject',
      {
        types: [{ id: 't' }],
        users: [{ username: 'a' }],
        grants: [
          { subject: 'user:a', permission: 't:view' },
          { subject: 'user:b', permission: 't:view' },
        ],
      },
    ],
    ['unknown_reference roles.0.rules.1.permission', { roles: [{ id: 'r', rules: ['user:view', 'user:fly'] }] }],
    [
      'cycle roles.1',
      {
        roles: [
          { id: 'a', includes: ['b'] },
          { id: 'b', includes: ['a'] },
        ],
      },
    ],
    ['unknown_reference groups.0.members.0.member', { groups: [{ id: 'g', members: ['user:a'] }] }],
    ['unknown_reference objects.0.parent', { types: [{ id: 't' }], objects: [{ type: 't', id: '1', parent: 't:2' }] }],
    ['already_exists users.1.username', { users: [{ username: 'a' }, { id: 'b', username: 'a' }] }],
    ['already_exists services.1.id', { services: [{ id: 'a' }, { id: 'a' }] }],
    ['built_in objects.0', { objects: [{ type: 'user', id: 'a' }] }],
    ['unknown_reference assignments.0.role', { assignments: [{ subject: 'group:anyone', role: 'r' }] }],
  ])('names the place of what can not be had: %s', (expected, policy) => {
    const refusal = (): string => {
      try {
        worldFromPolicy(policy);
      } catch (error) {
        if (error instanceof CastellanError) return `${error.code} ${error.faults[0]?.path}`;
        throw error;
      }
      return 'made';
    };
    expect(refusal()).toBe(expected);
  });
});
