import { describe, expect, it } from 'vitest';
import { textLine } from './text-line.js';

const line = (fields: object): string =>
  textLine(JSON.stringify({ level: 'info', time: '2026-11-25T12:00:00.123Z', ...fields, msg: 'request' }));

describe('a line of the log for a person', () => {
  it('has the time, the level, what it is about, and its fields', () => {
    expect(line({ method: 'GET', status: 200, decision: { permission: 'post:view', allowed: true } })).toBe(
      '12:00:00.123 info  request method=GET status=200 permission=post:view allowed=true\n',
    );
  });

  it.each([
    ['a line break', 'a\nb'],
    ['a return', 'a\rb'],
    ['an escape sequence', 'a\u001b[2Jb'],
    ['a line separator', 'a\u2028b'],
    ['a C1 control', 'a\u009bb'],
    ['an override of direction', 'a\u202eb'],
  ])('spells out %s', (_, id) => {
    const text = line({ object: `post:${id}` });
    // oxlint-disable-next-line no-control-regex -- finding control characters is the point
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
    expect(text.indexOf('\n')).toBe(text.length - 1);
  });

  it('can not be made to look like two fields', () => {
    expect(line({ object: 'post:x status=500' })).toContain('object="post:x status=500"');
  });

  it('has an error with its stack below', () => {
    const text = line({
      error: { type: 'TypeError', message: 'no\nsuch', stack: '    at a (b.ts:1)\n    at c (d.ts:2)' },
    });
    expect(text).toBe('12:00:00.123 info  request\n  TypeError: no\\u000asuch\n    at a (b.ts:1)\n    at c (d.ts:2)\n');
  });
});
