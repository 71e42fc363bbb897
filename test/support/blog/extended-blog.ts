import { castellan } from '../../../src/embed/prisma-extension.js';
import { openBlogApp, type BlogApp } from './blog-app.js';
import type { BlogClient } from './blog-client.js';

/** The app with the extension, which declares all of its models but the tags: users as users, the rest as objects. */
export interface ExtendedBlog {
  readonly app: BlogApp;
  readonly prisma: BlogClient;
  /** Every object of the app's types: itself, what it is below, and who holds grants on it. */
  objects(): Promise<string[]>;
  attributesOf(id: string): Promise<unknown>;
  /** Removes all rows and objects. */
  clear(): Promise<void>;
}

interface PostRow {
  readonly title: string;
  readonly status: string;
  readonly writer: string | null;
  readonly blogId: number | null;
}

const models = {
  Blog: { type: 'blog' },
  Post: {
    type: 'post',
    parent: (row: PostRow) => (row.blogId === null ? null : `blog:${row.blogId}`),
    creator: (row: PostRow) => row.writer ?? undefined,
    attributes: ({ status, title }: PostRow) => ({ status, title }),
  },
  Comment: { type: 'comment', parent: (row: { postId: string }) => `post:${row.postId}` },
  Page: {
    type: 'page',
    key: ['site', 'slug'],
    id: (row: { site: string; slug: string }) => `${row.site}/${row.slug}`,
  },
  Folder: {
    type: 'folder',
    parent: (row: { parentId: number | null }) => (row.parentId === null ? null : `folder:${row.parentId}`),
  },
};

interface UserRow {
  readonly login: string;
  readonly email: string | null;
  readonly banned: boolean;
  readonly admin: boolean;
  readonly department: string | null;
}

const users = {
  subject: 'user' as const,
  username: (row: UserRow) => row.login,
  email: (row: UserRow) => row.email,
  active: (row: UserRow) => !row.banned,
  superuser: (row: UserRow) => row.admin,
  attributes: ({ department }: UserRow) => ({ department }),
};

const OBJECTS = `
  SELECT t.name || ':' || o.external_id || coalesce(' below ' || pt.name || ':' || p.external_id, '')
    || coalesce(' of ' || (SELECT string_agg(DISTINCT s.external_id, ',') FROM castellan.grants g
      JOIN castellan.subjects s ON s.id = g.subject_id WHERE g.object_id = o.id), '') AS object
  FROM castellan.objects o JOIN castellan.types t ON t.id = o.type_id AND NOT t.built_in
  LEFT JOIN castellan.objects p ON p.id = o.parent_id LEFT JOIN castellan.types pt ON pt.id = p.type_id
  ORDER BY t.name, o.external_id`;

export async function openExtendedBlog(options: Readonly<Record<string, unknown>> = {}): Promise<ExtendedBlog> {
  const app = await openBlogApp(options);
  const transaction = { timeout: 20_000, maxWait: 10_000 };
  const prisma = app.prisma.$extends(castellan({ authz: app, models: { ...models, User: users }, transaction }));
  return {
    app,
    prisma,
    objects: async () => (await app.rows(OBJECTS)).map(({ object }) => String(object)),
    attributesOf: async (id) =>
      (await app.rows(`SELECT attributes FROM castellan.objects WHERE external_id = '${id}'`))[0]?.['attributes'],
    clear: async () => {
      for (const model of ['comment', 'post', 'blog', 'page', 'folder', 'tag'] as const)
        await castellan.as('user:alice', () => prisma[model].deleteMany());
    },
  };
}
