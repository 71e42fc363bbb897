import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultOfId, faultOfName, MAX_ID_LENGTH, parsePermission, parseRef } from './identifiers.js';
import { permissionName, refName } from './model.js';

const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((text) => faultOfId(text) === undefined);
const name = id.filter((text) => !text.includes(':'));

describe('an id', () => {
  it.each([
    'a',
    'A b',
    ':',
    '..',
    '😀',
    '\u2028',
    '\ufffd',
    'é',
    'e\u0301',
    'a'.repeat(MAX_ID_LENGTH),
    '😀'.repeat(MAX_ID_LENGTH),
  ])('may be %j', (text) => {
    expect(faultOfId(text)).toBeUndefined();
  });

  it.each([
    ['', 'must not be empty'],
    ['a'.repeat(MAX_ID_LENGTH + 1), 'must have at most 256 characters'],
    ['😀'.repeat(MAX_ID_LENGTH + 1), 'must have at most 256 characters'],
    [`${'😀'.repeat(MAX_ID_LENGTH)}a`, 'must have at most 256 characters'],
    ['\ud800'.repeat(2 * MAX_ID_LENGTH), 'must have at most 256 characters'],
    ['a\ud800', 'must be well-formed Unicode'],
    ['\udc00a', 'must be well-formed Unicode'],
  ])('is none: %#', (text, fault) => {
    expect(faultOfId(text)).toBe(fault);
  });

  it('has no control character, C0, DEL or C1, anywhere', () => {
    for (let code = 0; code < 0x100; code += 1) {
      const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0);
      const character = String.fromCharCode(code);
      for (const text of [character, `a${character}`, `${character}b`, `a${character}b`]) {
        expect(faultOfId(text)).toBe(isControl ? 'must not contain control characters' : undefined);
      }
    }
  });

  it('takes no longer to look at when it is huge', () => {
    const start = performance.now();
    expect(faultOfId('😀'.repeat(5_000_000))).toBe('must have at most 256 characters');
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('the name of a type or an action', () => {
  it('is an id without a colon', () => {
    expect(faultOfName('post')).toBeUndefined();
    for (const text of [':', 'a:', ':a', 'a:b']) expect(faultOfName(text)).toBe('must not contain ":"');
    expect(faultOfName('')).toBe('must not be empty');
    expect(faultOfName('a\n:')).toBe('must not contain control characters');
  });
});

describe('a permission', () => {
  it('is read as it is written', () => {
    fc.assert(
      fc.property(name, name, (type, action) => {
        expect(parsePermission(permissionName({ type, action }))).toEqual({ type, action });
      }),
    );
  });

  it.each(['', ':', 'view', 'post:', ':view', 'a:b:c', 'post::view', 'a\n:b', 'a:b\u0000', `a:${'b'.repeat(257)}`])(
    'is none: %j',
    (text) => {
      expect(parsePermission(text)).toBeUndefined();
    },
  );
});

describe('a reference', () => {
  it('is read as it is written, whatever colons its id has', () => {
    fc.assert(
      fc.property(name, id, (type, of) => {
        expect(parseRef(refName({ type, id: of }))).toEqual({ type, id: of });
      }),
    );
    expect(parseRef('post:a:b:')).toEqual({ type: 'post', id: 'a:b:' });
  });

  it.each(['', ':', 'user', 'user:', ':alice', 'us\ner:alice', 'user:a\u0000', `user:${'a'.repeat(257)}`])(
    'is none: %j',
    (text) => {
      expect(parseRef(text)).toBeUndefined();
    },
  );
});
