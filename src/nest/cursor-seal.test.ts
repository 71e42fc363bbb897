import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CursorSeal } from './cursor-seal.js';

const seal = new CursorSeal('a secret of this test');
const refused = expect.objectContaining({
  code: 'invalid_cursor',
  faults: [{ path: 'cursor', message: 'is not one of this list' }],
});

describe('a sealed cursor', () => {
  it('holds the position for the list that it was made for', () => {
    // Positions are numbers and ids of the service's own making.
    fc.assert(
      fc.property(
        fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 63n }).map(String), fc.uuid()),
        fc.string(),
        (position, context) => {
          expect(seal.open(seal.seal(position, context) as string, context)).toBe(position);
        },
      ),
    );
  });

  it('is none at the end of a list', () => {
    expect(seal.seal(null, 'list')).toBeNull();
  });

  it('is fit for a URL as it is', () => {
    for (let position = 0; position < 50; position += 1) {
      expect(seal.seal(String(position), 'list')).toMatch(/^[\w-]+$/);
    }
  });

  it('fits no other list', () => {
    const cursor = seal.seal('7', '["user","alice","users"]') as string;
    for (const other of ['["user","bob","users"]', '["user","alice","groups"]', '', '["user","alice","users"] ']) {
      expect(() => seal.open(cursor, other)).toThrow(refused);
    }
  });

  it('opens by no other secret', () => {
    expect(() => new CursorSeal('another secret').open(seal.seal('7', 'list') as string, 'list')).toThrow(refused);
    expect(new CursorSeal('a secret of this test').open(seal.seal('7', 'list') as string, 'list')).toBe('7');
  });

  it('opens no more once a single bit of it was changed', () => {
    const bytes = Buffer.from(seal.seal('7', 'list') as string, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => seal.open(changed.toString('base64url'), 'list')).toThrow(refused);
    }
  });

  it('opens for nothing that was never sealed', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
        ),
        (cursor) => {
          expect(() => seal.open(cursor, 'list')).toThrow(refused);
        },
      ),
    );
    const short = Buffer.from(seal.seal('7', 'list') as string, 'base64url');
    for (let length = 0; length < short.length; length += 1) {
      expect(() => seal.open(short.subarray(0, length).toString('base64url'), 'list')).toThrow(refused);
    }
  });

  it('tells nothing of its position: not by its length, nor by being the same twice', () => {
    const positions = ['0', '7', '9'.repeat(19), '01a20a90-11bb-7631-85cd-ce1033cea832'];
    const cursors = positions.flatMap(
      (position) => [seal.seal(position, 'list'), seal.seal(position, 'list')] as string[],
    );
    expect(new Set(cursors.map((cursor) => cursor.length)).size).toBe(1);
    expect(new Set(cursors).size).toBe(cursors.length);
  });
});
