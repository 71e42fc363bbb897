import type { ArgumentMetadata } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CastellanError } from '../core/errors.js';
import { SchemaPipe } from './schema.pipe.js';

const pipe = new SchemaPipe();
const body = z.strictObject({
  id: z.string().max(3),
  rules: z
    .array(z.strictObject({ permission: z.string() }))
    .max(50)
    .default([]),
  attributes: z.record(z.string(), z.json()).optional(),
});
const read = (value: unknown) => pipe.transform(value, { type: 'body', schema: body } as ArgumentMetadata);

async function refusalOf(value: unknown): Promise<CastellanError> {
  try {
    await read(value);
  } catch (error) {
    if (error instanceof CastellanError) return error;
  }
  throw new Error('It was taken.');
}
const pathsOf = async (value: unknown) => (await refusalOf(value)).faults.map(({ path }) => path);

describe('a body that is read through its schema', () => {
  it('is what the schema makes of it', async () => {
    await expect(read({ id: 'a' })).resolves.toEqual({ id: 'a', rules: [] });
  });

  it('keeps every name that its schema takes', async () => {
    const attributes = { constructor: 'Acme', prototype: 1, toString: 2, inside: { constructor: null } };
    await expect(read({ id: 'a', attributes })).resolves.toEqual({ id: 'a', rules: [], attributes });
  });

  it('is refused with the path of each fault', async () => {
    expect(await pathsOf({ id: 1, rules: [{ permission: 'a' }, { permission: null }] })).toEqual([
      'id',
      'rules.1.permission',
    ]);
    expect(await pathsOf({ rules: {} })).toEqual(['id', 'rules']);
    expect(await pathsOf(undefined)).toEqual(['body']);
  });

  it.each(['surprise', 'constructor', 'prototype', 'toString', '__proto__'])(
    'is refused with the name %s, which it does not know',
    async (name) => {
      const error = await refusalOf(JSON.parse(`{"id":"a","${name}":1}`));
      expect(error.faults).toEqual([{ path: name, message: 'is not known here' }]);
      expect(error.detail).toBe(`${name}: is not known here.`);
      expect(await pathsOf({ id: 'a', rules: [{ permission: 'b', [`${name}!`]: 1 }] })).toEqual([`rules.0.${name}!`]);
    },
  );

  it('is refused in a bounded number of words, whatever it is', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`field${index}`, 1]));
    for (const bad of [
      { id: 'a', ...many },
      { id: 'a', rules: Array.from({ length: 50 }, () => ({ permission: 1, ...many })) },
      { id: 'a', ['n'.repeat(60_000)]: 1 },
    ]) {
      const { faults, detail } = await refusalOf(bad);
      expect(faults.length).toBeLessThanOrEqual(20);
      expect(detail.length).toBeLessThan(6000);
    }
    const [path = ''] = await pathsOf({ id: 'a', [`${'n'.repeat(199)}😀`]: 1 });
    expect(path.isWellFormed()).toBe(true);
  });
});
