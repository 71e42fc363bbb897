import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { contentsOf } from '../support/contents.js';
import { expectRefusal } from '../support/problem.js';
import { query } from '../support/query.js';
import { rawRequest } from '../support/raw-request.js';
import { startTestService, type TestService } from '../support/service.js';

const me = '/api/v1/auth/me';
const LATER = '2999-01-01T00:00:00.000Z';

let service: TestService;
let alice: string;
let users = 0;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());
beforeEach(async () => {
  alice = `alice-${(users += 1)}`;
  await service.addUser(alice);
});

const pathOf = (user: string): string => `/api/v1/users/${user}/tokens`;
const create = (as: string, user: string, body: object = { name: 'script' }) =>
  service.as(as).post(pathOf(user)).send(body);
const send = (token: string, path = me, method = 'GET', body?: object) =>
  rawRequest(service.app, {
    method,
    path,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });

async function tokenOf(user: string): Promise<{ id: string; token: string }> {
  return (await create(user, user).expect(201)).body;
}

describe('a token', () => {
  it('is told once, and signs in its user', async () => {
    const { body } = await create(alice, alice, {
      name: 'nightly import',
      expiresAt: '2999-01-01T01:00:00+01:00',
    }).expect(201);
    const { token, ...record } = body;
    expect(Object.keys(body)).toEqual(['id', 'name', 'token', 'createdAt', 'expiresAt', 'permissions']);
    expect(record).toEqual({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      name: 'nightly import',
      createdAt: expect.stringMatching(/^20\d\d-.*Z$/),
      expiresAt: LATER,
      permissions: null,
    });
    expect((await send(token)).json).toMatchObject({ user: { id: alice }, csrfToken: null });
    const listed = await service.as(alice).get(pathOf(alice)).expect(200);
    expect(listed.body).toEqual({ items: [record], next: null });
    expect((await send(token, pathOf(alice))).json).toEqual(listed.body);
  });

  it('without an expiry counts until it is deleted', async () => {
    for (const body of [{ name: 'a' }, { name: 'b', expiresAt: null }]) {
      const made = await create(alice, alice, body).expect(201);
      expect([made.body.expiresAt, (await send(made.body.token)).status]).toEqual([null, 200]);
    }
  });

  it('is listed a page at a time, in the order they were made', async () => {
    for (const name of ['a', 'b', 'c']) await create(alice, alice, { name }).expect(201);
    const first = await service
      .as(alice)
      .get(`${pathOf(alice)}?limit=2`)
      .expect(200);
    expect(first.body.items.map(({ name }: { name: string }) => name)).toEqual(['a', 'b']);
    const cursor = encodeURIComponent(first.body.next);
    const second = await service
      .as(alice)
      .get(`${pathOf(alice)}?limit=2&cursor=${cursor}`)
      .expect(200);
    expect(second.body).toMatchObject({ items: [{ name: 'c' }], next: null });
    // A cursor is for its list and its caller.
    await expectRefusal(service.as('admin').get(`${pathOf(alice)}?limit=2&cursor=${cursor}`), 'invalid_cursor');
    await create('admin', 'admin').expect(201);
    await expectRefusal(service.as(alice).get(`${pathOf(alice)}?total=true`), 'invalid_request', 'total');
  });

  it('can not have expired when it is made', async () => {
    for (const expiresAt of ['2001-01-01T00:00:00Z', new Date(Date.now() - 60_000).toISOString()]) {
      await expectRefusal(create(alice, alice, { name: 'late', expiresAt }), 'invalid_request', 'expiresAt');
    }
  });

  it('is one of a hundred at most, however many are made at once', async () => {
    await service.arrange(async (unit) => {
      for (let n = 0; n < 96; n += 1)
        await unit.tokens.create({ user: alice, name: `${n}`, hash: `${alice}-${n}`, expiresAt: null });
    });
    const answers = await Promise.all(Array.from({ length: 8 }, () => create(alice, alice)));
    const made = answers.filter(({ status }) => status === 201);
    expect(made).toHaveLength(4);
    for (const refused of answers.filter((answer) => !made.includes(answer)))
      expect([refused.status, refused.body.code]).toEqual([409, 'limit_reached']);
    await service
      .as(alice)
      .delete(`${pathOf(alice)}/${made[0]?.body.id}`)
      .expect(204);
    await create(alice, alice).expect(201);
  });

  it('is kept as a hash, and is nowhere in the database, nor is the hash in the audit trail', async () => {
    const { id, token } = await tokenOf(alice);
    await service
      .as(alice)
      .delete(`${pathOf(alice)}/${id}`)
      .expect(204);
    const kept = await tokenOf(alice);
    const hash = createHash('sha256').update(kept.token).digest('base64url');
    const tables = await query(
      service.databaseUrl,
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'castellan' AND table_type = 'BASE TABLE'",
    );
    const holding: string[] = [];
    for (const { name } of tables) {
      const [row] = await query(
        service.databaseUrl,
        `SELECT string_agg(r::text, '|') AS text FROM castellan."${String(name)}" r`,
      );
      const text = String(row?.['text']);
      expect([
        name,
        [token, kept.token, token.slice(10), kept.token.slice(10)].some((part) => text.includes(part)),
      ]).toEqual([name, false]);
      if (text.includes(hash)) holding.push(String(name));
    }
    expect(holding).toEqual(['tokens']);
  });

  it('stands in the audit trail when it is made and when it is deleted, by whom and for whom', async () => {
    const { body } = await create('admin', alice, { name: 'for alice', expiresAt: LATER }).expect(201);
    await service
      .as(alice)
      .delete(`${pathOf(alice)}/${body.id}`)
      .expect(204);
    const rows = await query(
      service.databaseUrl,
      `SELECT actor_id AS actor, action, before, after FROM castellan.changes
      WHERE target_type = 'token' AND target_id = '${body.id}' ORDER BY id`,
    );
    const { token: _, ...record } = body;
    const told = { ...record, user: alice };
    expect(rows).toEqual([
      { actor: 'admin', action: 'token.create', before: null, after: told },
      { actor: alice, action: 'token.delete', before: told, after: null },
    ]);
  });

  it('does what its user may, and is recorded as its user', async () => {
    await service.arrange((unit) =>
      unit.grants.create([{ subject: { type: 'user', id: alice }, permission: 'group:add', object: null }]),
    );
    const { token } = await tokenOf(alice);
    const made = await send(token, '/api/v1/groups', 'POST', { id: `of-${alice}` });
    expect(made.status).toBe(201);
    const [row] = await query(
      service.databaseUrl,
      `SELECT actor_type, actor_id FROM castellan.changes WHERE action = 'group.create' AND target_id = 'of-${alice}'`,
    );
    expect(row).toEqual({ actor_type: 'user', actor_id: alice });
    expect((await send(token, '/api/v1/types', 'POST', { id: 'x' })).status).toBe(403);
  });

  it('makes no other one of its user, which would outlast it; it can end itself', async () => {
    const { id, token } = await tokenOf(alice);
    const before = await contentsOf(service.databaseUrl);
    expect(await send(token, pathOf(alice), 'POST', { name: 'another' })).toMatchObject({
      status: 403,
      json: { code: 'forbidden' },
    });
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
    expect((await send(token, `${pathOf(alice)}/${id}`, 'DELETE')).status).toBe(204);
    expect(await send(token)).toMatchObject({ status: 401, json: { code: 'invalid_token' } });
  });

  it('is in no answer and no report of an error that the service did not expect', async () => {
    const { token } = await tokenOf(alice);
    await query(service.databaseUrl, 'ALTER TABLE castellan.tokens RENAME TO away');
    try {
      const answers = [await send(token), await create(alice, alice), await service.as(alice).get(pathOf(alice))];
      expect(answers.map(({ status }) => status)).toEqual([500, 500, 500]);
      const told = JSON.stringify([answers.map(({ text }) => text), service.unexpected.map(everythingOf)]);
      expect(service.unexpected).toHaveLength(3);
      expect(told).not.toContain(token.slice(10));
      expect(told).not.toContain(createHash('sha256').update(token).digest('base64url'));
    } finally {
      await query(service.databaseUrl, 'ALTER TABLE castellan.away RENAME TO tokens');
      service.unexpected.length = 0;
    }
  });
});

describe('a token that is deleted', () => {
  it.each([
    ['is not there', '00000000-0000-7000-8000-000000000000'],
    ['can be none', 'nonsense'],
    ['is spelled otherwise', undefined],
  ])('is not found when it %s', async (_, id) => {
    const { id: own, token } = await tokenOf(alice);
    for (const as of [alice, 'admin'])
      await expectRefusal(service.as(as).delete(`${pathOf(alice)}/${id ?? own.toUpperCase()}`), 'not_found');
    expect((await send(token)).status).toBe(200);
  });

  it('is one of the user in the path, and of nobody else', async () => {
    await service.addUser(`${alice}-other`);
    const { id, token } = await tokenOf(`${alice}-other`);
    for (const as of [alice, 'admin'])
      await expectRefusal(service.as(as).delete(`${pathOf(alice)}/${id}`), 'not_found');
    expect((await send(token)).status).toBe(200);
  });
});

/** All that could be logged of an error. */
function everythingOf(error: unknown, depth = 0): unknown {
  if (typeof error !== 'object' || error === null || depth > 5) return error;
  const names = Object.getOwnPropertyNames(error);
  return Object.fromEntries(
    names.map((name) => [name, everythingOf((error as Record<string, unknown>)[name], depth + 1)]),
  );
}
