import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTransaction, type AuthzTransaction } from '../../src/embed/transaction.js';
import { openBlogApp, type BlogApp } from '../support/blog/blog-app.js';
import { drivers } from '../support/blog/drivers.js';

const alice = { type: 'user', id: 'alice' };
const bob = { type: 'user', id: 'bob' };

let app: BlogApp;
beforeAll(async () => {
  app = await openBlogApp();
});
afterAll(() => app.close());

describe.each(drivers)('a transaction of the app over $name', (driver) => {
  let number = 0;
  const newId = (): string => `${driver.name}-${(number += 1)}`;
  const insert = (id: string): string => `INSERT INTO "Post" (id, title) VALUES ('${id}', 'of ${id}')`;
  const posts = async (id: string): Promise<number> =>
    (await app.rows(`SELECT 1 FROM "Post" WHERE id = '${id}'`)).length;

  it('decides on nothing that is half done', async () => {
    const [root, one, other, post] = [newId(), newId(), newId(), newId()];
    await driver.transaction(app, async (tx) => {
      const { objects, grants } = app.with(tx.client, alice);
      await objects.create({ type: 'blog', id: root });
      for (const id of [one, other]) await objects.create({ type: 'blog', id, parent: `blog:${root}` });
      await objects.create({ type: 'post', id: post, parent: `blog:${one}` });
      await grants.create([
        { subject: bob, permission: 'post:view' },
        { subject: bob, permission: 'post:view', object: `blog:${root}`, effect: 'deny' },
      ]);
    });
    await driver.transaction(app, async (tx) => {
      let moving = true;
      const seen = new Set<boolean>();
      const move = app.with(tx.client, alice).objects.update(`post:${post}`, { parent: `blog:${other}` });
      const moved = move.finally(() => {
        moving = false;
      });
      while (moving) seen.add(await app.with(tx.client, bob).check('view', `post:${post}`));
      await moved;
      expect([...seen]).toEqual([false]);
    });
  });

  it.each(['RepeatableRead', 'Serializable'] as const)(
    'is refused in %s, where it would not see what others wrote',
    async (isolation) => {
      const post = newId();
      const before = await app.contents();
      const refused = driver.transaction(
        app,
        async (tx) => {
          await tx.sql(insert(post));
          await app.with(tx.client, alice).objects.create({ type: 'post', id: post });
        },
        isolation,
      );
      await expect(refused).rejects.toMatchObject({
        code: 'internal',
        detail: expect.stringContaining('READ COMMITTED'),
      });
      expect(await posts(post)).toBe(0);
      expect(await app.contents()).toEqual(before);
    },
  );

  it('has the settings of its connection as they were', async () => {
    const settings = `SELECT name, setting FROM pg_settings WHERE name <> 'transaction_isolation' ORDER BY name`;
    await driver.transaction(app, async (tx) => {
      const before = await tx.sql(settings);
      const authz = app.with(tx.client, alice);
      await authz.objects.create({ type: 'post', id: newId() });
      await authz.check('view', 'post:x');
      expect(await tx.sql(settings)).toEqual(before);
    });
  });

  it('leaves nothing when its connection breaks half way', async () => {
    const before = await app.contents();
    const post = newId();
    const broken = driver.transaction(app, async (tx) => {
      await tx.sql(insert(post));
      await app.with(tx.client, alice).objects.create({ type: 'post', id: post });
      const [row] = (await tx.sql('SELECT pg_backend_pid() AS pid')) as { pid: number }[];
      await app.rows(`SELECT pg_terminate_backend(${row?.pid})`);
      await app.with(tx.client, alice).objects.create({ type: 'post', id: `${post}-more` });
    });
    await expect(broken).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(await app.contents()).toEqual(before);
    expect(await posts(post)).toBe(0);
  });

  it('says so when an error of the app’s own has ended it', async () => {
    const after = driver.transaction(app, async (tx) => {
      await tx.sql('SELECT 1/0').catch(() => {});
      await app.with(tx.client, alice).objects.create({ type: 'post', id: newId() });
    });
    await expect(after).rejects.toMatchObject({ code: 'internal', detail: expect.stringContaining('roll it back') });
  });
});

describe('what is no transaction', () => {
  it.each(['a client of pg', 'a pool of pg', 'a Prisma client'])('is refused: %s', async (what) => {
    const before = await app.contents();
    const pool = new pg.Pool({ connectionString: app.databaseUrl });
    const client = what === 'a pool of pg' ? pool : what === 'a client of pg' ? await app.connect() : app.prisma;
    const { objects } = app.with(client, alice);
    await expect(objects.create({ type: 'post', id: '1' })).rejects.toMatchObject({
      code: 'internal',
      detail: expect.stringContaining('not inside a transaction'),
    });
    await pool.end();
    expect(await app.contents()).toEqual(before);
  });

  it('is refused: anything else', () => {
    expect(() => openTransaction({} as never, { author: { subject: alice, operator: false, requestId: '' } })).toThrow(
      /takes a Prisma interactive transaction/,
    );
  });

  it('is refused when it can only be read in', async () => {
    const client = await app.connect();
    await client.query('BEGIN READ ONLY');
    await expect(app.with(client, alice).objects.create({ type: 'post', id: '1' })).rejects.toMatchObject({
      detail: expect.stringContaining('read-only'),
    });
    await client.query('ROLLBACK');
  });

  it('is refused on a client whose transaction has ended, by the same hand', async () => {
    const client = await app.connect();
    await client.query('BEGIN');
    const authz = app.with(client, alice);
    await authz.objects.create({ type: 'post', id: 'in time' });
    await client.query('COMMIT');
    await expect(authz.objects.create({ type: 'post', id: 'too late' })).rejects.toMatchObject({ code: 'internal' });
    expect(
      await app.rows(
        `SELECT external_id FROM castellan.objects WHERE external_id LIKE '%t%ime' OR external_id = 'too late'`,
      ),
    ).toEqual([{ external_id: 'in time' }]);
  });
});

describe('a database role of the app’s own', () => {
  const role = `app_${randomUUID().replaceAll('-', '')}`;
  const documented = readFileSync(new URL('../../docs/transactions.md', import.meta.url), 'utf8');
  const [grants = '', userGrants = ''] = [...documented.matchAll(/```sql\n(GRANT [^`]*)```/g)].map(([, block = '']) =>
    block.replaceAll(/\bTO app\b/g, `TO ${role}`),
  );

  beforeAll(async () => {
    await app.rows(`CREATE ROLE ${role} LOGIN PASSWORD 'app'; GRANT SELECT, INSERT ON "Post" TO ${role}`);
  });
  afterAll(() => app.rows(`DROP OWNED BY ${role}; DROP ROLE ${role}`));

  /** Works in a transaction of the role's own. */
  async function asRole(work: (client: pg.Client) => Promise<void>): Promise<void> {
    const client = new pg.Client(app.databaseUrl);
    await client.connect();
    await client.query(`SET SESSION AUTHORIZATION ${role}`);
    await client.query('BEGIN');
    try {
      await work(client);
      await client.query('COMMIT');
    } finally {
      await client.end();
    }
  }

  /** Does all that a transaction can do to objects and grants. */
  const doAll = (id: string): Promise<void> =>
    asRole(async (client) => {
      const { objects, grants: rules, check } = bound(app.with(client, alice));
      await client.query(`INSERT INTO "Post" (id, title) VALUES ('${id}', 't')`);
      await objects.create({ type: 'blog', id });
      await objects.create({ type: 'post', id, parent: `blog:${id}`, attributes: { a: 1 } });
      await objects.create({ type: 'comment', id, parent: `post:${id}` });
      const [made] = await rules.create([{ subject: 'user:bob', permission: 'post:view', object: `post:${id}` }]);
      expect(await check('view', `post:${id}`, { subject: 'user:bob' })).toBe(true);
      await rules.delete(made?.record.id ?? '');
      await objects.update(`post:${id}`, { parent: null, attributes: {} });
      await objects.delete(`post:${id}`, { cascade: true });
      await objects.delete(`blog:${id}`);
    });

  /** Does all that a transaction can do to users and groups. */
  const doAllToUsers = (id: string): Promise<void> =>
    asRole(async (client) => {
      const { users, groups } = app.with(client, alice);
      await users.create({ id, attributes: { a: 1 } });
      await groups.addMember('members', `user:${id}`);
      await users.update(id, { username: `${id} renamed`, attributes: {} });
      await users.update(id, { active: false });
      await groups.removeMember('members', `user:${id}`);
      await users.delete(id);
    });
  const bound = (authz: AuthzTransaction): Pick<AuthzTransaction, 'objects' | 'grants' | 'check'> => ({
    objects: authz.objects,
    grants: authz.grants,
    check: (...asked) => authz.check(...asked),
  });

  it('is told which privileges it lacks, and needs no more than are documented', async () => {
    await expect(doAll('without')).rejects.toMatchObject({
      code: 'internal',
      detail: expect.stringMatching(/docs\/transactions\.md|no tables/),
    });
    await app.rows(grants);
    await doAll('with');
    expect((await app.rows(`SELECT id FROM "Post" WHERE id LIKE 'with%'`)).map(({ id }) => id)).toEqual(['with']);
    const forbidden = ['credentials', 'sessions', 'settings', 'changes'];
    for (const table of forbidden)
      await expect(app.rows(`SET ROLE ${role}; SELECT 1 FROM castellan.${table}`)).rejects.toMatchObject({
        code: '42501',
      });
  });

  it('needs each of the privileges that are documented', async () => {
    expect(await needless(grants, doAll)).toEqual([]);
  });

  it('needs some more for users and groups, of which passwords and sessions can’t be read', async () => {
    await app.arrange((unit) => unit.groups.create({ id: 'members', description: null }));
    await app.rows(grants);
    await expect(doAllToUsers('without')).rejects.toMatchObject({
      code: 'internal',
      detail: expect.stringContaining('docs/transactions.md'),
    });
    await app.rows(userGrants);
    await doAllToUsers('with');
    const changes = `SELECT count(*)::int AS count FROM castellan.changes WHERE target_type = 'user' AND target_id = 'with'`;
    expect(await app.rows(changes)).toEqual([{ count: 4 }]);
    for (const column of ['credentials.password_hash', 'credentials.version', 'sessions.sid', 'sessions.sess'])
      await expect(
        app.rows(`SET ROLE ${role}; SELECT ${column} FROM castellan.${column.split('.')[0]}`),
      ).rejects.toMatchObject({ code: '42501' });
    expect(await needless(userGrants, doAllToUsers)).toEqual([]);
  });

  /** Those of the statements without which the work is done as well. */
  async function needless(block: string, work: (id: string) => Promise<void>): Promise<string[]> {
    const statements = block
      .split(';')
      .map((statement) => statement.trim())
      .filter((statement) => statement !== '');
    expect(statements.length).toBeGreaterThan(4);
    const passed: string[] = [];
    for (const [index, statement] of statements.entries()) {
      await app.rows(block);
      await app.rows(statement.replace(/^GRANT/, 'REVOKE').replace(/ TO (\w+)$/, ' FROM $1'));
      const outcome = await work(`lacking ${index}`).catch((error: unknown) => error);
      if (outcome === undefined) passed.push(statement);
      else expect(outcome).toMatchObject({ code: 'internal' });
    }
    return passed;
  }
});
