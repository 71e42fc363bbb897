import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectRef } from '../../src/core/model.js';
import { query } from '../support/query.js';
import { startTestService, type TestService } from '../support/service.js';

const grants = '/api/v1/grants';
const COUNT = 1000;
const place = (type: string, id: string): ObjectRef => ({ type, id });
const onPost = (n: number, permission = 'post:view', user = 'bob') => ({
  subject: place('user', user),
  permission,
  object: place('post', `p${n}`),
});

let service: TestService;

/** A thousand posts, and one on the lower of two shelves. */
beforeAll(async () => {
  service = await startTestService();
  for (const username of ['bob', 'dave']) await service.addUser(username);
  await service.arrange(async (unit) => {
    await unit.types.create({ id: 'post', actions: ['view', 'change', 'grant'], creatorActions: [] });
    await unit.types.create({ id: 'shelf', actions: ['view', 'grant'], creatorActions: [] });
    await unit.objects.create({ ...place('shelf', 'top'), attributes: {} }, null);
    await unit.objects.create({ ...place('shelf', 'low'), attributes: {}, parent: place('shelf', 'top') }, null);
    await unit.objects.create(
      { ...place('post', 'shelved'), attributes: { open: true }, parent: place('shelf', 'low') },
      null,
    );
  });
  await query(
    service.databaseUrl,
    `INSERT INTO castellan.objects (type_id, external_id)
      SELECT t.id, 'p' || n FROM castellan.types t, generate_series(0, ${COUNT}) n WHERE t.name = 'post'`,
  );
});
afterAll(() => service.stop());

const clear = () => query(service.databaseUrl, 'DELETE FROM castellan.grants');

describe('the list of grants', () => {
  const permissionsSeenBy = async (as: string, filter = ''): Promise<string[]> => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const at: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body } = await service.as(as).get(`${grants}?limit=2&subject=user:bob${filter}${at}`).expect(200);
      for (const { permission, object } of body.items) seen.push(`${permission} ${object?.id ?? '*'}`);
      cursor = body.next;
    } while (cursor !== null);
    return seen;
  };

  it('holds those at places where the viewer may grant, above which it may, and everywhere where it may there', async () => {
    const held = [
      ['post:view', place('post', 'shelved')],
      ['post:change', place('post', 'shelved')],
      ['post:view', place('shelf', 'low')],
      ['post:view', place('shelf', 'top')],
      ['shelf:view', place('shelf', 'top')],
      ['post:view', null],
      ['shelf:view', null],
      ['post:view', place('post', 'p1')],
    ] as const;
    await service.arrange((unit) =>
      unit.grants.create(
        held.map(([permission, object]) => ({ subject: { type: 'user', id: 'bob' }, permission, object })),
      ),
    );
    const give = (permission: string, object: ObjectRef | null, parts: object = {}) =>
      service.arrange((unit) =>
        unit.grants.create([{ subject: { type: 'user', id: 'dave' }, permission, object, ...parts }]),
      );
    const all = held.map(([permission, object]) => `${permission} ${object?.id ?? '*'}`);
    expect(await permissionsSeenBy('admin')).toEqual(all);
    expect(await permissionsSeenBy('dave')).toEqual([]);
    await give('post:grant', place('shelf', 'top'));
    // To see them, the place has to be seen as well.
    expect(await permissionsSeenBy('dave')).toEqual([]);
    await give('post:view', place('shelf', 'low'));
    expect(await permissionsSeenBy('dave')).toEqual(['post:view shelved', 'post:change shelved']);
    await give('shelf:view', null);
    await give('shelf:grant', place('shelf', 'low'), { expiresAt: '2000-01-01T00:00:00Z' });
    expect(await permissionsSeenBy('dave')).toEqual(['post:view shelved', 'post:change shelved']);
    await give('shelf:grant', place('shelf', 'low'), { expiresAt: '2100-01-01T00:00:00Z' });
    expect(await permissionsSeenBy('dave')).toEqual(['post:view shelved', 'post:change shelved', 'post:view low']);
    await give('post:grant', null);
    const below = ['post:view shelved', 'post:change shelved', 'post:view low', 'post:view *'];
    expect(await permissionsSeenBy('dave')).toEqual(below);
    expect(await permissionsSeenBy('dave', '&permission=post:view')).toEqual([
      'post:view shelved',
      'post:view low',
      'post:view *',
    ]);
    expect(await permissionsSeenBy('dave', '&object=shelf:low')).toEqual(['post:view low']);
    await give('post:grant', place('shelf', 'top'), { effect: 'deny', condition: { 'resource.open': true } });
    expect(await permissionsSeenBy('dave')).toEqual(['post:view low', 'post:view *']);
    await give('post:grant', null, { effect: 'deny' });
    expect(await permissionsSeenBy('dave')).toEqual(['post:view low']);
    await clear();
  });

  it('leaves out what is hidden on every page, however much there is of it', async () => {
    const seen = ['post:grant', 'post:view'].flatMap((permission) => [
      onPost(COUNT - 1, permission, 'dave'),
      onPost(700, permission, 'dave'),
    ]);
    await service.arrange((unit) =>
      unit.grants.create([
        ...Array.from({ length: COUNT }, (_, n) => onPost(n)),
        ...seen,
        { ...onPost(0, 'post:grant', 'dave'), object: null, condition: { 'resource.id': 'p3' } },
      ]),
    );
    expect(await permissionsSeenBy('dave')).toEqual(['post:view p700', `post:view p${COUNT - 1}`]);
    await clear();
  });
});
