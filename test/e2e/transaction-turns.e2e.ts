import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CastellanError } from '../../src/core/errors.js';
import { castellan } from '../../src/embed/prisma-extension.js';
import { openBlogApp, type BlogApp } from '../support/blog/blog-app.js';
import { closeSound } from '../support/blog/close-sound.js';
import type { BlogClient, BlogTransaction, Row } from '../support/blog/blog-client.js';

const alice = 'user:alice';
const post = { type: 'post', id: 'p' };

let app: BlogApp;
beforeAll(async () => {
  app = await openBlogApp();
});
afterAll(() => closeSound(app));

const outcomeOf = (made: Promise<unknown>): Promise<string> =>
  made.then(
    () => 'made',
    (error: unknown) => (error as CastellanError).code,
  );

describe('two clients of one transaction', () => {
  it('take turns, so that what one finds free the other does not', async () => {
    const outcomes = await app.prisma.$transaction((tx) =>
      (tx as BlogClient).$transaction((part) =>
        Promise.all([tx, part].map((client) => outcomeOf(app.with(client, alice).objects.create(post)))),
      ),
    );
    expect(outcomes).toEqual(['made', 'already_exists']);
    await app.prisma.$transaction((tx) => app.with(tx, alice).objects.delete(post));
  });

  it('take turns where one is that of the extension', async () => {
    const outcomes: string[] = [];
    let own: Promise<string> | undefined;
    let registering: BlogTransaction | undefined;
    // Begins as soon as the row is there: at the very moment at which the extension registers it.
    const atOnce = async ({ args, query }: { args: Row; query(this: void, args: Row): Promise<Row> }): Promise<Row> => {
      const row = await query(args);
      own = registering && outcomeOf(app.with(registering, alice).objects.create(post));
      return row;
    };
    const client = app.prisma
      .$extends(castellan({ authz: { with: (tx) => app.with(tx) }, models: { Post: { type: 'post' } } }))
      .$extends({ query: { post: { create: atOnce } } });
    const refused = castellan.as(alice, () =>
      client.$transaction(async (tx) => {
        registering = tx;
        outcomes.push(await outcomeOf(tx.post.create({ data: { id: 'p', title: 't' } })));
        outcomes.push(String(await own));
        throw new Error('seen enough');
      }),
    );
    await expect(refused).rejects.toThrow('seen enough');
    expect(outcomes).toEqual(['already_exists', 'made']);
  });
});
