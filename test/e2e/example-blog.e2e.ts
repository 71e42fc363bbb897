import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import supertest from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { prismaView } from '../../src/app/prisma-view.js';
import { castellan } from '../../src/embed/prisma-extension.js';
import { PASSWORD, PLATFORMS, startExampleBlog, type Client, type ExampleBlog } from '../support/example-blog.js';
import { runCurlLines } from '../support/readme-commands.js';
import { temporaryFolder } from '../support/temporary-folder.js';

describe.each(PLATFORMS)('the example blog on %s', (platform) => {
  let blog: ExampleBlog;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let dave: Client;

  beforeAll(async () => {
    blog = await startExampleBlog(platform);
    alice = await blog.as('alice');
    bob = await blog.as('bob');
    carol = await blog.as('carol');
    dave = await blog.as('dave');
  });
  afterAll(() => blog.stop());

  // alice makes post 123, and bob post 456.
  beforeEach(async () => {
    await castellan.as('service:test', () => blog.prisma.post.deleteMany());
    await alice.post('/posts').send({ id: '123', title: 'Hello from Alice' }).expect(201);
    await bob.post('/posts').send({ id: '456', title: 'Hello from Bob' }).expect(201);
  });

  const list = async (client: Client, query = ''): Promise<string[]> => {
    const { status, body } = await client.get(`/posts${query}`);
    expect(status).toBe(200);
    return (body as { items: { id: string }[] }).items.map(({ id }) => id);
  };

  it('shows each user the own posts, and nobody else’s', async () => {
    expect(await list(alice)).toEqual(['123']);
    expect(await list(bob)).toEqual(['456']);
    expect(await list(dave)).toEqual([]);
    await alice.get('/posts/123').expect(200);
    await bob.get('/posts/456').expect(200);
  });

  it('lets each user change and delete the own posts only', async () => {
    await alice.patch('/posts/123').send({ title: 'Mine' }).expect(200);
    await alice.get('/posts/456').expect(404);
    await alice.patch('/posts/456').send({ title: 'Mine, too' }).expect(404);
    await alice.delete('/posts/456').expect(404);
    await bob.delete('/posts/456').expect(204);
    expect((await blog.prisma.post.findMany()).map(({ id, title }) => [id, title])).toEqual([['123', 'Mine']]);
  });

  it('tells nobody what is hidden from what is not there', async () => {
    const hidden = await alice.get('/posts/456').expect(404);
    const missing = await alice.get('/posts/there-is-none').expect(404);
    expect(hidden.body).toEqual(missing.body);
    await carol.get('/posts/there-is-none').expect(404);
    await carol.patch('/posts/there-is-none').send({ title: 'New' }).expect(404);
  });

  it('lets an editor see and change every post, and delete none', async () => {
    expect(await list(carol)).toEqual(['456', '123']);
    await carol.patch('/posts/456').send({ title: 'Edited' }).expect(200);
    await carol.delete('/posts/456').expect(403);
    expect((await carol.get('/posts/456')).body).toMatchObject({ title: 'Edited', actions: ['view', 'add', 'change'] });
    expect((await bob.get('/posts/456')).body).toMatchObject({ actions: ['view', 'add', 'change', 'delete', 'grant'] });
  });

  it('asks whoever has not signed in to do so, on every route', async () => {
    for (const path of [
      '/posts',
      '/posts/123',
      '/posts/there-is-none',
      '/profiles/alice',
      '/announcements',
      '/session',
    ]) {
      const answer = await blog.anonymous.get(path);
      expect([path, answer.status, answer.headers['www-authenticate']]).toEqual([path, 401, 'Basic realm="blog"']);
    }
    await blog.anonymous.post('/posts').send({ title: 'Nobody’s' }).expect(401);
    await blog.anonymous.patch('/posts/123').send({ title: 'Nobody’s' }).expect(401);
    await blog.anonymous.delete('/posts/123').expect(401);
  });

  it('signs in by Basic', async () => {
    await blog.anonymous.get('/posts/123').auth('alice', PASSWORD).expect(200);
    await blog.anonymous.get('/posts/123').auth('bob', PASSWORD).expect(404);
    await blog.anonymous.get('/posts/123').auth('alice', 'a guess').expect(401);
    await blog.anonymous.get('/posts/123').auth('nobody', PASSWORD).expect(401);
  });

  it('signs in by a session, which ends when the user signs out', async () => {
    const agent = supertest.agent(blog.app.getHttpServer() as Parameters<typeof supertest>[0]);
    await agent.post('/session').send({ username: 'alice', password: 'a guess' }).expect(401);
    const { headers } = await agent.post('/session').send({ username: 'alice', password: PASSWORD }).expect(201);
    expect(headers['set-cookie']?.[0]).toMatch(/^blog_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect((await agent.get('/session').expect(200)).body).toEqual({ id: 'alice' });
    const [cookie = ''] = (headers['set-cookie']?.[0] ?? '').split(';');
    await agent.delete('/session').expect(204);
    await agent.get('/session').expect(401);
    await blog.anonymous.get('/posts/123').set('Cookie', cookie).expect(401);
  });

  it('shows and changes the own profile only', async () => {
    expect((await alice.get('/profiles/alice').expect(200)).body).toMatchObject({ userId: 'alice', name: 'alice' });
    expect((await alice.patch('/profiles/alice').send({ city: 'Antwerp' }).expect(200)).body).toMatchObject({
      city: 'Antwerp',
    });
    for (const client of [bob, carol]) {
      await client.get('/profiles/alice').expect(404);
      await client.patch('/profiles/alice').send({ city: 'Bergen' }).expect(404);
    }
    expect(await blog.prisma.profile.findUnique({ where: { userId: 'alice' } })).toMatchObject({ city: 'Antwerp' });
  });

  it('lists a page at a time, the newest first, with filters and an exact count', async () => {
    for (let n = 1; n <= 5; n += 1) {
      const [status, title] = n % 2 === 0 ? ['published', `About Bees ${n}`] : ['draft', `About ants ${n}`];
      await alice
        .post('/posts')
        .send({ id: `p${n}`, title, status, body: `${n} words` })
        .expect(201);
    }
    expect(await list(alice, '?pageSize=4')).toEqual(['p5', 'p4', 'p3', 'p2']);
    expect((await alice.get('/posts?pageSize=4&page=2')).body).toMatchObject({
      items: [{ id: 'p1' }, { id: '123' }],
      page: 2,
      pages: 2,
      total: 6,
    });
    expect(await list(alice, '?pageSize=4&page=3')).toEqual([]);
    expect(await list(alice, '?status=published')).toEqual(['p4', 'p2']);
    expect(await list(alice, '?text=bees')).toEqual(['p4', 'p2']);
    expect(await list(alice, '?text=3%20WORDS')).toEqual(['p3']);
    expect(await list(alice, '?status=draft&text=bees')).toEqual([]);
    // What is not the caller's is on no page, whatever is filtered for.
    expect((await bob.get('/posts?text=bees&status=published')).body).toEqual({
      items: [],
      page: 1,
      pages: 0,
      total: 0,
    });
    expect((await bob.get('/posts')).body).toMatchObject({ items: [{ id: '456' }], total: 1 });
    await alice.get('/posts?page=0').expect(400);
    await alice.get('/posts?colour=red').expect(400);
  });

  it('shows by a role with a condition, one by one and in lists, what is published', async () => {
    await dave.get('/posts/123').expect(404);
    await alice.patch('/posts/123').send({ status: 'published' }).expect(200);
    await dave.get('/posts/123').expect(200);
    expect(await list(dave)).toEqual(['123']);
    await dave.patch('/posts/123').send({ title: 'Dave’s' }).expect(403);
    await alice.patch('/posts/123').send({ status: 'draft' }).expect(200);
    await dave.get('/posts/123').expect(404);
    expect(await list(dave)).toEqual([]);
  });

  it('shows a post to whom it is shared with in the very next list, and no longer when it is taken back', async () => {
    await alice.put('/posts/123/readers/bob').expect(204);
    expect(await list(bob)).toEqual(['456', '123']);
    await bob.patch('/posts/123').send({ title: 'Bob’s' }).expect(403);
    await bob.put('/posts/123/readers/dave').expect(403);
    await dave.put('/posts/123/readers/dave').expect(404);
    await alice.delete('/posts/123/readers/bob').expect(204);
    expect(await list(bob)).toEqual(['456']);
  });

  it('shares from the beginning what is created so', async () => {
    await alice
      .post('/posts')
      .send({ id: 'shared', title: 'For Bob', sharedWith: ['bob'] })
      .expect(201);
    expect(await list(bob)).toEqual(['shared', '456']);
  });

  it('leaves nothing of a create that fails half way', async () => {
    const objects = (id: string): Promise<unknown> => blog.arrange((unit) => unit.objects.find({ type: 'post', id }));
    const half = { id: 'half', title: 'For Bob and a ghost', sharedWith: ['bob', 'ghost'] };
    const { body, status } = await alice.post('/posts').send(half);
    expect([status, (body as { code: string }).code]).toEqual([422, 'unknown_reference']);
    expect(await blog.prisma.post.findUnique({ where: { id: 'half' } })).toBeNull();
    expect(await objects('half')).toBeNull();
    expect(await list(bob)).toEqual(['456']);
    // And what is left of it stands in nobody's way.
    await alice
      .post('/posts')
      .send({ ...half, sharedWith: ['bob'] })
      .expect(201);
    expect(await objects('half')).toMatchObject({ id: 'half' });
  });

  it('refuses an id that is taken, and changes nothing of who may see it', async () => {
    await bob.post('/posts').send({ id: '123', title: 'Bob’s now' }).expect(409);
    await bob.get('/posts/123').expect(404);
    await bob.post('/posts').send({ id: 'a/b', title: 'Bob’s' }).expect(400);
    expect((await alice.get('/posts/123')).body).toMatchObject({ title: 'Hello from Alice', authorId: 'alice' });
  });

  it('does what its README says', async () => {
    await castellan.as('service:test', () => blog.prisma.post.deleteMany());
    const { port } = (blog.app.getHttpServer() as Server).address() as AddressInfo;
    const replaced = { 'http://127.0.0.1:4000': `http://127.0.0.1:${port}`, 'only-for-trying-out': `'${PASSWORD}'` };
    const folder = await temporaryFolder('blog-readme');
    const outcomes = await runCurlLines(
      new URL('../../examples/blog/README.md', import.meta.url),
      replaced,
      folder.path,
    );
    await folder.remove();
    expect(outcomes.length).toBeGreaterThan(15);
    for (const { line, status, body, expected } of outcomes) {
      expect([line, status]).toEqual([line, expected.status]);
      for (const said of expected.says) expect(body, line).toContain(said);
    }
  });

  it('starts a post that is made anew under an old id with no grants', async () => {
    await alice.put('/posts/123/readers/bob').expect(204);
    await alice.delete('/posts/123').expect(204);
    await carol.post('/posts').send({ id: '123', title: 'Carol’s' }).expect(201);
    await bob.get('/posts/123').expect(404);
    await alice.get('/posts/123').expect(404);
    expect(await list(alice)).toEqual([]);
  });
});

describe('the example blog', () => {
  const migration = readFileSync(
    new URL('../../examples/blog/prisma/migrations/20261201090100_access/migration.sql', import.meta.url),
    'utf8',
  );
  const schema = readFileSync(new URL('../../examples/blog/prisma/schema.prisma', import.meta.url), 'utf8');

  it.each([
    ['post', 'text'],
    ['announcement', 'int'],
  ] as const)('has for its type %s what castellan prisma view prints', (type, idType) => {
    const view = prismaView({ type, idType });
    expect(migration.includes(view.migration)).toBe(true);
    const [, model = ''] = /^(\/\/\/ Who has access[^]*)/m.exec(view.schema) ?? [];
    expect(model).toContain(`view `);
    expect(schema).toContain(model.trim());
  });
});
