import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { castellan } from '../../src/embed/prisma-extension.js';
import type { BlogApp } from '../support/blog/blog-app.js';
import { closeSound } from '../support/blog/close-sound.js';
import type { BlogClient } from '../support/blog/blog-client.js';
import { openExtendedBlog, type ExtendedBlog } from '../support/blog/extended-blog.js';

const alice = 'user:alice';

let blog: ExtendedBlog;
let app: BlogApp;
let prisma: BlogClient;
const asAlice = <Result>(work: () => Result): Result => castellan.as(alice, work);
const objects = (): Promise<string[]> => blog.objects();

beforeAll(async () => {
  blog = await openExtendedBlog();
  ({ app, prisma } = blog);
});
afterAll(() => closeSound(app));
beforeEach(async () => {
  await blog.clear();
  expect(await objects()).toEqual([]);
});

/** Expects a refusal that leaves the rows of the app and the objects as they are. */
async function expectRefused(work: () => Promise<unknown>, message: RegExp): Promise<void> {
  const state = async (): Promise<unknown> => [
    await objects(),
    await app.prisma.post.findMany({ orderBy: { id: 'asc' } }),
    await app.prisma.blog.count(),
    await app.prisma.page.count(),
    await app.prisma.comment.count(),
    await app.rows('SELECT count(*) FROM castellan.changes'),
  ];
  const before = await state();
  await expect(asAlice(work)).rejects.toThrow(message);
  expect(await state()).toEqual(before);
}

describe('what can not be done in one transaction is refused:', () => {
  it.each<[string, RegExp, (client: BlogClient) => Promise<unknown>]>([
    [
      'many rows that nobody names',
      /use post\.createManyAndReturn/,
      (c) => c.post.createMany({ data: [{ id: 'x', title: 't' }] }),
    ],
    [
      'many updates that nobody names',
      /use post\.updateManyAndReturn/,
      (c) => c.post.updateMany({ data: { title: 't' } }),
    ],
    ['many new ids', /use blog\.updateManyAndReturn/, (c) => c.blog.updateMany({ data: { id: 7 } })],
    ['a batch', /use \$transaction\(async/, (c) => c.$transaction([c.post.create({ data: { id: 'x', title: 't' } })])],
    [
      'a creator who is not known',
      /there is no user nobody/,
      (c) => c.post.create({ data: { id: 'x', title: 't', writer: 'user:nobody' } }),
    ],
    [
      'a parent that is not registered',
      /there is no post:x/,
      async (c) => {
        await app.prisma.post.create({ data: { id: 'x', title: 't' } });
        try {
          await c.comment.create({ data: { text: 't', postId: 'x' } });
        } finally {
          await app.prisma.post.delete({ where: { id: 'x' } });
        }
      },
    ],
    [
      'an object that is registered already',
      /there is a post:taken already/,
      (c) => c.post.create({ data: { id: 'taken', title: 't' } }),
    ],
    ['a blog with posts in it', /objects below this blog/, (c) => c.blog.deleteMany()],
    ['another id', /would get another id/, (c) => c.post.update({ where: { id: 'p' }, data: { id: 'x' } })],
    ['another id of many', /would get another id/, (c) => c.page.updateManyAndReturn({ data: { slug: 'x' } })],
    [
      'an id of several fields',
      /would get another id/,
      (c) => c.page.update({ where: { site_slug: { site: 's', slug: 'g' } }, data: { slug: 'x' } }),
    ],
    [
      'rows made within another’s',
      /data\.comments\.create: rows of Comment/,
      (c) => c.post.create({ data: { id: 'x', title: 't', comments: { create: { text: 'c' } } } }),
    ],
    [
      'rows made within those of a model that is not declared',
      /data\.posts\.connectOrCreate/,
      (c) =>
        c.tag.create({
          data: { name: 'n', posts: { connectOrCreate: { where: { id: 'x' }, create: { id: 'x', title: 't' } } } },
        }),
    ],
    [
      'rows made two levels down',
      /data\.posts\.update\.comments\.deleteMany|data\.posts\.update/,
      (c) =>
        c.tag.update({
          where: { id: 1 },
          data: { posts: { update: { where: { id: 'p' }, data: { comments: { deleteMany: {} } } } } },
        }),
    ],
    [
      'rows moved from the other end',
      /data\.posts\.connect: rows of Post/,
      (c) => c.blog.create({ data: { name: 'n', posts: { connect: { id: 'p' } } } }),
    ],
    [
      'rows let go from the other end',
      /data\.posts\.set: rows of Post/,
      (c) => c.blog.updateManyAndReturn({ data: { posts: { set: [] } } }),
    ],
    [
      'a relation asked of what is made',
      /does not give the row/,
      (c) => (c.post.create({ data: { id: 'x', title: 't' } }) as unknown as { blog(): Promise<unknown> }).blog(),
    ],
  ])('%s', async (_, message, work) => {
    await asAlice(async () => {
      const made = await prisma.blog.create({ data: { name: 'b' } });
      await prisma.post.create({ data: { id: 'p', title: 't', blogId: made['id'] } });
      await prisma.page.create({ data: { site: 's', slug: 'g' } });
    });
    await app.arrange((unit) => unit.objects.create({ type: 'post', id: 'taken', attributes: {} }, null));
    await expectRefused(() => work(prisma), message);
    await app.arrange((unit) => unit.objects.delete({ type: 'post', id: 'taken' }));
  });

  it('what nobody stands behind', async () => {
    await expect(prisma.post.create({ data: { id: 'x', title: 't' } })).rejects.toThrow(/author has to be named/);
    expect(await app.prisma.post.count()).toBe(0);
    await castellan.as('service:import', () => prisma.post.create({ data: { id: 'x', title: 't', writer: alice } }));
    expect(await objects()).toEqual(['post:x of alice']);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['a model that is none', { Nothing: { type: 'post' } }, /there is no model Nothing/],
    ['a key that is none', { Post: { type: 'post', key: 'slug' } }, /Post has no field slug/],
    ['a key of several fields without an id', { Page: { type: 'page', key: ['site', 'slug'] } }, /say by id\(row\)/],
  ])('the declaration of %s', (_, models, message) => {
    expect(() => app.prisma.$extends(castellan({ authz: app, models: models as never }))).toThrow(message);
  });
});
