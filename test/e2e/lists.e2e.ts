import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from '../support/service.js';

const ids = (body: { items: { id: string }[] }): string[] => body.items.map((item) => item.id);

describe('lists of objects', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService();
    await service.addUser('alice');
    await service.addUser('bob');
    await service.arrange(async (unit) => {
      await unit.types.create({
        id: 'post',
        actions: ['view', 'add', 'change', 'delete', 'grant'],
        creatorActions: [],
      });
      for (let n = 1; n <= 30; n += 1) {
        await unit.objects.create(
          { type: 'post', id: `p${n}`, attributes: { n, status: n % 2 ? 'draft' : 'done' } },
          null,
        );
      }
      await unit.groups.create({ id: 'staff', description: null });
      await unit.groups.addMember('staff', { type: 'user', id: 'alice' });
      const grant = (subject: { type: string; id: string }, permission: string, n: number) => ({
        subject,
        permission,
        object: { type: 'post', id: `p${n}` },
      });
      const alice = { type: 'user', id: 'alice' };
      const staff = { type: 'group', id: 'staff' };
      await unit.grants.create([
        ...[1, 2, 3, 4, 5].map((n) => grant(alice, 'post:view', n)),
        ...[4, 5, 6, 7, 20].map((n) => grant(staff, 'post:view', n)),
        ...[2, 7, 8].map((n) => grant(alice, 'post:change', n)),
      ]);
    });
  });
  afterAll(() => service.stop());

  it.each([1, 2, 3, 7, 100])('holds each object once, on pages of %i', async (limit) => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body } = await service.as('alice').get(`/api/v1/objects/post?limit=${limit}${query}`).expect(200);
      seen.push(...ids(body));
      expect(body.items.length).toBeLessThanOrEqual(limit);
      cursor = body.next;
    } while (cursor !== null);
    expect(seen).toEqual(['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p20']);
  });

  it('lists by another action only what may be viewed as well', async () => {
    const { body } = await service.as('alice').get('/api/v1/objects/post?action=change').expect(200);
    expect(ids(body)).toEqual(['p2', 'p7']);
  });

  it('lists nothing for an action that the type does not have', async () => {
    const { body } = await service.as('alice').get('/api/v1/objects/post?action=fly').expect(200);
    expect(body).toEqual({ items: [], next: null });
  });

  it('narrows by attributes, as text or as JSON', async () => {
    const drafts = await service.as('alice').get('/api/v1/objects/post?attributes.status=draft&limit=3').expect(200);
    expect(ids(drafts.body)).toEqual(['p1', 'p3', 'p5']);
    const six = await service.as('alice').get('/api/v1/objects/post?attributes.n=6').expect(200);
    expect(ids(six.body)).toEqual(['p6']);
    const hidden = await service.as('alice').get('/api/v1/objects/post?attributes.n=9').expect(200);
    expect(ids(hidden.body)).toEqual([]);
    const all = await service.as('admin').get('/api/v1/objects/post?attributes.status=done&attributes.n=8').expect(200);
    expect(ids(all.body)).toEqual(['p8']);
  });

  it('holds everything for a superuser, and nothing for who holds nothing', async () => {
    const all = await service.as('admin').get('/api/v1/objects/post?limit=1000').expect(200);
    expect(all.body.items).toHaveLength(30);
    const none = await service.as('bob').get('/api/v1/objects/post').expect(200);
    expect(none.body).toEqual({ items: [], next: null });
  });

  it('answers for an unknown type as for one of which nothing may be viewed', async () => {
    const unknown = await service.as('bob').get('/api/v1/objects/nothing').expect(200);
    expect(unknown.body).toEqual({ items: [], next: null });
  });

  it('is for nobody who has not signed in, until anyone may view something', async () => {
    await service.as().get('/api/v1/objects/post').expect(401);
    await service.arrange((unit) =>
      unit.grants.create([
        { subject: { type: 'group', id: 'anyone' }, permission: 'post:view', object: { type: 'post', id: 'p9' } },
      ]),
    );
    const { body } = await service.as().get('/api/v1/objects/post').expect(200);
    expect(ids(body)).toEqual(['p9']);
    await service.as().get('/api/v1/objects/post/p9').expect(200);
    await service.as().get('/api/v1/objects/post/p1').expect(401);
    const { body: bobs } = await service.as('bob').get('/api/v1/objects/post').expect(200);
    expect(ids(bobs)).toEqual(['p9']);
  });

  it('by another action holds only what may be viewed as well, also below a folder', async () => {
    await service.addUser('carol');
    const page = (n: number) => ({ type: 'page', id: `page-${n}` });
    const carol = { type: 'user', id: 'carol' };
    await service.arrange(async (unit) => {
      await unit.types.create({ id: 'page', actions: ['view', 'change'], creatorActions: [] });
      const folder = { type: 'page', id: 'folder' };
      await unit.objects.create({ ...folder, attributes: {} }, null);
      for (const n of [1, 2, 3]) await unit.objects.create({ ...page(n), attributes: {}, parent: folder }, null);
      await unit.objects.create({ ...page(4), attributes: {}, parent: page(3) }, null);
      // She may change all of it, and view one page and what is below another.
      await unit.grants.create([
        { subject: carol, permission: 'page:change', object: folder },
        { subject: carol, permission: 'page:view', object: page(2) },
        { subject: carol, permission: 'page:view', object: page(3) },
      ]);
    });
    for (const limit of [1, 2, 50]) {
      const { body } = await service.as('carol').get(`/api/v1/objects/page?action=change&limit=${limit}`).expect(200);
      expect(ids(body)).toEqual(['page-2', 'page-3', 'page-4'].slice(0, limit));
    }
    const { body } = await service.as('carol').get('/api/v1/objects/page?action=change&total=true').expect(200);
    expect(body.total).toBe(3);
  });

  it('takes a cursor from the same caller and the same list only', async () => {
    const { body } = await service.as('admin').get('/api/v1/objects/post?limit=2').expect(200);
    const cursor = encodeURIComponent(body.next);
    await service.as('admin').get(`/api/v1/objects/post?limit=5&cursor=${cursor}`).expect(200);
    const foreign = [
      service.as('alice').get(`/api/v1/objects/post?limit=2&cursor=${cursor}`),
      service.as('admin').get(`/api/v1/objects/post?limit=2&action=change&cursor=${cursor}`),
      service.as('admin').get(`/api/v1/objects/post?limit=2&attributes.n=1&cursor=${cursor}`),
      service.as('admin').get(`/api/v1/users?cursor=${cursor}`),
      service.as('admin').get('/api/v1/objects/post?cursor=AAAA'),
      service.as('admin').get(`/api/v1/objects/post?cursor=${'A'.repeat(900)}`),
    ];
    for (const request of foreign) {
      const answer = await request.expect(400);
      expect(answer.body).toMatchObject({ code: 'invalid_cursor', errors: [{ path: 'cursor' }] });
    }
  });

  it('gives cursors of one length, whatever they stand for', async () => {
    const lengths = new Set<number>();
    for (const limit of [1, 2, 11]) {
      const { body } = await service.as('admin').get(`/api/v1/objects/post?limit=${limit}`).expect(200);
      lengths.add(body.next.length);
    }
    expect(lengths.size).toBe(1);
  });
});
