import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrangeNarrowing, idsOf, NarrowedTokens } from '../support/narrowed-tokens.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
let tokens: NarrowedTokens;

beforeAll(async () => {
  service = await startTestService();
  await arrangeNarrowing(service);
  tokens = new NarrowedTokens(service);
});
afterAll(() => service.stop());

const alice = { type: 'user', id: 'alice' };
const doc = (id: string) => ({ type: 'doc', id });

describe('a narrowed token', () => {
  it('lists only what it lets be viewed, without the names of parents that it does not', async () => {
    await service.arrange((unit) =>
      unit.objects.create({ type: 'doc', id: 'm', attributes: {}, parent: { type: 'folder', id: 'f' } }, null),
    );
    const full = await service.as('alice').get('/api/v1/objects/doc/m').expect(200);
    expect(full.body.parent).toEqual({ type: 'folder', id: 'f' });
    expect((await tokens.as('alice', 'doc:view', 'GET /api/v1/objects/doc/m')).json).toMatchObject({
      id: 'm',
      parent: null,
    });
    expect((await tokens.as('alice', 'doc:view folder:view', 'GET /api/v1/objects/doc/m')).json).toMatchObject(
      full.body,
    );
    const list = await tokens.as('alice', 'doc:view', 'GET /api/v1/objects/doc?total=true');
    const { items, total } = list.json as { items: { parent: unknown }[]; total: number };
    expect([items.length === total, items.some(({ parent }) => parent !== null)]).toEqual([true, false]);
    expect(idsOf(await tokens.as('alice', 'doc:view', 'GET /api/v1/objects/doc?action=change'))).toEqual([]);
    expect(
      idsOf(await tokens.as('alice', 'doc:view doc:change', 'GET /api/v1/objects/doc?action=change&limit=1')),
    ).toHaveLength(1);
    const none = await tokens.as('root', 'doc:view', 'GET /api/v1/objects/doc?action=change&total=true');
    expect(none.json).toMatchObject({ items: [], total: 0 });
  });

  it('sees the grants of types whose grant action it names, and no others', async () => {
    const all = await service.as('root').get('/api/v1/grants?limit=1000').expect(200);
    const seen = await tokens.as('root', 'doc:view doc:grant', 'GET /api/v1/grants?limit=1000');
    const { items } = seen.json as { items: { permission: string }[] };
    expect(items.length).toBeGreaterThan(5);
    expect(items).toEqual(
      all.body.items.filter(({ permission }: { permission: string }) => permission.startsWith('doc:')),
    );
    expect(idsOf(await tokens.as('root', 'doc:view', 'GET /api/v1/grants'))).toEqual([]);
  });

  it('is answered about itself as it is narrowed, one by one, together and by searches', async () => {
    const ask = async (action: string) => {
      const asked = { subject: alice, resource: doc('e'), action: { name: action } };
      const one = await tokens.as('alice', 'doc:view', 'POST /access/v1/evaluation', asked);
      const many = await tokens.as('alice', 'doc:view', 'POST /access/v1/evaluations', { evaluations: [asked] });
      const search = await tokens.as('alice', 'doc:view', 'POST /access/v1/search/resource', {
        ...asked,
        resource: { type: 'doc' },
      });
      return [
        (one.json as { decision: boolean }).decision,
        (many.json as { evaluations: [{ decision: boolean }] }).evaluations[0].decision,
        (search.json as { results: unknown[] }).results.length > 0,
      ];
    };
    expect([await ask('view'), await ask('change')]).toEqual([
      [true, true, true],
      [false, false, false],
    ]);
    const actions = await tokens.as('alice', 'doc:view', 'POST /access/v1/search/action', {
      subject: alice,
      resource: doc('e'),
    });
    expect((actions.json as { results: unknown }).results).toEqual([{ name: 'view' }]);
  });

  it('asks about others only where it names access:evaluate, and then about all that they may', async () => {
    const bob = { type: 'user', id: 'bob' };
    const asked = { subject: bob, resource: doc('d'), action: { name: 'view' } };
    expect((await tokens.as('alice', 'doc:view', 'POST /access/v1/evaluation', asked)).status).toBe(403);
    expect((await tokens.as('root', 'doc:view', 'POST /access/v1/evaluation', asked)).status).toBe(403);
    expect((await tokens.as('alice', 'access:evaluate', 'POST /access/v1/evaluation', asked)).json).toEqual({
      decision: true,
    });
    const reasons = { options: { reasons: true }, evaluations: [{ ...asked, subject: alice }] };
    const own = await tokens.as('alice', 'access:evaluate', 'POST /access/v1/evaluations', reasons);
    expect((own.json as { evaluations: { decision: boolean }[] }).evaluations[0]?.decision).toBe(false);
    const subjects = { ...asked, subject: { type: 'user' } };
    expect((await tokens.as('alice', 'doc:view', 'POST /access/v1/search/subject', subjects)).status).toBe(403);
    expect((await tokens.as('alice', 'access:evaluate', 'POST /access/v1/search/subject', subjects)).status).toBe(200);
    expect((await tokens.as('alice', 'doc:view', 'POST /api/v1/access/ability', { subject: bob })).status).toBe(403);
  });

  it('is told what it may do for front ends as it is narrowed', async () => {
    for (const user of ['alice', 'root']) {
      const { json } = await tokens.as(user, 'doc:view', 'POST /api/v1/access/ability', {
        subject: { type: 'user', id: user },
      });
      const permissions = (json as { rules: { permission: string }[] }).rules.map(({ permission }) => permission);
      expect([user, ...new Set(permissions)]).toEqual([user, 'doc:view']);
      const packed = await tokens.as(user, 'doc:view', 'GET /api/v1/auth/me/ability');
      expect(packed.status).toBe(200);
      expect(packed.text).not.toMatch(/change|folder/);
    }
  });

  it('has decisions explained only where it names that, about itself as it is narrowed', async () => {
    const question = { subject: alice, permission: 'doc:change', object: doc('e') };
    expect((await tokens.as('alice', 'doc:view', 'POST /api/v1/access/explain', question)).status).toBe(403);
    const explained = await tokens.as('alice', 'doc:view access:explain', 'POST /api/v1/access/explain', question);
    expect(explained.json).toMatchObject({ decision: { allowed: false, reason: 'narrowed' }, counted: [], missed: [] });
    const allowed = await tokens.as('alice', 'doc:view access:explain', 'POST /api/v1/access/explain', {
      ...question,
      permission: 'doc:view',
    });
    expect(allowed.json).toMatchObject({ decision: { allowed: true }, counted: [{ path: [alice] }] });
    expect(Object.keys((allowed.json as { counted: [{ path: [object] }] }).counted[0].path[0])).toEqual(['type', 'id']);
    const supplied = { ...question, supplied: { resource: { a: 1 } } };
    expect((await tokens.as('root', 'doc:view access:explain', 'POST /api/v1/access/explain', supplied)).status).toBe(
      403,
    );
  });

  it('has values explained only of what it lets be viewed, also as a superuser', async () => {
    const carol = { type: 'user', id: 'carol' };
    await service.addUser('carol');
    await service.arrange(async (unit) => {
      await unit.objects.create({ type: 'doc', id: 'secret', attributes: { word: 'xyzzy' } }, null);
      const condition = { 'resource.word': 'plugh' };
      await unit.grants.create([{ subject: carol, permission: 'doc:publish', object: doc('secret'), condition }]);
    });
    const question = { subject: carol, permission: 'doc:publish', object: doc('secret') };
    const told = async (permissions: string) =>
      (await tokens.as('root', permissions, 'POST /api/v1/access/explain', question)).text.includes('xyzzy');
    expect([await told('access:explain'), await told('access:explain doc:view')]).toEqual([false, true]);
  });

  it('tells who it is', async () => {
    expect((await tokens.as('alice', 'doc:view', 'GET /api/v1/auth/me')).json).toMatchObject({ user: { id: 'alice' } });
  });

  it('stays narrow when what it names is gone, and made again', async () => {
    await service.arrange((unit) => unit.types.create({ id: 'brief', actions: ['view'], creatorActions: [] }));
    const token = await tokens.of('root', 'brief:view');
    const nothing = async () => [
      (await tokens.send(token, 'GET /api/v1/objects/doc')).status,
      (await tokens.send(token, 'GET /api/v1/users')).status,
    ];
    await service.arrange((unit) => unit.types.delete('brief'));
    expect(await nothing()).toEqual([403, 403]);
    await service.arrange((unit) => unit.types.create({ id: 'brief', actions: ['view'], creatorActions: [] }));
    expect(await nothing()).toEqual([403, 403]);
    expect((await tokens.send(token, 'GET /api/v1/objects/brief')).status).toBe(200);
  });
});
