import { describe, expect, it } from 'vitest';
import { parsePolicy } from './parse-policy.js';
import { PolicyError } from './policy-error.js';
import { loadPolicyFile } from './policy-file.js';

describe('a policy file', () => {
  it('is YAML: what is not named stays unnamed, references come apart, and a key without a value is an empty list', () => {
    const text = `
types: [{ id: post }]
users:
  - username: alice
groups:
roles:
  - { id: reader, rules: [post:view, { permission: post:change, effect: allow }] }
assignments:
  - { subject: user:alice, role: reader, object: null }
grants:
  - subject: { type: user, id: alice }
    permission: post:view
    object: post:a:b
`;
    const { source: _, ...policy } = parsePolicy(text, 'policy.yaml');
    expect(policy).toEqual({
      types: [{ id: 'post' }],
      users: [{ username: 'alice' }],
      services: [],
      groups: [],
      roles: [{ id: 'reader', rules: [{ permission: 'post:view' }, { permission: 'post:change', effect: 'allow' }] }],
      assignments: [{ subject: { type: 'user', id: 'alice' }, role: 'reader', object: null }],
      objects: [],
      grants: [
        { subject: { type: 'user', id: 'alice' }, permission: 'post:view', object: { type: 'post', id: 'a:b' } },
      ],
      tests: [],
    });
  });

  it('holds all parts of rules, places and windows, with times in UTC', () => {
    const text = `
types: [{ id: post, mode: both }]
roles:
  - id: reader
    rules:
      - permission: post:view
        effect: deny
        condition: { resource.status: draft, $or: [{ resource.a: 1 }, { subject.b: { $ref: resource.b } }] }
        fields: [salary, salary, name]
assignments:
  - { subject: user:alice, role: reader, object: folder:7, startsAt: 2030-01-01T01:00:00+01:00, expiresAt: null }
objects:
  - { type: post, id: a, parent: folder:7 }
  - { type: post, id: b, parent: }
grants:
  - { subject: user:alice, permission: post:view, effect: allow, fields: [name], expiresAt: 2030-01-01T00:00:00.1234Z }
`;
    const { types, roles, assignments, objects, grants } = parsePolicy(text, 'policy.yaml');
    const folder = { type: 'folder', id: '7' };
    const condition = {
      'resource.status': 'draft',
      $or: [{ 'resource.a': 1 }, { 'subject.b': { $ref: 'resource.b' } }],
    };
    expect(types).toEqual([{ id: 'post', mode: 'both' }]);
    expect(roles[0]?.rules).toEqual([
      { permission: 'post:view', effect: 'deny', condition, fields: ['salary', 'name'] },
    ]);
    expect(assignments).toMatchObject([{ object: folder, startsAt: '2030-01-01T00:00:00.000Z', expiresAt: null }]);
    expect(objects).toEqual([
      { type: 'post', id: 'a', parent: folder },
      { type: 'post', id: 'b', parent: null },
    ]);
    expect(grants).toMatchObject([{ effect: 'allow', fields: ['name'], expiresAt: '2030-01-01T00:00:00.123Z' }]);
  });

  it('is the same as JSON', () => {
    const yaml = parsePolicy('users: [{ username: alice, attributes: { age: 7, tags: [a] } }]', 'policy.yaml');
    const json = parsePolicy('{"users":[{"username":"alice","attributes":{"age":7,"tags":["a"]}}]}', 'policy.json');
    expect(json.users).toEqual(yaml.users);
  });

  it('reads `no` and dates as text, also under an old %YAML line, and takes merge keys and aliases', () => {
    const text = `%YAML 1.1
---
users:
  - &usual { username: no, attributes: { since: 2020-01-01 } }
  - { <<: *usual, id: other, username: "on" }
`;
    expect(parsePolicy(text, 'policy.yaml').users).toEqual([
      { username: 'no', attributes: { since: '2020-01-01' } },
      { id: 'other', username: 'on', attributes: { since: '2020-01-01' } },
    ]);
  });

  it('may hold the demo', async () => {
    const policy = await loadPolicyFile('demo/demo.yaml');
    expect(policy.users.map((user) => user.username)).toEqual(['alice', 'bob', 'carol', 'dave']);
  });
});

describe('an error in a policy file', () => {
  it('names file, line, column and path', () => {
    const error = errorOf('users:\n  - username: alice\n    email: nowhere\n');
    expect(error).toBeInstanceOf(PolicyError);
    expect(error).toMatchObject({
      file: 'policy.yaml',
      line: 3,
      column: 12,
      path: 'users.0.email',
      code: 'invalid_policy',
    });
    expect(error.message).toBe('policy.yaml:3:12: users.0.email: must be an email address');
  });

  it('comes with all the others, in the order of the file', () => {
    const text = `
grants:
  - { subject: usr:alice, permission: view }
  - { subject: alice, permission: post:view, obj: post:1 }
users:
  - { usrname: bob }
  - { username: bob, active: yes }
`;
    expect(linesOf(text)).toEqual([
      '3:16: grants.0.subject: must be one of user, group, service, role',
      '3:39: grants.0.permission: must be of the form type:action',
      '4:16: grants.1.subject: must be of the form type:id',
      '4:46: grants.1.obj: is not a key that belongs here',
      '6:5: users.0.username: is missing',
      '6:7: users.0.usrname: is not a key that belongs here',
      '7:30: users.1.active: must be true or false',
    ]);
  });

  it('points at the right place in JSON, and behind aliases and merge keys', () => {
    expect(linesOf('{ "users": [\n  { "username": 7 } ] }')).toEqual([
      '2:17: users.0.username: must be text; quote it: "7"',
    ]);
    expect(linesOf('users:\n  - &a { username: a, email: x }\n  - { <<: *a, username: b }\n  - *a\n')).toEqual([
      '2:30: users.0.email: must be an email address',
      '2:30: users.1.email: must be an email address',
      '2:30: users.2.email: must be an email address',
    ]);
  });

  it.each([
    ['objects: [{ type: post, id: 0123 }]', '1:29: objects.0.id: must be text; quote it: "0123"'],
    ['users: [{ username: true }]', '1:21: users.0.username: must be text; quote it: "true"'],
    ['users: [{ username: }]', '1:21: users.0.username: must be text'],
    ['users: [{ username: "a\\nb" }]', '1:21: users.0.username: must not contain control characters'],
    ['users: [{ username: a, password: short }]', '1:34: users.0.password: must have at least 8 characters'],
    ['users: alice', '1:8: users: must be a list'],
    ['', '1:1: must be a map of types, users, services, groups, roles, assignments, objects, grants, tests'],
    ['user: []', '1:1: user: is not a key that belongs here'],
    ['users: [{ username: a }, { id: a, username: b }]', '1:26: users.1: a is in this list twice (first at 0)'],
    ['roles: [{ id: r, includes: [a, a] }]', '1:32: roles.0.includes.1: a is in this list twice (first at 0)'],
    [
      'objects: [{ type: user, id: a }]',
      '1:19: objects.0.type: objects of the type user come and go with what they stand for',
    ],
  ])('is told for %j', (text, line) => {
    expect(linesOf(text)).toEqual([line]);
  });

  it.each([
    [
      'grants: [{ subject: user:a, permission: p:v, effect: maybe }]',
      '1:54: grants.0.effect: must be one of allow, deny',
    ],
    [
      'grants: [{ subject: user:a, permission: p:v, expiresAt: 2030-01-01 }]',
      expect.stringMatching(/^1:57: grants\.0\.expiresAt: /),
    ],
    [
      'grants: [{ subject: user:a, permission: p:v, startsAt: 0000-01-01T00:00:00Z }]',
      '1:56: grants.0.startsAt: must be in the years 1 to 9999',
    ],
    [
      'assignments:\n  - subject: user:a\n    role: r\n    startsAt: 2030-01-01T01:00:00+01:00\n    expiresAt: 2030-01-01T00:00:00Z',
      '5:16: assignments.0.expiresAt: must be after startsAt',
    ],
    [
      'roles: [{ id: r, rules: [{ permission: p:v, fields: [] }] }]',
      '1:53: roles.0.rules.0.fields: must name at least one field; leave it out for all of them',
    ],
    [
      'roles: [{ id: r, rules: [{ permission: p:v, fields: [a, ""] }] }]',
      '1:57: roles.0.rules.0.fields.1: must not be empty',
    ],
    [
      'grants:\n  - subject: user:a\n    permission: p:v\n    condition:\n      $and:\n        - resource.a: 1\n        - resource.b.c: { $like: x }',
      '7:34: grants.0.condition.$and.1.resource.b.c.$like: must be an operator',
    ],
    [
      'roles:\n  - id: r\n    rules:\n      - permission: p:v\n        condition: { status: draft }',
      expect.stringMatching(/^5:30: roles\.0\.rules\.0\.condition\.status: /),
    ],
    ['types: [{ id: p, mode: all }]', '1:24: types.0.mode: must be one of union, both, object'],
    ['objects: [{ type: p, id: a, parent: b }]', '1:37: objects.0.parent: must be of the form type:id'],
    ['objects: [{ type: p, id: a, parent: p:a }]', '1:37: objects.0.parent: is the object itself, or below it'],
  ])('is told for a rule, a place or a time that can not be: %j', (text, line) => {
    expect(linesOf(text)).toEqual([line]);
  });

  it('is told for each object that is below itself, and for what is below those', () => {
    const text = `
objects:
  - { type: p, id: a, parent: p:c }
  - { type: p, id: b, parent: p:a }
  - { type: q, id: c, parent: p:b }
  - { type: p, id: c, parent: { type: p, id: b } }
  - { type: p, id: d, parent: p:c }
  - { type: p, id: e, parent: q:c }
`;
    expect(linesOf(text).map((line) => line.split(':').slice(0, 3).join(':'))).toEqual([
      '3:31: objects.0.parent',
      '4:31: objects.1.parent',
      '5:31: objects.2.parent',
      '6:31: objects.3.parent',
      '7:31: objects.4.parent',
      '8:31: objects.5.parent',
    ]);
  });

  it.each([
    ['a: 1\na: 2\n', '2:1: this key is in the map twice'],
    ['{"users":[],"users":[]}', '1:13: this key is in the map twice'],
    ['users: []\n---\nusers: []\n', '2:1: a second document starts here; a policy file is one'],
    [
      'users: [{ username: !!binary aGk= }]',
      expect.stringMatching(/^1:21: Unresolved tag.*tags have no meaning here$/),
    ],
    ['users:\n\t- username: a\n', expect.stringMatching(/^2:1: Tabs are not allowed as indentation/)],
    ['users: [{ username: a, attributes: &a { b: *a } }]', expect.stringMatching(/nests too deep$/)],
    [
      'users: [{ username: a, attributes: { n: 12345678901234567890 } }]',
      '1:41: users.0.attributes.n: is a number too large to be kept exactly; quote it',
    ],
    ['users: [{ username: a, attributes: { __proto__: 1 } }]', '1:36: users.0.attributes: has a key __proto__'],
    ['users: [{ username: a, attributes: { t: "\\0" } }]', '1:41: users.0.attributes.t: must not contain NUL'],
    ['users: [*nobody]', expect.stringMatching(/^1:1: Unresolved alias.*nobody$/)],
  ])('is what readers of YAML do not agree on: %j', (text, line) => {
    expect(linesOf(text)).toEqual([line]);
  });

  it('is an alias that stands for too much', () => {
    const levels = Array.from(
      { length: 9 },
      (_, n) => `  l${n + 1}: &l${n + 1} [${Array(9).fill(`*l${n}`).join(', ')}]`,
    );
    expect(linesOf(`x:\n  l0: &l0 [a]\n${levels.join('\n')}\n`)).toEqual([
      expect.stringMatching(/^1:1: Excessive alias count/),
    ]);
  });

  it('is told with twenty at most of its like', () => {
    const error = errorOf(`users: [${Array(25).fill('{}').join(', ')}]`);
    expect(error.problems).toHaveLength(25);
    expect(error.message.split('\n')).toHaveLength(21);
    expect(error.message).toMatch(/… and 5 more\.$/);
  });
});

describe('a file that can not be read', () => {
  it.each([
    ['nowhere.yaml', 'nowhere.yaml: there is no such file'],
    ['src', 'src: is a folder, not a file'],
  ])('is told: %s', async (path, message) => {
    const error = await loadPolicyFile(path).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PolicyError);
    expect(error).toMatchObject({ code: 'unreadable_policy', message, line: undefined });
  });
});

function errorOf(text: string): PolicyError {
  try {
    parsePolicy(text, 'policy.yaml');
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  throw new Error('It was taken.');
}

function linesOf(text: string): string[] {
  return errorOf(text)
    .message.split('\n')
    .map((line) => line.replace('policy.yaml:', ''));
}
