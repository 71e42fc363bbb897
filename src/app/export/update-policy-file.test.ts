import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/model.js';
import { parsePolicy } from '../policy/parse-policy.js';
import { PolicyError } from '../policy/policy-error.js';
import type { ExportedKind } from './policy-entries.js';
import { entryText } from './policy-text.js';
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

  it.each([
    ['with lines that end in CRLF', '', '\r\n'],
    ['with a byte order mark', '\uFEFF', '\n'],
    ['with both', '\uFEFF', '\r\n'],
  ])('keeps how its lines end and how it begins: %s', (_, mark, end) => {
    const ofWindows = (text: string): string => mark + text.replaceAll('\n', end);
    expect(update(ofWindows(TEXT), SAME)).toBe(ofWindows(TEXT));
    const changed = { ...SAME, users: [{ username: 'al' }, { username: 'bo' }], types: [{ id: 'post' }] };
    expect(update(ofWindows(TEXT), changed)).toBe(ofWindows(update(TEXT, changed)));
    const block =
      'groups:\n  - id: a\n    description: |\n      one\n      two\n  - { id: b, description: "\\r\\n" }\n';
    const groups = [
      { id: 'a', description: 'one\ntwo\n' },
      { id: 'b', description: '\r\n' },
    ];
    expect(update(ofWindows(block), { groups })).toBe(ofWindows(block));
    const json = `${JSON.stringify({ users: [{ username: 'zoe' }] }, null, 2)}\n`;
    const added = { users: [{ username: 'al' }, { username: 'zoe' }] };
    expect(update(ofWindows(json), added)).toBe(ofWindows(`${JSON.stringify(added, null, 2)}\n`));
  });

  it('ends its lines as most of them did', () => {
    const text = 'groups:\r\n  - { id: a }\n  - { id: b }\r\n';
    expect(update(text, { groups: [{ id: 'a' }, { id: 'b' }] })).toBe(text.replaceAll(/\r?\n/g, '\r\n'));
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

  it('keeps a password, a creator and what is said above an entry that it has to write anew', () => {
    const text = `types: [{ id: post }]
users:
  - &al { username: al, active: false }
  # The new one.
  - { <<: *al, username: bo, password: correct horse }
objects:
  - &one { type: post, id: "1" }
  - { <<: *one, id: "2", creator: user:al }
`;
    const written = update(text, {
      users: [{ username: 'al', active: false }, { username: 'bo' }],
      objects: [
        { type: 'post', id: '1' },
        { type: 'post', id: '2', attributes: { a: 1 } },
      ],
    });
    expect(written).toContain('  # The new one.\n  - username: bo\n    password: correct horse\n');
    expect(written).toContain("    id: '2'\n    attributes:\n      a: 1\n    creator: user:al\n");
  });

  it('takes out an entry that is in it twice, and keeps the comments of a map in braces', () => {
    const grant = '  - { subject: user:al, permission: post:view }\n';
    expect(update(`grants:\n${grant}${grant}`, { grants: [] })).toBe('grants: []\n');
    expect(update('{ # Ours.\n  roles: [{ id: a }] }\n', { roles: [{ id: 'b' }] })).toContain('# Ours.');
    expect(() => JSON.parse(update('\n{ "roles": [] }', { roles: [{ id: 'b' }] })) as unknown).not.toThrow();
  });

  it('tells a key << that is text from one that merges', () => {
    const attributes = { '<<': { a: 1 }, b: { '<<': 'c' } };
    const text = 'groups:\n  - &a { id: a }\n  - { <<: *a, id: b }\nusers:\n  - { username: al }\n';
    const written = update(text, { users: [{ username: 'al', attributes }] });
    expect(written).toContain('{ <<: *a, id: b }');
    expect(parsePolicy(written, 'policy.yaml').users).toEqual([{ username: 'al', attributes }]);
    expect(update(written, { users: [{ username: 'al', attributes }] })).toBe(written);
  });

  it('is refused where a change would reach a test through an anchor', () => {
    const text = `users:
  - &al { username: al, email: al@example.com }
tests:
  - { name: t, supplied: { subject: *al }, check: [{ subject: user:al, object: post:1, deny: view }] }
`;
    expect(() => update(text, { users: [{ username: 'al', email: 'other@example.com' }] })).toThrow(PolicyError);
  });
});

describe('a new policy file', () => {
  it('holds text with line separators and carriage returns as it is', () => {
    for (const text of ['a\u2028b', 'a\u2029b\nc', '\u2028', 'a\r\nb\r\n', '\n\n a', '  a\n b\n\n', 'a\u0085b']) {
      const attributes = { v: text, k: [{ [text]: text }] };
      const written = `users:\n${entryText('users', { username: 'al', attributes })}`;
      expect(parsePolicy(written, 'policy.yaml').users).toEqual([{ username: 'al', attributes }]);
    }
  });
});
