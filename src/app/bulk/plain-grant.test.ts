import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrictJson } from '../strict-json.js';
import { readRow } from './bulk-row-schema.js';
import { readPlainGrant } from './plain-grant.js';

const line = (parts: object): string => JSON.stringify({ kind: 'grant', ...parts });

describe('the line of a plain grant', () => {
  it('is read as the reader of all rows reads it, or not at all', () => {
    const fine = fc.constantFrom('a', 'é', '😀', ' ', '.', '/');
    const odd = fc.constantFrom(':', '"', '\\', '\n', '\u007f', '\u0085');
    const letter = fc.oneof({ weight: 12, arbitrary: fine }, { weight: 1, arbitrary: odd });
    const text = fc.array(letter, { minLength: 1, maxLength: 4 }).map((letters) => letters.join(''));
    const id = fc.oneof({ weight: 9, arbitrary: text }, fc.constantFrom('', 'x'.repeat(256), 'x'.repeat(257)));
    const ref = fc
      .tuple(fc.oneof(fc.constantFrom('user', 'group', 'service', 'role'), text), id)
      .map((parts) => parts.join(':'));
    let read = 0;
    fc.assert(
      fc.property(ref, ref, fc.option(ref, { nil: undefined }), (subject, permission, object) => {
        const written = line({ subject, permission, object });
        const plain = readPlainGrant(written);
        if (!plain) return;
        read += 1;
        const row = readRow(parseStrictJson(Buffer.from(written)));
        expect(row).toMatchObject({ row: { kind: 'grant', permission: plain.permission } });
        expect(plain).toEqual({ subject, permission, object });
      }),
      { numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(50);
  });

  it('is what dump writes', () => {
    const parts = { subject: 'user:a:b', permission: 'post:view', object: 'post:1' };
    expect(readPlainGrant(line(parts))).toEqual(parts);
    expect(readPlainGrant(line({ subject: 'role:r', permission: 'post:view' }))?.object).toBeUndefined();
  });

  it.each([
    line({ subject: 'user:a', permission: 'post:view', effect: 'deny' }),
    line({ subject: 'user:a', permission: 'post:view', object: 'post:1', expiresAt: '2099-01-01T00:00:00Z' }),
    line({ subject: 'post:a', permission: 'post:view' }),
    '{"kind":"grant","subject":"user:a","subject":"user:b","permission":"post:view"}',
    ' {"kind":"grant","subject":"user:a","permission":"post:view"}',
  ])('is none that says more, or otherwise: %s', (text) => {
    expect(readPlainGrant(text)).toBeUndefined();
  });
});
