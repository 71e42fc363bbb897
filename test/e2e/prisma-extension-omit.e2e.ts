import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { castellan } from '../../src/embed/prisma-extension.js';
import type { BlogApp } from '../support/blog/blog-app.js';
import { closeSound } from '../support/blog/close-sound.js';
import type { BlogClient, Row } from '../support/blog/blog-client.js';
import { openExtendedBlog, type ExtendedBlog } from '../support/blog/extended-blog.js';

const omit = { post: { blogId: true, status: true }, user: { banned: true, department: true }, page: { slug: true } };

let blog: ExtendedBlog;
let app: BlogApp;
let prisma: BlogClient;
const asAlice = <Result>(work: () => Result): Result => castellan.as('user:alice', work);
const objects = (): Promise<string[]> => blog.objects();

beforeAll(async () => {
  blog = await openExtendedBlog({ omit });
  ({ app, prisma } = blog);
});
afterAll(() => closeSound(app));
beforeEach(async () => {
  await blog.clear();
  await asAlice(() => prisma.user.deleteMany());
  expect(await objects()).toEqual([]);
});

describe('a client that omits columns of its own', () => {
  it('registers an object by all columns, and gives back those that it shows', async () => {
    const { id } = await asAlice(() => prisma.blog.create({ data: { name: 'b' } }));
    const below = `post:p below blog:${String(id)} of alice`;
    const data = { id: 'p', title: 'one', blogId: id };
    expect(await asAlice(() => prisma.post.create({ data }))).toEqual({ id: 'p', title: 'one', writer: null });
    expect(await objects()).toContain(below);
    expect(await blog.attributesOf('p')).toEqual({ status: 'draft', title: 'one' });
    const changed = await asAlice(() => prisma.post.update({ where: { id: 'p' }, data: { title: 'two' } }));
    expect(changed).toEqual({ id: 'p', title: 'two', writer: null });
    expect(await objects()).toContain(below);
    expect(await blog.attributesOf('p')).toEqual({ status: 'draft', title: 'two' });
  });

  it('registers by all columns whichever operation it is', async () => {
    const { id } = await asAlice(() => prisma.blog.create({ data: { name: 'b' } }));
    const upsert = (title: string): Promise<Row> =>
      asAlice(() => {
        const create = { id: 'p', title, blogId: id };
        return prisma.post.upsert({ where: { id: 'p' }, create, update: { title } });
      });
    for (const title of ['made', 'changed']) expect(await upsert(title)).toEqual({ id: 'p', title, writer: null });
    const many = [{ id: 'q', title: 'q', blogId: id, status: 'open' }];
    expect(await asAlice(() => prisma.post.createManyAndReturn({ data: many }))).toEqual([
      { id: 'q', title: 'q', writer: null },
    ]);
    await asAlice(() => prisma.post.updateManyAndReturn({ where: {}, data: { title: 'all' } }));
    const below = ['p', 'q'].map((name) => `post:${name} below blog:${String(id)} of alice`);
    expect(await objects()).toEqual([`blog:${String(id)} of alice`, ...below]);
    expect([await blog.attributesOf('p'), await blog.attributesOf('q')]).toEqual([
      { status: 'draft', title: 'all' },
      { status: 'open', title: 'all' },
    ]);
    await asAlice(() => prisma.page.create({ data: { site: 's', slug: 'g' } }));
    expect(await objects()).toContain('page:s/g of alice');
    expect(await asAlice(() => prisma.page.deleteMany())).toEqual({ count: 1 });
    expect(await objects()).not.toContain('page:s/g of alice');
  });

  it('keeps out a user that is made inactive', async () => {
    const data = { id: 'u', login: 'uma', banned: true, department: 'sales' };
    const shown = { id: 'u', login: 'uma', email: null, admin: false };
    expect(await asAlice(() => prisma.user.create({ data }))).toEqual(shown);
    const stands = `SELECT active, attributes FROM castellan.subjects WHERE external_id = 'u'`;
    expect(await app.rows(stands)).toEqual([{ active: false, attributes: { department: 'sales' } }]);
    await asAlice(() => prisma.user.update({ where: { id: 'u' }, data: { email: 'u@example.org' } }));
    expect(await app.rows(stands)).toEqual([{ active: false, attributes: { department: 'sales' } }]);
  });

  it.each<[string, Row]>([
    ['nothing', {}],
    ['a column that it omits', { omit: { status: false } }],
    ['one column less', { omit: { title: true } }],
    ['nothing certain of a column', { omit: { status: undefined, title: undefined } }],
    ['columns alone', { select: { title: true, status: true } }],
    ['a relation', { include: { blog: true } }],
    ['a relation, and one column less', { include: { blog: true }, omit: { writer: true, blogId: false } }],
  ])('gives what Prisma would where %s is asked for', async (_, asked) => {
    await app.prisma.post.create({ data: { id: 'bare', title: 'same' } });
    const bare = await app.prisma.post.update({ where: { id: 'bare' }, data: { title: 'same' }, ...asked });
    const extended = await asAlice(() => prisma.post.create({ data: { id: 'p', title: 'same' }, ...asked }));
    expect({ ...extended, ...(Object.keys(extended).includes('id') ? { id: 'bare' } : {}) }).toEqual(bare);
    expect(await blog.attributesOf('p')).toEqual({ status: 'draft', title: 'same' });
    await app.prisma.post.deleteMany({ where: { id: 'bare' } });
  });
});

describe('a row without one of its columns', () => {
  const extended = castellan({ authz: { with: (tx) => app.with(tx) }, models: { Post: { type: 'post' } } });
  const data = { id: 'p', title: 't' };

  it('is refused, and is not written', async () => {
    const lacking = {
      query: { post: { create: withoutStatus, upsert: withoutStatus, createManyAndReturn: withoutStatus } },
    };
    const client = app.prisma.$extends(extended).$extends(lacking);
    const message = /a row of Post came without status/;
    await expect(asAlice(() => client.post.create({ data }))).rejects.toThrow(message);
    const upsert = { where: { id: 'p' }, create: data, update: data };
    await expect(asAlice(() => client.post.upsert(upsert))).rejects.toThrow(message);
    await expect(asAlice(() => client.post.createManyAndReturn({ data: [data] }))).rejects.toThrow(message);
    expect([await objects(), await app.prisma.post.count()]).toEqual([[], 0]);
  });

  it('is refused when it would be deleted, if it does not say which one it is', async () => {
    const hiding = (field: string) => ({ result: { post: { [field]: { needs: {}, compute: () => {} } } } });
    const client = (field: string): BlogClient => app.prisma.$extends(hiding(field)).$extends(extended);
    await asAlice(() => prisma.post.create({ data }));
    await expect(asAlice(() => client('id').post.deleteMany())).rejects.toThrow(/a row of Post came without id/);
    expect(await objects()).toEqual(['post:p of alice']);
    expect(await asAlice(() => client('status').post.deleteMany())).toEqual({ count: 1 });
    expect(await objects()).toEqual([]);
  });
});

async function withoutStatus({ args, query }: { args: Row; query(this: void, args: Row): Promise<Row | Row[]> }) {
  const strip = (row: Row): Row => ({ ...row, status: undefined });
  const rows = await query(args);
  return Array.isArray(rows) ? rows.map(strip) : strip(rows);
}
