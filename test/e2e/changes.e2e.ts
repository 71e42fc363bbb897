import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followChanges } from '../../src/app/operator-changes.js';
import { operator } from '../../src/core/caller.js';
import { startTestService, type TestService } from '../support/service.js';

interface Change {
  readonly id: string;
  readonly at: string;
  readonly actor: { type: string; id: string };
  readonly action: string;
  readonly target: { type: string; id: string };
}
interface Page {
  readonly items: Change[];
  readonly next: string | null;
}

const user = (id: string) => ({ type: 'user', id });
const post = (id: string) => ({ type: 'post', id });

describe('GET /api/v1/changes', () => {
  let service: TestService;
  const get = async (query: string, as = 'auditor'): Promise<{ status: number; body: Page & { code?: string } }> => {
    const answer = await service.as(as).get(`/api/v1/changes${query}`);
    return { status: answer.status, body: answer.body as Page & { code?: string } };
  };
  const told = ({ items }: Page): string[] =>
    items.map(({ action, target }) => `${action} ${target.type}:${target.id}`);

  beforeAll(async () => {
    service = await startTestService();
    await service.addUser('auditor');
    await service.addUser('alice');
    await service.addUser('bob');
    await service.arrange(async (unit) => {
      await unit.types.create({ id: 'post', actions: ['view', 'change'], creatorActions: [] });
      await unit.groups.create({ id: 'staff', description: null });
      await unit.groups.addMember('staff', user('alice'));
      for (const id of ['1', '2']) await unit.objects.create({ ...post(id), attributes: {} }, null);
      await unit.grants.create([
        { subject: user('auditor'), permission: 'audit:view', object: null },
        { subject: user('alice'), permission: 'post:view', object: post('1') },
        { subject: user('bob'), permission: 'post:view', object: post('2') },
      ]);
    });
  });
  afterAll(() => service.stop());

  it('is for those who may view the audit trail', async () => {
    expect((await get('', 'alice')).status).toBe(403);
    expect((await service.as().get('/api/v1/changes')).status).toBe(401);
    expect((await get('')).status).toBe(200);
  });

  it('tells who did what to what, newest first, in pages that hold each change once', async () => {
    const { body: whole } = await get('?limit=1000');
    expect(whole.next).toBeNull();
    const ids = whole.items.map(({ id }) => BigInt(id));
    expect(ids).toEqual(ids.toSorted((one, other) => (one < other ? 1 : -1)));
    for (const size of [1, 2, 7]) {
      const seen: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const { body } = await get(`?limit=${size}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
        seen.push(...body.items.map(({ id }) => id));
        cursor = body.next;
      }
      expect(seen).toEqual(whole.items.map(({ id }) => id));
    }
    expect(whole.items.find(({ action }) => action === 'grant.create')).toMatchObject({
      actor: { type: 'operator', id: 'test' },
      action: 'grant.create',
      target: { type: 'grant', id: expect.any(String) },
      before: null,
      after: { subject: user('bob'), permission: 'post:view', object: post('2') },
      requestId: expect.any(String),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
  });

  it('narrows to a subject, an object, an actor, an action and a time', async () => {
    expect(
      told((await get('?subject=user:alice')).body).flatMap((change) =>
        change.startsWith('sign_in') ? [] : change.split(' ')[0],
      ),
    ).toEqual(['grant.create', 'group.member.add', 'user.create']);
    expect(told((await get('?object=post:2')).body)).toEqual([
      expect.stringMatching(/^grant\.create/),
      'object.create post:2',
    ]);
    expect((await get('?subject=user:bob&object=post:2')).body.items).toHaveLength(1);
    expect((await get('?subject=user:alice&object=post:2')).body.items).toEqual([]);
    expect(told((await get('?action=group.member.add')).body)).toEqual(['group.member.add group:staff']);
    expect((await get('?actor=user:bob')).body.items).toEqual([]);
    const { at } = (await get('?action=type.create')).body.items[0] as Change;
    const from = (await get(`?from=${at}&limit=1000`)).body.items.map((change) => change.at);
    const before = (await get(`?to=${at}&limit=1000`)).body.items.map((change) => change.at);
    expect([from.every((time) => time >= at), before.every((time) => time < at)]).toEqual([true, true]);
    expect(from.length + before.length).toBe((await get('?limit=1000')).body.items.length);
  });

  it('goes on after the last that was seen, oldest first, and never overtakes a write that has not ended', async () => {
    const newest = (await get('?limit=1')).body.items[0] as Change;
    const slow = new pg.Client(service.databaseUrl);
    slow.on('error', () => {});
    await slow.connect();
    const write = `INSERT INTO castellan.changes (actor_type, actor_id, action, target_type, target_id, request_id) VALUES ('user', 'x', $1, 'x', 'x', 'x')`;
    await slow.query('BEGIN');
    await slow.query(write, ['slow']);
    await service.arrange((unit) => unit.groups.create({ id: 'quick', description: null }));
    const after = `?order=oldest&after=${newest.id}`;
    expect((await get(after)).body.items).toEqual([]);
    expect((await get('?limit=1')).body.items[0]?.action).toBe('group.create');
    await slow.query('COMMIT');
    await slow.end();
    expect((await get(after)).body.items.map(({ action }) => action)).toEqual(['slow', 'group.create']);
    const [first] = (await get(`${after}&limit=1`)).body.items;
    expect((await get(`?order=oldest&after=${first?.id}`)).body.items.map(({ action }) => action)).toEqual([
      'group.create',
    ]);
  });

  it('misses nothing where a write that began earlier takes the larger number, and ends first', async () => {
    const newest = (await get('?limit=1')).body.items[0] as Change;
    const write = `INSERT INTO castellan.changes (actor_type, actor_id, action, target_type, target_id, request_id) VALUES ('user', 'x', $1, 'x', 'x', 'x')`;
    const [elder, younger] = [new pg.Client(service.databaseUrl), new pg.Client(service.databaseUrl)];
    for (const client of [elder, younger]) {
      client.on('error', () => {});
      await client.connect();
      await client.query('BEGIN');
      await client.query('SELECT pg_current_xact_id()');
    }
    await younger.query(write, ['younger']);
    await elder.query(write, ['elder']);
    await elder.query('COMMIT');
    const after = `?order=oldest&after=${newest.id}`;
    expect((await get(after)).body.items).toEqual([]);
    await younger.query('COMMIT');
    expect((await get(after)).body.items.map(({ action }) => action)).toEqual(['younger', 'elder']);
    await Promise.all([elder.end(), younger.end()]);
  });

  it('is followed without a gap while many write at once', async () => {
    const newest = (await get('?limit=1')).body.items[0] as Change;
    const seen: string[] = [];
    let going = true;
    const follow = (async () => {
      for (let after = newest.id, last = false; ;) {
        const { items } = await service.store.changes.list({ filter: {}, order: 'oldest', limit: 1000, after });
        seen.push(...items.map(({ id }) => id));
        after = items.at(-1)?.id ?? after;
        if (last) return;
        last = !going;
      }
    })();
    const write = async (writer: number): Promise<void> => {
      for (let n = 0; n < 25; n += 1)
        await service.store.writes.write(operator('test', 'test'), { places: [] }, async (unit) => {
          for (let part = 0; part <= writer; part += 1)
            await unit.objects.create({ ...post(`w${writer}-${n}-${part}`), attributes: {} }, null);
        });
    };
    await Promise.all([0, 1, 2, 3].map(write));
    going = false;
    await follow;
    const { items } = await service.store.changes.list({ filter: {}, order: 'oldest', limit: 1000, after: newest.id });
    expect(items.length).toBeGreaterThanOrEqual(250);
    expect(seen).toEqual(items.map(({ id }) => id));
  });

  it('is followed from its end on, also where a write is open for long as that begins', async () => {
    const slow = new pg.Client(service.databaseUrl);
    slow.on('error', () => {});
    await slow.connect();
    await slow.query('BEGIN');
    await slow.query(
      `INSERT INTO castellan.changes (actor_type, actor_id, action, target_type, target_id, request_id) VALUES ('user', 'x', 'open', 'x', 'x', 'x')`,
    );
    const pages = followChanges(service.store.changes, {}, 0);
    const first = pages.next();
    await pause(2500);
    await slow.query('COMMIT');
    await slow.end();
    expect((await first).value).toEqual([]);
    await service.arrange((unit) => unit.groups.create({ id: 'followed', description: null }));
    const actions: string[] = [];
    while (!actions.includes('group.create')) {
      const { value } = await pages.next();
      actions.push(...(value ?? []).map(({ action }: { action: string }) => action));
    }
    await pages.return(undefined);
    expect(actions.filter((action) => action !== 'open')).toEqual(['group.create']);
  });

  it('says what is wrong with a question', async () => {
    for (const query of [
      '?after=1',
      '?after=x&order=oldest',
      '?from=yesterday',
      '?subject=alice',
      '?order=up',
      '?who=x',
    ])
      expect([query, (await get(query)).status]).toEqual([query, 422]);
    const { body } = await get('?limit=1');
    expect((await get(`?limit=1&action=type.create&cursor=${encodeURIComponent(body.next ?? '')}`)).body.code).toBe(
      'invalid_cursor',
    );
  });
});
