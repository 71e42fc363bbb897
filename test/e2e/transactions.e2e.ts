import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANONYMOUS_CALLER } from '../../src/core/caller.js';
import { runInRequest } from '../../src/nest/current-request.js';
import { openBlogApp, type BlogApp } from '../support/blog/blog-app.js';
import { closeSound } from '../support/blog/close-sound.js';
import { drivers } from '../support/blog/drivers.js';

const alice = { type: 'user', id: 'alice' };
const bob = { type: 'user', id: 'bob' };

describe.each(drivers)('a transaction of the app over $name', (driver) => {
  let app: BlogApp;
  let number = 0;

  beforeAll(async () => {
    app = await openBlogApp();
  });
  afterAll(() => closeSound(app));

  const newId = (): string => `${driver.name}-${(number += 1)}`;
  const insert = (id: string): string => `INSERT INTO "Post" (id, title) VALUES ('${id}', 'of ${id}')`;
  const posts = async (id: string): Promise<number> =>
    (await app.rows(`SELECT 1 FROM "Post" WHERE id = '${id}'`)).length;
  const lastChanges = (target: string): Promise<Record<string, unknown>[]> =>
    app.rows(`SELECT action, actor_type || ':' || actor_id AS actor, request_id, before, after FROM castellan.changes
      WHERE target_type || ':' || target_id = '${target}' ORDER BY id`);

  it('registers an object, its place and its creator’s grants with the app’s own row', async () => {
    const [blog, post] = [newId(), newId()];
    await driver.transaction(app, async (tx) => {
      const authz = app.with(tx.client, alice);
      await authz.objects.create({ type: 'blog', id: blog }, { creator: bob });
      await tx.sql(insert(post));
      const record = await authz.objects.create({
        type: 'post',
        id: post,
        parent: `blog:${blog}`,
        attributes: { status: 'draft', at: new Date(0), tags: ['a', 'b\'"\\'] },
      });
      expect(record).toEqual({
        type: 'post',
        id: post,
        parent: { type: 'blog', id: blog },
        attributes: { status: 'draft', at: '1970-01-01T00:00:00.000Z', tags: ['a', 'b\'"\\'] },
      });
      expect(await authz.objects.find(`post:${post}`)).toEqual(record);
    });
    expect(await posts(post)).toBe(1);
    expect(await app.may('alice', 'change', 'post', post)).toBe(true);
    expect(await app.may('bob', 'change', 'post', post)).toBe(false);
    expect(await app.may('bob', 'view', 'blog', blog)).toBe(true);
    expect(await app.may('alice', 'view', 'blog', blog)).toBe(false);
    expect(await lastChanges(`post:${post}`)).toMatchObject([
      {
        action: 'object.create',
        actor: 'user:alice',
        before: null,
        after: {
          id: post,
          creator: alice,
          granted: ['view', 'change', 'delete', 'grant'],
          attributes: { status: 'draft' },
        },
      },
    ]);
  });

  it('that the app rolls back leaves nothing', async () => {
    const before = await app.contents();
    const [blog, post] = [newId(), newId()];
    const rollback = new Error('the app has thought better of it');
    const rolledBack = driver.transaction(app, async (tx) => {
      const authz = app.with(tx.client, alice);
      await authz.objects.create({ type: 'blog', id: blog });
      await tx.sql(insert(post));
      await authz.objects.create({ type: 'post', id: post, parent: { type: 'blog', id: blog } });
      await authz.grants.create([{ subject: 'user:bob', permission: 'post:view', object: `post:${post}` }]);
      await authz.objects.update(`post:${post}`, { attributes: { a: 1 }, parent: null });
      expect(await authz.check('view', `post:${post}`, { subject: 'user:bob' })).toBe(true);
      throw rollback;
    });
    await expect(rolledBack).rejects.toBe(rollback);
    expect(await app.contents()).toEqual(before);
    expect(await posts(post)).toBe(0);
  });

  it('goes on after a refusal, which has written nothing', async () => {
    const [post, other] = [newId(), newId()];
    await driver.transaction(app, (tx) => app.with(tx.client, alice).objects.create({ type: 'post', id: post }));
    const before = await app.contents();
    await driver.transaction(app, async (tx) => {
      const { objects, grants } = app.with(tx.client, alice);
      const refusals: [string, () => Promise<unknown>][] = [
        ['already_exists', () => objects.create({ type: 'post', id: post })],
        ['unknown_reference', () => objects.create({ type: 'nothing', id: other })],
        ['unknown_reference', () => objects.create({ type: 'post', id: other, parent: 'blog:nowhere' })],
        ['unknown_reference', () => objects.create({ type: 'post', id: other }, { creator: 'user:nobody' })],
        ['built_in', () => objects.create({ type: 'user', id: other })],
        ['invalid_request', () => objects.create({ type: 'post', id: 'a\u0000b' })],
        ['invalid_request', () => objects.create({ type: 'post', id: other, attributes: { a: 'b\u0000' } })],
        ['invalid_request', () => objects.create({ type: 'post', id: other, attributes: { a: 1n } })],
        ['not_found', () => objects.update(`post:${other}`, { attributes: {} })],
        ['cycle', () => objects.update(`post:${post}`, { parent: `post:${post}` })],
        ['not_found', () => objects.delete(`post:${other}`)],
        ['unknown_reference', () => grants.create([{ subject: bob, permission: 'post:fly', object: `post:${post}` }])],
        [
          'unknown_reference',
          () =>
            grants.create([
              { subject: bob, permission: 'post:view' },
              { subject: 'user:x', permission: 'post:view' },
            ]),
        ],
        [
          'invalid_request',
          () => grants.create([{ subject: bob, permission: 'post:view', condition: { nonsense: 1 } }]),
        ],
        ['invalid_request', () => grants.create([{ subject: bob, permission: 'post:view', expiresAt: 'tomorrow' }])],
        ['not_found', () => grants.delete('00000000-0000-7000-8000-000000000000')],
        ['not_found', () => grants.delete({ subject: bob, permission: 'post:view', object: `post:${post}` })],
      ];
      for (const [code, refusal] of refusals) await expect(refusal()).rejects.toMatchObject({ code });
      await tx.sql(insert(other));
    });
    expect(await app.contents()).toEqual(before);
    expect(await posts(other)).toBe(1);
  });

  it('keeps neither when a refusal goes up', async () => {
    const post = newId();
    const before = await app.contents();
    const refused = driver.transaction(app, async (tx) => {
      await tx.sql(insert(post));
      await app.with(tx.client, alice).objects.create({ type: 'post', id: post, parent: 'blog:nowhere' });
    });
    await expect(refused).rejects.toMatchObject({ code: 'unknown_reference', faults: [{ path: 'parent' }] });
    expect(await posts(post)).toBe(0);
    expect(await app.contents()).toEqual(before);
  });

  it('moves, changes and removes objects with all that is below them', async () => {
    const [one, other, post, comment] = [newId(), newId(), newId(), newId()];
    await driver.transaction(app, async (tx) => {
      const { objects } = app.with(tx.client, 'service:import');
      await objects.create({ type: 'blog', id: one }, { creator: alice });
      await objects.create({ type: 'blog', id: other }, { creator: bob });
      await objects.create({ type: 'post', id: post, parent: `blog:${one}`, attributes: { a: 1 } }, { creator: null });
      await objects.create({ type: 'comment', id: comment, parent: `post:${post}` }, { creator: null });
      await app.with(tx.client, 'service:import').grants.create(
        [one, other].flatMap((id, n) =>
          ['post:view', 'comment:view'].map((permission) => ({
            subject: n === 0 ? alice : bob,
            permission,
            object: { type: 'blog', id },
          })),
        ),
      );
    });
    const sees = async (): Promise<boolean[]> => [
      await app.may('alice', 'view', 'comment', comment),
      await app.may('bob', 'view', 'comment', comment),
    ];
    expect(await sees()).toEqual([true, false]);
    await driver.transaction(app, async (tx) => {
      const moved = await app.with(tx.client, alice).objects.update(`post:${post}`, { parent: `blog:${other}` });
      expect(moved).toMatchObject({ parent: { type: 'blog', id: other }, attributes: { a: 1 } });
    });
    expect(await sees()).toEqual([false, true]);
    const refused = driver.transaction(app, (tx) => app.with(tx.client, alice).objects.delete(`blog:${other}`));
    await expect(refused).rejects.toMatchObject({ code: 'has_children' });
    await driver.transaction(app, (tx) =>
      app.with(tx.client, alice).objects.delete(`blog:${other}`, { cascade: true }),
    );
    expect(await sees()).toEqual([false, false]);
    expect((await lastChanges(`comment:${comment}`)).map(({ action }) => action)).toEqual([
      'object.create',
      'object.delete',
    ]);
    expect((await lastChanges(`post:${post}`)).map(({ action, actor }) => [action, actor])).toEqual([
      ['object.create', 'service:import'],
      ['object.update', 'user:alice'],
      ['object.delete', 'user:alice'],
    ]);
  });

  it('gives and takes back grants, by their ids or by what they say', async () => {
    const post = newId();
    const object = { type: 'post', id: post };
    const condition = { 'resource.status': 'draft' };
    const expiresAt = new Date('2999-01-02T03:04:05.678Z');
    await driver.transaction(app, async (tx) => {
      const { objects, grants } = app.with(tx.client, alice);
      await objects.create({ ...object, attributes: { status: 'draft' } });
      const plain = { subject: bob, permission: 'post:view', object };
      const bound = {
        ...plain,
        condition,
        fields: ['title', 'title'],
        startsAt: '2000-01-01T00:00:00+01:00',
        expiresAt,
      };
      const [first, second, again] = await grants.create([plain, bound, plain]);
      expect([first, second, again].map((grant) => grant?.created)).toEqual([true, true, false]);
      expect(again?.record).toEqual(first?.record);
      expect(second?.record).toMatchObject({
        effect: 'allow',
        condition,
        fields: ['title'],
        startsAt: '1999-12-31T23:00:00.000Z',
        expiresAt: '2999-01-02T03:04:05.678Z',
      });
      await grants.delete(first?.record.id ?? '');
      await expect(grants.delete(plain)).rejects.toMatchObject({ code: 'not_found' });
      await grants.delete(bound);
      await grants.create([
        { ...plain, effect: 'deny' },
        { subject: bob, permission: 'post:view' },
      ]);
    });
    expect(await app.may('bob', 'view', 'post', post)).toBe(false);
    expect(await app.may('bob', 'view', 'post', 'any other')).toBe(true);
    await driver.transaction(app, async (tx) => {
      const { grants } = app.with(tx.client, alice);
      await grants.delete({ subject: 'user:bob', permission: 'post:view', object, effect: 'deny' });
      await grants.delete({ subject: 'user:bob', permission: 'post:view' });
      expect(await grants.create([])).toEqual([]);
    });
    expect(await app.may('bob', 'view', 'post', 'any other')).toBe(false);
  });

  it('decides on what it wrote, which others see once it has ended', async () => {
    const post = newId();
    await driver.transaction(app, async (tx) => {
      const authz = app.with(tx.client, alice);
      expect(await authz.check('change', `post:${post}`)).toBe(false);
      await authz.objects.create({ type: 'post', id: post, attributes: { status: 'draft' } });
      await authz.grants.create([
        { subject: bob, permission: 'post:change', object: `post:${post}`, condition: { 'resource.status': 'open' } },
      ]);
      expect(await authz.check('change', `post:${post}`)).toBe(true);
      expect(await authz.check('change', `post:${post}`, { subject: bob })).toBe(false);
      expect(await authz.check('change', `post:${post}`, { subject: bob, attributes: { status: 'open' } })).toBe(true);
      expect(await app.may('alice', 'change', 'post', post)).toBe(false);
    });
    expect(await app.may('alice', 'change', 'post', post)).toBe(true);
  });

  it('takes calls that are made at once one by one', async () => {
    const ids = Array.from({ length: 8 }, newId);
    await driver.transaction(app, async (tx) => {
      const made = await Promise.allSettled(
        [...ids, ...ids].map((id) => app.with(tx.client, alice).objects.create({ type: 'post', id })),
      );
      expect(made.map(({ status }) => status)).toEqual([...ids.map(() => 'fulfilled'), ...ids.map(() => 'rejected')]);
    });
    for (const id of ids) expect(await app.may('alice', 'view', 'post', id)).toBe(true);
  });

  it('names the author: whoever makes the request, or who is given', async () => {
    const [mine, named, nobodys] = [newId(), newId(), newId()];
    await driver.transaction(app, async (tx) => {
      await runInRequest({ subject: alice, requestId: 'request-7' }, async () => {
        await app.with(tx.client).objects.create({ type: 'post', id: mine });
        await app
          .with(tx.client, 'service:import')
          .objects.create({ type: 'post', id: named }, { creator: 'user:bob' });
      });
      await runInRequest({ subject: null }, () => app.with(tx.client).objects.create({ type: 'post', id: nobodys }));
      expect(() => app.with(tx.client)).toThrow(/the author has to be named/);
    });
    expect(await lastChanges(`post:${mine}`)).toMatchObject([{ actor: 'user:alice', request_id: 'request-7' }]);
    expect(await lastChanges(`post:${named}`)).toMatchObject([
      { actor: 'service:import', request_id: 'request-7', after: { creator: bob } },
    ]);
    const { subject } = ANONYMOUS_CALLER;
    expect(await lastChanges(`post:${nobodys}`)).toMatchObject([
      { actor: `${subject.type}:${subject.id}`, after: { creator: null, granted: [] } },
    ]);
  });
});
