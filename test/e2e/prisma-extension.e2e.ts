import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { castellan } from '../../src/embed/prisma-extension.js';
import type { BlogApp } from '../support/blog/blog-app.js';
import { closeSound } from '../support/blog/close-sound.js';
import type { BlogClient } from '../support/blog/blog-client.js';
import { openExtendedBlog, type ExtendedBlog } from '../support/blog/extended-blog.js';

const alice = 'user:alice';
const bob = 'user:bob';

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

describe('a declared model', () => {
  it('has its rows registered when they are made, and removed when they are deleted', async () => {
    const row = await asAlice(() => prisma.post.create({ data: { id: 'p', title: 'one' } }));
    expect(row).toEqual({ id: 'p', title: 'one', status: 'draft', writer: null, blogId: null });
    expect(await objects()).toEqual(['post:p of alice']);
    expect(await blog.attributesOf('p')).toEqual({ status: 'draft', title: 'one' });
    expect(await app.may('alice', 'change', 'post', 'p')).toBe(true);
    expect(await asAlice(() => prisma.post.delete({ where: { id: 'p' } }))).toEqual(row);
    expect(await objects()).toEqual([]);
    expect(
      await app.rows(`SELECT action, actor_id FROM castellan.changes WHERE target_id = 'p' ORDER BY id DESC LIMIT 2`),
    ).toEqual([
      { action: 'object.delete', actor_id: 'alice' },
      { action: 'object.create', actor_id: 'alice' },
    ]);
  });

  it('may leave the id, the place and the creator to the row', async () => {
    const made = await asAlice(() => prisma.blog.create({ data: { name: 'b' } }));
    const post = await asAlice(() => prisma.post.create({ data: { title: 't', blogId: made['id'], writer: bob } }));
    await asAlice(() => prisma.comment.create({ data: { text: 'c', postId: post['id'] } }));
    await asAlice(() => prisma.page.create({ data: { site: 's', slug: 'g' } }));
    expect(await objects()).toEqual([
      `blog:${String(made['id'])} of alice`,
      expect.stringMatching(new RegExp(`^comment:\\d+ below post:${String(post['id'])} of alice$`)),
      'page:s/g of alice',
      `post:${String(post['id'])} below blog:${String(made['id'])} of bob`,
    ]);
  });

  it('gives back what was asked for, and no more', async () => {
    const made = await asAlice(() => prisma.post.create({ data: { id: 'p', title: 'one' }, select: { title: true } }));
    expect(made).toEqual({ title: 'one' });
    const changed = await asAlice(() =>
      prisma.post.update({ where: { id: 'p' }, data: { status: 'open' }, omit: { id: true, status: true } }),
    );
    expect(changed).toEqual({ title: 'one', writer: null, blogId: null });
    expect(await blog.attributesOf('p')).toEqual({ status: 'open', title: 'one' });
    const all = await asAlice(() =>
      prisma.post.createManyAndReturn({ data: [{ id: 'q', title: 'two' }], select: { status: true } }),
    );
    expect(all).toEqual([{ status: 'draft' }]);
    const withBlog = await asAlice(() =>
      prisma.post.delete({ where: { id: 'q' }, include: { blog: true, tags: true } }),
    );
    expect(withBlog).toEqual({
      id: 'q',
      title: 'two',
      status: 'draft',
      writer: null,
      blogId: null,
      blog: null,
      tags: [],
    });
    expect(await objects()).toEqual(['post:p of alice']);
  });

  it('has its objects follow an update, to another place as well', async () => {
    const [one, other] = await asAlice(() =>
      prisma.blog.createManyAndReturn({ data: [{ name: 'one' }, { name: 'other' }] }),
    );
    await asAlice(() => prisma.post.create({ data: { id: 'p', title: 't', blogId: one?.['id'] } }));
    await asAlice(() =>
      prisma.post.update({ where: { id: 'p' }, data: { title: 'u', blog: { connect: { id: other?.['id'] } } } }),
    );
    expect(await objects()).toContain(`post:p below blog:${String(other?.['id'])} of alice`);
    await asAlice(() => prisma.post.updateManyAndReturn({ where: {}, data: { blogId: null, status: 'open' } }));
    expect(await objects()).toContain('post:p of alice');
    expect(await blog.attributesOf('p')).toEqual({ status: 'open', title: 'u' });
    const changes = await app.rows('SELECT count(*) FROM castellan.changes');
    await asAlice(() => prisma.post.update({ where: { id: 'p' }, data: { writer: 'user:bob' } }));
    expect(await app.rows('SELECT count(*) FROM castellan.changes')).toEqual(changes);
    expect(await asAlice(() => prisma.blog.updateMany({ data: { name: 'same' } }))).toEqual({ count: 2 });
  });

  it('tells by an upsert whether the row was there', async () => {
    const upsert = (title: string): Promise<unknown> =>
      prisma.post.upsert({ where: { id: 'p' }, create: { id: 'p', title }, update: { title } });
    await asAlice(() => upsert('made'));
    expect(await objects()).toEqual(['post:p of alice']);
    await castellan.as(bob, () => upsert('changed'));
    expect(await objects()).toEqual(['post:p of alice']);
    expect(await blog.attributesOf('p')).toEqual({ status: 'draft', title: 'changed' });
    await app.prisma.post.create({ data: { id: 'old', title: 'from before' } });
    await castellan.as(bob, () =>
      prisma.post.upsert({ where: { id: 'old' }, create: { id: 'old', title: 'x' }, update: { title: 'taken over' } }),
    );
    expect(await objects()).toEqual(['post:p of alice']);
    await app.prisma.post.deleteMany({ where: { id: 'old' } });
  });

  it('has many rows registered and removed at once, whichever way round they stand', async () => {
    const data = [3, 2, 1].map((id) => ({ id, parentId: id === 1 ? null : id - 1 }));
    await asAlice(() => prisma.folder.createManyAndReturn({ data }));
    expect(await objects()).toEqual([
      'folder:1 of alice',
      'folder:2 below folder:1 of alice',
      'folder:3 below folder:2 of alice',
    ]);
    expect(await asAlice(() => prisma.folder.deleteMany({ where: { id: { gte: 2 } } }))).toEqual({ count: 2 });
    expect(await objects()).toEqual(['folder:1 of alice']);
    expect(await asAlice(() => prisma.folder.deleteMany({ where: { id: 7 } }))).toEqual({ count: 0 });
    expect(await asAlice(() => prisma.folder.deleteMany({ limit: 1 }))).toEqual({ count: 1 });
    await asAlice(() =>
      prisma.page.createManyAndReturn({
        data: [
          { site: 'a', slug: 'x' },
          { site: 'a', slug: 'y' },
          { site: 'b', slug: 'x' },
        ],
      }),
    );
    await asAlice(() => prisma.page.deleteMany({ where: { site: 'a' } }));
    expect(await objects()).toEqual(['page:b/x of alice']);
  });

  it('skips the duplicates that the database skips', async () => {
    await asAlice(() => prisma.post.create({ data: { id: 'p', title: 'first' } }));
    const made = await castellan.as(bob, () =>
      prisma.post.createManyAndReturn({
        data: ['p', 'q'].map((id) => ({ id, title: 'second' })),
        skipDuplicates: true,
      }),
    );
    expect(made.map(({ id }) => id)).toEqual(['q']);
    expect(await objects()).toEqual(['post:p of alice', 'post:q of bob']);
  });

  it('leaves what was never registered as it is', async () => {
    await app.prisma.post.create({ data: { id: 'old', title: 'from before' } });
    await asAlice(() => prisma.post.update({ where: { id: 'old' }, data: { title: 'changed' } }));
    expect(await objects()).toEqual([]);
    await asAlice(() => prisma.post.delete({ where: { id: 'old' } }));
    expect(await app.prisma.post.count()).toBe(0);
  });

  it('takes what is below along where the database does so, if it says so', async () => {
    const models = {
      Post: { type: 'post', cascade: true },
      Comment: { type: 'comment', parent: (row: { postId: string }) => `post:${row.postId}` },
    };
    const cascading = app.prisma.$extends(castellan({ authz: app, models }));
    const make = async (): Promise<void> => {
      await prisma.post.create({ data: { id: 'p', title: 't' } });
      await prisma.comment.create({ data: { text: 'c', postId: 'p' } });
    };
    await asAlice(make);
    await expect(asAlice(() => prisma.post.delete({ where: { id: 'p' } }))).rejects.toThrow(/objects below this post/);
    expect(await app.prisma.comment.count()).toBe(1);
    await asAlice(() => cascading.post.delete({ where: { id: 'p' } }));
    expect([await app.prisma.comment.count(), await objects()]).toEqual([0, []]);
    await asAlice(make);
    await asAlice(() => cascading.post.deleteMany());
    expect([await app.prisma.comment.count(), await objects()]).toEqual([0, []]);
  });

  it('is read, and written from other models, as before', async () => {
    await asAlice(() => prisma.post.create({ data: { id: 'p', title: 't', tags: { create: { name: 'a' } } } }));
    await prisma.tag.create({ data: { name: 'b', posts: { connect: { id: 'p' } } } });
    expect(await prisma.post.findMany({ include: { tags: { orderBy: { id: 'asc' } } } })).toMatchObject([
      { id: 'p', tags: [{ name: 'a' }, { name: 'b' }] },
    ]);
    expect(await prisma.post.count()).toBe(1);
    await prisma.tag.deleteMany();
  });
});

describe('in a transaction of the app', () => {
  it('objects stand or fall with all that is done in it', async () => {
    const rolledBack = asAlice(() =>
      prisma.$transaction(async (tx) => {
        const made = await tx.blog.create({ data: { name: 'b' } });
        await tx.post.create({ data: { id: 'p', title: 't', blogId: made['id'] } });
        await app.with(tx, alice).grants.create([{ subject: bob, permission: 'post:view', object: 'post:p' }]);
        expect(await app.with(tx, bob).check('view', 'post:p')).toBe(true);
        expect(await app.may('alice', 'view', 'post', 'p')).toBe(false);
        throw new Error('after all, no');
      }),
    );
    await expect(rolledBack).rejects.toThrow('after all, no');
    expect(await objects()).toEqual([]);
    expect(await app.prisma.post.count()).toBe(0);
    await asAlice(() =>
      prisma.$transaction(async (tx) => {
        await Promise.all(['p', 'q', 'r'].map((id) => tx.post.create({ data: { id, title: 't' } })));
        await tx.post.delete({ where: { id: 'q' } });
      }),
    );
    expect(await objects()).toEqual(['post:p of alice', 'post:r of alice']);
  });

  it('a refusal can not be passed over, and rows kept without their objects', async () => {
    const passedOver = asAlice(() =>
      prisma.$transaction(async (tx) => {
        await tx.blog.create({ data: { name: 'b' } });
        await tx.post.create({ data: { id: 'p', title: 't', writer: 'user:nobody' } }).catch(() => {});
        await tx.blog.create({ data: { name: 'c' } });
      }),
    );
    await expect(passedOver).rejects.toThrow(/aborted/);
    const lastThing = asAlice(() =>
      prisma.$transaction((tx) =>
        tx.post.create({ data: { id: 'p', title: 't', writer: 'user:nobody' } }).catch(() => null),
      ),
    );
    await lastThing.catch(() => {});
    expect(await app.prisma.blog.count()).toBe(0);
    expect(await app.prisma.post.count()).toBe(0);
    expect(await objects()).toEqual([]);
  });

  it('a part that is rolled back takes its objects along', async () => {
    await asAlice(() =>
      prisma.$transaction(async (tx) => {
        await tx.post.create({ data: { id: 'p', title: 't' } });
        const inner = (tx as BlogClient).$transaction(async (part) => {
          await part.post.create({ data: { id: 'q', title: 't' } });
          throw new Error('not this part');
        });
        await expect(inner).rejects.toThrow('not this part');
      }),
    );
    expect(await objects()).toEqual(['post:p of alice']);
    expect((await app.prisma.post.findMany()).map(({ id }) => id)).toEqual(['p']);
  });
});

describe('beside other extensions', () => {
  it('rows and objects are written once', async () => {
    const seen: string[] = [];
    const telling = (name: string) => ({
      query: {
        $allModels: {
          $allOperations: ({
            operation,
            args,
            query,
          }: {
            operation: string;
            args: object;
            query(this: void, args: object): unknown;
          }) => {
            seen.push(`${name} ${operation}`);
            return query(args);
          },
        },
      },
    });
    const models = { Post: { type: 'post' } };
    const client = app.prisma
      .$extends(telling('before'))
      .$extends(castellan({ authz: app, models }))
      .$extends(telling('after'))
      .$extends({
        result: { post: { shout: { needs: { title: true }, compute: (row: { title: string }) => `${row.title}!` } } },
      });
    const row = await asAlice(() => client.post.create({ data: { id: 'p', title: 'hey' }, select: { shout: true } }));
    expect({ ...row }).toMatchObject({ shout: 'hey!' });
    expect(Object.keys(row)).toEqual(['shout']);
    expect(seen).toEqual(['before create', 'after create']);
    expect(await objects()).toEqual(['post:p of alice']);
  });
});
