import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { castellan } from '../../src/embed/prisma-extension.js';
import { runInRequest } from '../../src/nest/current-request.js';
import type { BlogApp } from '../support/blog/blog-app.js';
import { closeSound } from '../support/blog/close-sound.js';
import type { BlogClient } from '../support/blog/blog-client.js';
import { openExtendedBlog } from '../support/blog/extended-blog.js';

let app: BlogApp;
let prisma: BlogClient;
const asAlice = <Result>(work: () => Result): Result => castellan.as('user:alice', work);
const signedOut = <Result>(work: () => Promise<Result>): Promise<Result> =>
  runInRequest({ subject: null }, async () => work());

beforeAll(async () => {
  ({ app, prisma } = await openExtendedBlog());
});
afterAll(() => closeSound(app));
beforeEach(async () => {
  await app.rows(`UPDATE castellan.subjects SET superuser = false WHERE type = 'user'`);
  await asAlice(() => prisma.user.deleteMany());
  expect(await users()).toEqual([]);
});

/** The users that are there beside alice and bob, as Castellan knows them. */
async function users(): Promise<Record<string, unknown>[]> {
  return app.rows(`SELECT external_id AS id, username, email, active, superuser, attributes FROM castellan.subjects
    WHERE type = 'user' AND external_id NOT IN ('alice', 'bob') ORDER BY external_id`);
}
const plain = { email: null, active: true, superuser: false, attributes: { department: null } };

describe('a model whose rows are users', () => {
  it('has them registered when somebody signs up, follow the row, and end with it', async () => {
    const row = await signedOut(() => prisma.user.create({ data: { id: 'u', login: 'uma' }, select: { login: true } }));
    expect(row).toEqual({ login: 'uma' });
    expect(await users()).toEqual([{ id: 'u', username: 'uma', ...plain }]);
    await castellan.as('user:u', () => prisma.post.create({ data: { id: 'p', title: 't' } }));
    expect(await app.may('u', 'change', 'post', 'p')).toBe(true);
    await asAlice(() =>
      prisma.user.update({ where: { id: 'u' }, data: { login: 'una', email: 'u@example.org', department: 'sales' } }),
    );
    expect(await users()).toEqual([
      { id: 'u', ...plain, username: 'una', email: 'u@example.org', attributes: { department: 'sales' } },
    ]);
    await asAlice(() => prisma.user.updateManyAndReturn({ where: { login: 'una' }, data: { banned: true } }));
    expect(await app.may('u', 'change', 'post', 'p')).toBe(false);
    await asAlice(() => prisma.user.delete({ where: { id: 'u' } }));
    expect(await users()).toEqual([]);
    await signedOut(() => prisma.user.create({ data: { id: 'u', login: 'una' } }));
    expect(await app.may('u', 'change', 'post', 'p')).toBe(false);
    const changes = `SELECT action, actor_id AS actor FROM castellan.changes
      WHERE target_type = 'user' AND target_id = 'u' ORDER BY id`;
    expect(await app.rows(changes)).toEqual([
      { action: 'user.create', actor: 'anonymous' },
      { action: 'user.update', actor: 'alice' },
      { action: 'user.update', actor: 'alice' },
      { action: 'user.delete', actor: 'alice' },
      { action: 'user.create', actor: 'anonymous' },
    ]);
    await asAlice(() => prisma.post.delete({ where: { id: 'p' } }));
  });

  it('writes nothing of a user that its row says nothing new of', async () => {
    await asAlice(() => prisma.user.create({ data: { id: 'u', login: 'uma', department: 'sales' } }));
    const before = await app.contents();
    await asAlice(() => prisma.user.update({ where: { id: 'u' }, data: { login: 'uma' } }));
    expect(await app.contents()).toEqual(before);
  });

  it('leaves users alone whose rows were there before', async () => {
    await app.prisma.user.create({ data: { id: 'old', login: 'olga' } });
    await asAlice(() => prisma.user.update({ where: { id: 'old' }, data: { banned: true } }));
    expect(await users()).toEqual([]);
    await asAlice(() => prisma.user.delete({ where: { id: 'old' } }));
    expect(await app.prisma.user.count()).toBe(0);
  });

  it('stands or falls with all that is done in a transaction of the app', async () => {
    const before = await app.contents();
    const signUp = (fails: boolean): Promise<void> =>
      signedOut(() =>
        prisma.$transaction(async (tx) => {
          await tx.user.create({ data: { id: 'u', login: 'uma' } });
          await tx.post.create({ data: { id: 'first', title: 'of uma', writer: 'user:u' } });
          if (fails) throw new Error('no');
        }),
      );
    await expect(signUp(true)).rejects.toThrow('no');
    expect(await app.contents()).toEqual(before);
    expect([await app.prisma.user.count(), await app.prisma.post.count()]).toEqual([0, 0]);
    await signUp(false);
    expect(await app.may('u', 'change', 'post', 'first')).toBe(true);
    await asAlice(() => prisma.post.deleteMany());
  });

  it('keeps what Castellan refuses out of the table, and in it', async () => {
    await asAlice(() => prisma.user.createManyAndReturn({ data: [{ id: 'u', login: 'uma', admin: true }] }));
    const state = async (): Promise<unknown> => [await app.prisma.user.findMany(), await app.contents()];
    const before = await state();
    const refusals: [string | RegExp, () => Promise<unknown>][] = [
      [/there is a user bob already/, () => prisma.user.create({ data: { id: 'x', login: 'bob' } })],
      [/there is a user bob already/, () => prisma.user.create({ data: { id: 'bob', login: 'x' } })],
      [/last active superuser/, () => prisma.user.delete({ where: { id: 'u' } })],
      [/last active superuser/, () => prisma.user.deleteMany()],
      [/last active superuser/, () => prisma.user.update({ where: { id: 'u' }, data: { admin: false } })],
      [/last active superuser/, () => prisma.user.updateManyAndReturn({ data: { banned: true } })],
      [/must not contain ":"/, () => prisma.user.update({ where: { id: 'u' }, data: { login: 'u:ma' } })],
      [/would get another id/, () => prisma.user.update({ where: { id: 'u' }, data: { id: 'v' } })],
      [/use user\.createManyAndReturn/, () => prisma.user.createMany({ data: [{ id: 'x', login: 'x' }] })],
      [/use user\.updateManyAndReturn/, () => prisma.user.updateMany({ data: { banned: true } })],
    ];
    for (const [message, refusal] of refusals) await expect(asAlice(refusal)).rejects.toThrow(message);
    expect(await state()).toEqual(before);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['other subjects', { User: { subject: 'service' } }, /can be users, and no other subjects/],
    ['a key that is none', { User: { subject: 'user', key: 'name' } }, /User has no field name/],
  ])('is refused with %s', (_, models, message) => {
    expect(() => app.prisma.$extends(castellan({ authz: app, models: models as never }))).toThrow(message);
  });

  it('may say no more than that its rows are users', async () => {
    const bare = app.prisma.$extends(castellan({ authz: app, models: { User: { subject: 'user' } } }));
    await asAlice(() => bare.user.create({ data: { id: 'u', login: 'uma', banned: true } }));
    expect(await users()).toEqual([{ id: 'u', ...plain, username: 'u', attributes: {} }]);
    expect(await app.may('alice', 'change', 'user', 'u')).toBe(true);
    expect(await asAlice(() => bare.user.updateMany({ data: { banned: false } }))).toEqual({ count: 1 });
  });
});
