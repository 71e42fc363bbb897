import { describe, expect, it } from 'vitest';
import type { ConsideredRule, ToldExplanation } from '../app/operator-explain.js';
import { explanationText } from './explanation-text.js';

const alice = { type: 'user', id: 'alice' };
const asked = { subject: 'user:alice', action: 'view', object: 'post:7' };
const plain = (_colour: string, text: string): string => text;
const rule = (parts: Partial<ConsideredRule> = {}): ConsideredRule => ({
  id: '12',
  source: 'role',
  effect: 'allow',
  permission: 'post:view',
  placed: 'object',
  place: { type: 'folder', id: '7' },
  condition: null,
  fields: null,
  startsAt: null,
  expiresAt: null,
  path: [alice, { type: 'group', id: 'staff' }, { type: 'role', id: 'reader' }],
  ...parts,
});
const told = (parts: Partial<ToldExplanation> = {}): ToldExplanation => ({
  decision: { allowed: false, reason: 'no_rule_allows', fields: { only: [], except: [] } },
  mode: 'union',
  unknown: [],
  counted: [],
  missed: [],
  moreElsewhere: false,
  ...parts,
});
const linesOf = (parts: Partial<ToldExplanation>, paint = plain): string[] =>
  explanationText(told(parts), asked, paint);
const decided = (reason: ToldExplanation['decision']['reason'], mode: ToldExplanation['mode'] = 'union') =>
  linesOf({
    mode,
    decision: {
      allowed: reason === 'rule_allows' || reason === 'superuser',
      reason,
      fields: { only: null, except: [] },
    },
  })[0];

describe('an explanation as a text', () => {
  it.each([
    ['superuser', 'union', 'allow: user:alice may view post:7: a superuser may do everything.'],
    ['rule_allows', 'both', 'allow: user:alice may view post:7, by the mode both.'],
    ['rule_denies', 'union', 'deny: user:alice may not view post:7: a rule denies it.'],
    ['no_rule_allows', 'union', 'deny: user:alice may not view post:7: no rule allows it.'],
    ['no_rule_allows', 'object', 'deny: user:alice may not view post:7: no rule allows it by the mode object.'],
    ['subject_inactive', 'union', 'deny: user:alice may not view post:7: user:alice is not active.'],
    ['unknown_type', 'union', 'deny: user:alice may not view post:7: there is no type post.'],
    ['unknown_action', 'union', 'deny: user:alice may not view post:7: view is no action of the type post.'],
  ] as const)('begins with the verdict: %s by the mode %s', (reason, mode, line) => {
    expect(decided(reason, mode)).toBe(line);
  });

  it('draws a tree of the rules, each with its way and what it is tied to', () => {
    const tied = rule({
      source: 'grant',
      place: null,
      path: [alice],
      condition: { 'resource.status': 'draft' },
      fields: ['title', 'body'],
      startsAt: '2020-01-01T00:00:00.000Z',
      expiresAt: '2999-01-01T00:00:00.000Z',
    });
    expect(linesOf({ counted: [rule(), tied] }).slice(1)).toEqual([
      'What counted:',
      '├─ allow on folder:7',
      '│  user:alice → group:staff → role:reader → post:view, by rule 12 of the role',
      '└─ allow everywhere',
      '   user:alice → post:view, by the grant 12',
      '   where {"resource.status":"draft"}, for the fields title, body, from 2020-01-01T00:00:00.000Z, until 2999-01-01T00:00:00.000Z',
    ]);
  });

  it.each([
    [{ why: 'not_started', startsAt: '2999' }, 'not started until 2999'],
    [{ why: 'expired', expiresAt: '2020' }, 'expired on 2020'],
    [{ why: 'denied', by: '13' }, 'denied by 13'],
    [{ why: 'denied', by: null }, 'denied by another rule'],
    [{ why: 'fields', fields: ['title'] }, 'it denies some fields only'],
    [{ why: 'elsewhere' }, 'placed elsewhere'],
    [{ why: 'condition_unknown', because: [] }, 'its condition is unknown'],
    [
      {
        why: 'condition_false',
        because: [
          { path: 'resource.a', value: 1, comparison: { 'resource.a': { $eq: 2 } } },
          {
            path: 'resource.b',
            comparison: { 'resource.b': { $eq: { $ref: 'subject.b' } } },
            other: { path: 'subject.b', value: 'x' },
          },
          { path: 'subject.c', comparison: { 'subject.c': { $gt: 3 } }, hidden: true },
        ],
      },
      'its condition is false because resource.a = 1, for {"$eq":2}; resource.b is missing and subject.b = "x", for {"$eq":{"$ref":"subject.b"}}; subject.c does not fit {"$gt":3}',
    ],
  ] as const)('says why a rule did not count: %j', (miss, text) => {
    expect(linesOf({ missed: [{ ...rule(), miss }] })[2]).toBe(`└─ allow on folder:7: ${text}`);
  });

  it.each([
    ['both', 'everywhere', 'the mode both needs one placed everywhere as well'],
    ['both', 'object', 'the mode both needs one placed on the object or above it as well'],
    ['object', 'object', 'the mode object needs one placed on the object or above it'],
  ] as const)('says what the mode %s needs: one %s', (mode, needs, text) => {
    expect(linesOf({ mode, missed: [{ ...rule(), miss: { why: 'mode', needs } }] })[2]).toBe(
      `└─ allow on folder:7: ${text}`,
    );
  });

  it('says of what is placed outside no more than that', () => {
    const outside = { outside: true, effect: 'deny' } as const;
    expect(linesOf({ counted: [outside], missed: [{ ...outside, miss: { why: 'expired' } }] }).slice(1)).toEqual([
      'What counted:',
      '└─ deny, placed outside of what may be seen',
      'What nearly did:',
      '└─ deny, placed outside of what may be seen: expired',
    ]);
  });

  it('says what is not known, and that there is more', () => {
    expect(linesOf({ unknown: ['subject', 'object'], moreElsewhere: true }).slice(1)).toEqual([
      'There is no user:alice: it holds what anyone holds.',
      'There is no post:7: only rules placed everywhere count for it.',
      'There are more, placed elsewhere.',
    ]);
  });

  it('is coloured by whoever paints', () => {
    const [first] = linesOf({}, (colour, text) => `<${colour}>${text}</>`);
    expect(first).toMatch(/^<red>deny<\/>: /);
  });

  it('holds no character that a terminal would obey, and no endless value', () => {
    const value = `\u009b31m\u001b[2J\u202e${'x'.repeat(500)}`;
    const because = [{ path: 'resource.a', value, comparison: { 'resource.a': { $eq: 1 } } }];
    const [, , line = ''] = linesOf({ missed: [{ ...rule(), miss: { why: 'condition_false', because } }] });
    expect(line).toMatch(/resource\.a = "\\u009b31m\\u001b\[2J\\u202exxx/);
    expect(line.length).toBeLessThan(250);
  });
});
