import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/model.js';
import { PolicyError } from '../policy/policy-error.js';
import type { ExportedKind } from './policy-entries.js';
import { updatedPolicyText } from './update-policy-file.js';

const update = (text: string, entries: Partial<Record<ExportedKind, JsonObject[]>>): string =>
  updatedPolicyText(text, 'policy.yaml', new Map(Object.entries(entries) as [ExportedKind, JsonObject[]][]));

const TEXT = `# Ours.
users:
  # The boss.
  - { username: zoe, password: correct horse, active: true }
  - username: al # said to be Al
    attributes:
      # of Al
      a: 1

groups:
  - id: staff
    members:
      - user:zoe # since ever
      # The new one.
      - { type: user, id: al }

roles:
  - id: r
    rules:
      # Seeing.
      - post:view
      - { permission: post:change, fields: [b, a] }

# Ours, too.
tests:
  - { name: t, check: [{ subject: user:al, object: post:1, allow: view }] }
`;
const SAME = {
  users: [{ username: 'al', attributes: { a: 1 } }, { username: 'zoe' }],
  groups: [{ id: 'staff', members: ['user:al', 'user:zoe'] }],
  roles: [{ id: 'r', rules: [{ permission: 'post:change', fields: ['b', 'a'] }, 'post:view'] }],
};

describe('a policy file that is exported to', () => {
  it('stays as it is where it says all of it, down to the last comment', () => {
    expect(update(TEXT, SAME)).toBe(TEXT);
  });

  it('changes what differs, adds what is new where its name belongs, and takes out what is gone', () => {
    const text = update(TEXT, {
      users: [{ username: 'al', active: false, attributes: { a: 2 } }, { username: 'bo' }, { username: 'zoe' }],
      groups: [{ id: 'staff', members: ['user:al', 'user:bo'] }],
      roles: [
        { id: 'a', rules: ['post:view'] },
        { id: 'r', rules: ['post:view'] },
      ],
      types: [{ id: 'post' }],
    });
    expect(text).toBe(`# Ours.
users:
  # The boss.
  - { username: zoe, password: correct horse, active: true }
  - username: al # said to be Al
    attributes:
      a: 2
    active: false
  - username: bo

groups:
  - id: staff
    members:
      # The new one.
      - { type: user, id: al }
      - user:bo

roles:
  - id: a
    rules:
      - post:view
  - id: r
    rules:
      # Seeing.
      - post:view

# Ours, too.
tests:
  - { name: t, check: [{ subject: user:al, object: post:1, allow: view }] }
types:
  - id: post
`);
  });

  it('goes on naming a creator for as long as all that this gives stands', () => {
    const objects = [{ type: 'post', id: '1' }];
    const types = [{ id: 'post', actions: ['view', 'change'] }];
    const text =
      'types: [{ id: post, actions: [view, change] }]\nusers: [{ username: al }]\nobjects:\n  - { type: post, id: "1", creator: user:al }\n';
    const [view, change] = ['view', 'change'].map((action) => ({
      subject: 'user:al',
      permission: `post:${action}`,
      object: 'post:1',
    })) as unknown as [JsonObject, JsonObject];
    expect(update(text, { types, objects, grants: [change, view] })).not.toContain('grants');
    const without = update(text, { types, objects, grants: [view] });
    expect(without).toContain('  - { type: post, id: "1" }\n');
    expect(without).toContain('grants:\n  - { subject: user:al, permission: post:view, object: post:1 }\n');
  });

  it('stays JSON, and writes out what is shared by anchors before it differs', () => {
    const json = update('{ "$schema": "s.json", "roles": [{ "id": "r" }], "tests": [] }', { roles: [{ id: 'yes' }] });
    expect(JSON.parse(json)).toEqual({ $schema: 's.json', roles: [{ id: 'yes' }], tests: [] });
    const text = 'roles:\n  - &a { id: a, description: d }\n  - { <<: *a, id: b }\n';
    expect(
      update(text, {
        roles: [
          { id: 'a', description: 'd' },
          { id: 'b', description: 'e' },
        ],
      }),
    ).toBe('roles:\n  - &a { id: a, description: d }\n  - id: b\n    description: e\n');
    expect(() => update(text, { roles: [{ id: 'b', description: 'd' }] })).toThrow(PolicyError);
    expect(() => update(text, { roles: [{ id: 'b', description: 'd' }] })).toThrow('export to another file');
  });
});
