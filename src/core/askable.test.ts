import { describe, expect, it } from 'vitest';
import { decideAskable, DENIED_UNASKED, isAskable } from './askable.js';
import { ALL_FIELDS } from './field-scope.js';
import type { Decision, Question } from './model.js';

const question: Question = {
  subject: { type: 'user', id: 'alice' },
  permission: { type: 'document', action: 'view' },
  object: { type: 'document', id: '1' },
};
const on = (id: string): Question => ({ ...question, object: { type: 'document', id } });
const yes: Decision = { allowed: true, reason: 'rule_allows', rules: [], fields: ALL_FIELDS };

const IMPOSSIBLE: readonly [what: string, id: string][] = [
  ['empty', ''],
  ['with a NUL', 'a\u0000'],
  ['with a line break', 'a\n'],
  ['that is half a character', '\ud800'],
  ['too long', 'x'.repeat(5000)],
];

describe('a question about what there can not be', () => {
  it.each(IMPOSSIBLE)('is not asked, and denied: an id %s', async (_what, id) => {
    const asked: Question[][] = [];
    const answers = await decideAskable([on('1'), on(id), on('2')], (askable) => {
      asked.push([...askable]);
      return Promise.resolve(askable.map(() => yes));
    });
    expect(answers).toEqual([yes, DENIED_UNASKED, yes]);
    expect(asked).toEqual([[on('1'), on('2')]]);
  });

  it.each(IMPOSSIBLE)('can be so in each of its parts: %s', (_what, id) => {
    expect(isAskable(question)).toBe(true);
    expect(isAskable({ ...question, subject: { type: 'user', id } })).toBe(false);
    expect(isAskable({ ...question, subject: { type: id, id: '1' } })).toBe(false);
    expect(isAskable({ ...question, permission: { type: id, action: 'view' } })).toBe(false);
    expect(isAskable({ ...question, permission: { type: 'document', action: id } })).toBe(false);
    expect(isAskable({ ...question, object: { type: id, id: '1' } })).toBe(false);
    expect(isAskable({ ...question, proposed: { id, attributes: {} } })).toBe(false);
  });

  it('is asked of nobody where there is no other', async () => {
    const answers = await decideAskable([on('')], () => Promise.reject(new Error('asked')));
    expect(answers).toEqual([DENIED_UNASKED]);
  });

  it('is one about an id that is no text, whatever its type says', () => {
    expect(isAskable(on({} as string))).toBe(false);
    expect(isAskable(on(null as unknown as string))).toBe(false);
  });
});
