import { describe, expect, it } from 'vitest';
import { canonicalJson, ruleKey, type RuleParts } from './rule-key.js';

const plain: RuleParts = { effect: 'allow', condition: null, fields: null };

describe('the key of a rule', () => {
  it('is the same in whatever order fields and members stand', () => {
    const one = { ...plain, fields: ['a', 'b'], condition: { a: 1, b: { c: [1, 2], d: null } } };
    const other = { ...plain, fields: ['b', 'a', 'b'], condition: { b: { d: null, c: [1, 2] }, a: 1 } };
    expect(ruleKey(one)).toBe(ruleKey(other));
  });

  it('is another for each part that differs', () => {
    const all: RuleParts[] = [
      plain,
      { ...plain, effect: 'deny' },
      { ...plain, fields: ['a'] },
      { ...plain, fields: ['a,b'] },
      { ...plain, fields: ['a', 'b'] },
      { ...plain, condition: { a: 1 } },
      { ...plain, condition: { a: '1' } },
      { ...plain, condition: { a: [1, 2] } },
      { ...plain, condition: { a: [2, 1] } },
      { ...plain, startsAt: '2030-01-01T00:00:00.000Z' },
      { ...plain, expiresAt: '2030-01-01T00:00:00.000Z' },
    ];
    expect(new Set(all.map(ruleKey)).size).toBe(all.length);
  });
});

describe('canonical JSON', () => {
  it('has members in the order of their names, at every depth, and numbers as JSON has them', () => {
    const value = JSON.parse('{"b": [{"z": -0, "y": 1.0}], "a": "é", "constructor": {}}');
    expect(canonicalJson(value)).toBe('{"a":"é","b":[{"y":1,"z":0}],"constructor":{}}');
  });
});
