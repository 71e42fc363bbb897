import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parsePolicy } from './parse-policy.js';
import { PolicyError } from './policy-error.js';
import { KEY_DESCRIPTIONS } from './policy-key-descriptions.js';
import { policyJsonSchema, type SchemaNode } from './policy-json-schema.js';

const text = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
formats.default(ajv);
const published = JSON.parse(text('schema/castellan.schema.json')) as SchemaNode;
const isValid = ajv.compile(published);

/** Whether the published schema and the reader take the text. */
function taken(policy: string): { schema: boolean; reader: boolean } {
  let reader = true;
  try {
    parsePolicy(policy, 'policy.yaml');
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    reader = false;
  }
  return { schema: isValid(parse(policy)), reader };
}

describe('the published schema of a policy file', () => {
  it('is what `node scripts/write-policy-schema.mjs` makes of the reader', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(policyJsonSchema())));
  });

  it('says of every key what it is, and has a place for all that is said', () => {
    const said = new Set<unknown>();
    const undescribed: string[] = [];
    const walk = (node: SchemaNode, path: string): void => {
      for (const part of node.anyOf ?? []) walk(part, path);
      if (node.items) walk(node.items, `${path}[]`);
      for (const [key, child] of Object.entries(node.properties ?? {})) {
        said.add(child['description']);
        if (typeof child['description'] !== 'string') undescribed.push(`${path}.${key}`);
        walk(child, `${path}.${key}`);
      }
    };
    walk(published, '');
    expect(undescribed).toEqual([]);
    expect(Object.values(KEY_DESCRIPTIONS).filter((description) => !said.has(description))).toEqual([]);
  });

  it.each(['demo/demo.yaml', 'examples/blog/access.yaml', 'test/conformance/certification.seed.yaml'])(
    'takes %s',
    (path) => {
      expect(taken(text(path))).toEqual({ schema: true, reader: true });
    },
  );

  it.each([
    '{}',
    'users:\n',
    '{ "$schema": "schema/castellan.schema.json", "types": [{ "id": "post" }] }',
    'services: [{ id: billing }, { id: "a:b", active: false, attributes: { a: { b: [1] } } }]',
    'groups: [{ id: staff, members: [user:a:b, { type: service, id: b }] }]',
    'roles: [{ id: r, rules: [post:view, { permission: post:view, condition: { $or: [{ resource.a: { $in: [1, 2] } }, { $not: { subject.b: { $ref: resource.c } } }] } }] }]',
    'grants: [{ subject: role:r, permission: post:view, condition: { resource.a: { b: 1 } }, startsAt: 2030-01-01T00:00:00+01:00 }]',
    'roles: [{ id: r, rules: [{ permission: post:view, condition: { resource.a: { $not: { $lt: 3, $exists: true } } } }] }]',
    'tests: [{ name: t, check: [{ subject: user:a, object: post, parent: folder:1, allow: add }] }]',
    'tests: [{ name: t, at: 2030-01-01T00:00:00Z, who-can: [{ action: view, object: post:1, expect: [user:a] }] }]',
    'tests: [{ name: t, list: [{ subject: user:a, action: view, type: post, expect: [], supplied: { context: { a: 1 } } }] }]',
  ])('takes what the reader takes: %s', (policy) => {
    expect(taken(policy)).toEqual({ schema: true, reader: true });
  });

  it.each([
    'user: []',
    'users: alice',
    'users: [{ usrname: bob }]',
    'users: [{ username: 7 }]',
    'users: [{ username: "a:b" }]',
    'users: [{ username: a, email: none }]',
    'users: [{ username: a, active: yes }]',
    'services: [{ id: 7 }]',
    'services: [{ id: a, username: a }]',
    'services: [{ id: a, superuser: true }]',
    'services: [{ id: a, attributes: [] }]',
    'types: [{ id: post, mode: any }]',
    'objects: [{ type: post, id: 0123 }]',
    'objects: [{ type: post, id: "" }]',
    'groups: [{ id: staff, members: [alice] }]',
    'groups: [{ id: staff, members: [{ type: role, id: a }] }]',
    'roles: [{ id: r, rules: [view] }]',
    'roles: [{ id: r, rules: [{ permission: post:view, effect: maybe }] }]',
    'roles: [{ id: r, rules: [{ permission: post:view, fields: [] }] }]',
    'roles: [{ id: r, rules: [{ permission: post:view, condition: { status: draft } }] }]',
    'roles: [{ id: r, rules: [{ permission: post:view, condition: { resource.a: { $near: 1 } } }] }]',
    'roles: [{ id: r, rules: [{ permission: post:view, condition: { $any: [] } }] }]',
    'assignments: [{ subject: user:a }]',
    'grants: [{ subject: user:a, permission: post:view, startsAt: tomorrow }]',
    'grants: [{ subject: user:a, permission: post:view, obj: post:1 }]',
    'tests: [{ check: [{ subject: user:a, object: post:1, allow: view }] }]',
    'tests: [{ name: t, check: [{ subject: user:a, object: post:1, allow: [] }] }]',
    'tests: [{ name: t, list: [{ subject: user:a, action: view, type: post }] }]',
    'tests: [{ name: t, who-can: [{ action: view, object: post, expect: [] }] }]',
    'tests: [{ name: t, given: {}, list: [{ subject: user:a, action: view, type: post, expect: [] }] }]',
    '{ "$schema": 7 }',
  ])('refuses what the reader refuses: %s', (policy) => {
    expect(taken(policy)).toEqual({ schema: false, reader: false });
  });
});

describe('the tests in a policy file', () => {
  it.each([
    ['tests: [{ name: t }]', 'must assert something: check, list or who-can'],
    ['tests: [{ name: t, check: [{ subject: user:a, object: post:1 }] }]', 'must say what is to be allowed, or denied'],
    [
      'tests: [{ name: t, check: [{ subject: user:a, object: post:1, allow: view, deny: [view] }] }]',
      'tests.0.check.0.deny: view is to be allowed as well',
    ],
    [
      'tests: [{ name: t, check: [{ subject: user:a, object: post:1, parent: post:2, allow: add }] }]',
      'tests.0.check.0.parent: is for what is yet to be made',
    ],
    [
      'tests: [{ name: t, who-can: [{ action: view, object: post:1, type: user, expect: [group:a] }] }]',
      'tests.0.who-can.0.expect.0: must be a user',
    ],
    [
      'tests: [{ name: t, list: [{ subject: u:a, action: b, type: c, expect: [] }] }, { name: t, list: [{ subject: u:a, action: b, type: c, expect: [] }] }]',
      'tests.1: t is in this list twice',
    ],
  ])('are refused in a form that could assert nothing: %s', (policy, message) => {
    expect(() => parsePolicy(policy, 'policy.yaml')).toThrow(message);
  });
});
