import { describe, expect, it } from 'vitest';
import type { PolicyChange } from '../app/policy/policy-change.js';
import { diffLines, summaryLine } from './policy-diff-text.js';

const plain = (_colour: string, text: string): string => text;
const lines = (...changes: PolicyChange[]): string[] => diffLines({ changes, kept: [] }, plain);
const role = (parts: object): object => ({ id: 'r', description: null, rules: [], includes: [], ...parts });
const rule = (parts: object): object => ({
  permission: 'post:view',
  effect: 'allow',
  condition: null,
  fields: null,
  ...parts,
});

describe('the text of a diff', () => {
  it('paints the sign and the name of what is made, changed, removed and kept', () => {
    const changes: PolicyChange[] = [
      { kind: 'group', name: 'a', change: 'create', before: null, after: { id: 'a', description: null } },
      { kind: 'group', name: 'b', change: 'update', before: { description: null }, after: { description: 'B' } },
      { kind: 'group', name: 'c', change: 'delete', before: { description: 'C' }, after: null },
    ];
    const kept = [{ kind: 'role', name: 'd', holders: ['role e, which includes it', 'grant x'], count: 5 }] as const;
    expect(diffLines({ changes, kept }, (colour, text) => `<${colour} ${text}>`)).toEqual([
      '<green + group a>',
      '<yellow ~ group b>',
      '    description: none → "B"',
      '<red - group c>',
      '<yellow = role d> is kept, for what hangs on it: role e, which includes it; grant x; and 3 more',
    ]);
  });

  it('tells what a list gains and loses, one by one, and says nothing of what stays', () => {
    const before = role({ rules: [rule({}), rule({ effect: 'deny' })], includes: ['x'] });
    const after = role({
      rules: [rule({}), rule({ condition: { 'resource.a': 1 } }), rule({ fields: ['b', 'a'] })],
      includes: [],
    });
    expect(lines({ kind: 'role', name: 'r', change: 'update', before, after })).toEqual([
      '~ role r',
      '    rules: + post:view where {"resource.a":1}',
      '    rules: + post:view of a, b',
      '    rules: - deny post:view',
      '    includes: - x',
    ]);
  });

  it('tells where an object moves, which of its attributes differ, and that a password is set', () => {
    const object = (parent: object | null, attributes: object): object => ({ type: 't', id: '1', parent, attributes });
    const [before, after] = [object(null, { a: 1, b: [1] }), object({ type: 't', id: '2' }, { a: 1, b: [2], c: 'x' })];
    expect(lines({ kind: 'object', name: 't:1', change: 'update', before, after })).toEqual([
      '~ object t:1',
      '    parent: none → t:2',
      '    attributes.b: [1] → [2]',
      '    attributes.c: none → "x"',
    ]);
    const user = { id: 'u', username: 'u', email: null, active: true, superuser: false, attributes: {} };
    expect(
      lines({ kind: 'user', name: 'u', change: 'update', before: user, after: { ...user, password: 'set' } }),
    ).toEqual(['~ user u', '    password: set']);
    expect(
      lines({ kind: 'user', name: 'u', change: 'create', before: null, after: { ...user, active: false } }),
    ).toEqual(['+ user u', '    username: "u"', '    active: false']);
  });

  it('ends with how much it is', () => {
    expect(summaryLine({ create: 1, update: 2, delete: 3 }, false)).toBe('Plan: 1 to make, 2 to change, 3 to remove.');
    expect(summaryLine({ create: 1, update: 2, delete: 3 }, true)).toBe('Applied: 1 made, 2 changed, 3 removed.');
    expect(summaryLine({ create: 0, update: 0, delete: 0 }, false)).toBe('Nothing to change.');
  });
});
