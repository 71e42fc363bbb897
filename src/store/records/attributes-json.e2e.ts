import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPolicyDatabase, type PolicyDatabase } from '../../../test/support/policy-database.js';
import { operator } from '../../core/caller.js';
import type { WriteUnit } from '../../core/ports/writes.js';

const attributes = { text: 'é'.repeat(32_768) };
const fits = { text: 'é'.repeat(32_000) };
const user = { id: 'a', username: 'a', email: null, active: true, superuser: false };
const post = (id: string) => ({ type: 'post', id });

describe('attributes over 64 KiB', () => {
  let policies: PolicyDatabase;

  beforeAll(async () => {
    policies = await openPolicyDatabase();
    await policies.apply(`
types: [{ id: post }]
users: [{ username: standing, attributes: { a: 1 } }]
services: [{ id: standing, attributes: { a: 1 } }]
objects: [{ type: post, id: standing, attributes: { a: 1 } }]
`);
  });
  afterAll(() => policies.close());

  const write = <Result>(work: (unit: WriteUnit) => Promise<Result>): Promise<Result> =>
    policies.store.writes.write(operator('test', 'test'), 'structure', work);

  it.each<[string, (unit: WriteUnit) => Promise<unknown>]>([
    ['a new object', ({ objects }) => objects.create({ ...post('a'), attributes }, null)],
    [
      'new objects',
      ({ objects }) =>
        objects.createMany(
          [
            { ...post('a'), attributes: fits },
            { ...post('b'), attributes },
          ],
          [null, null],
        ),
    ],
    ['an object', ({ objects }) => objects.update(post('standing'), { attributes })],
    ['a new user', ({ users }) => users.create({ ...user, attributes })],
    ['new users', ({ users }) => users.createMany([{ ...user, attributes }])],
    ['a user', ({ users }) => users.update('standing', { attributes })],
    ['new services', ({ services }) => services.createMany([{ id: 'a', active: true, attributes }])],
    ['a service', ({ services }) => services.update('standing', { attributes })],
  ])('are refused, whoever gives them to %s', async (_, work) => {
    const before = await policies.rows('SELECT count(*)::int AS n FROM castellan.changes');
    await expect(write(work)).rejects.toMatchObject({
      code: 'invalid_request',
      faults: [{ path: 'attributes', message: 'must take at most 65536 bytes in all' }],
    });
    expect(await policies.rows('SELECT count(*)::int AS n FROM castellan.changes')).toEqual(before);
    expect(await policies.rows(`SELECT attributes FROM castellan.objects WHERE external_id = 'standing'`)).toEqual([
      { attributes: { a: 1 } },
      { attributes: { a: 1 } },
    ]);
  });
});
