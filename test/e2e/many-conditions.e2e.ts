import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/model.js';
import { startTestService, type TestService } from '../support/service.js';

const user = (id: string) => ({ type: 'user', id });
const note = (id: string) => ({ type: 'note', id });
const ids = Array.from({ length: 30 }, (_, n) => `n${n}`);

/**
 * Whoever may grant on one object may add conditions to everybody's rules. Their number must slow nobody's lists down to
 * nothing, and the lists must still be what the decisions say.
 */
describe('more conditions than one statement tells apart', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService();
    for (const name of ['alice', 'mallory']) await service.addUser(name);
    await service.arrange(async (unit) => {
      await unit.types.create({
        id: 'note',
        actions: ['view', 'change'],
        creatorActions: ['view'],
      });
      for (const [n, id] of ids.entries())
        await unit.objects.create(
          { ...note(id), attributes: { n, parity: n % 2 === 0 ? 'even' : 'odd', secret: 's' } },
          null,
        );
      // Alice sees every even note, all of it but the secret; and changes the first ten.
      await unit.grants.create([
        {
          subject: user('alice'),
          permission: 'note:view',
          object: null,
          condition: { 'resource.parity': 'even' },
          fields: ['n', 'parity'],
        },
        { subject: user('alice'), permission: 'note:change', object: null, condition: { 'resource.n': { $lt: 10 } } },
      ]);
      // Everybody is let in by hundreds of conditions, one of which is true of one note.
      const flood = Array.from({ length: 1000 }, (_, n): JsonObject => ({
        'resource.n': n + 1,
        'subject.id': { $ne: 'nobody' },
      }));
      await unit.grants.create(
        flood.map((condition) => ({
          subject: { type: 'group', id: 'anyone' },
          permission: 'note:view',
          object: note('n1'),
          condition,
        })),
      );
    });
  });
  afterAll(() => service.stop());

  async function pages(as: string | undefined, query: string, limit: number): Promise<string[]> {
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const next: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { status, body } = await service.as(as).get(`/api/v1/objects/note?limit=${limit}${query}${next}`);
      expect(status, JSON.stringify(body)).toBe(200);
      found.push(...(body.items as { id: string }[]).map(({ id }) => id));
      cursor = body.next as string | null;
    } while (cursor !== null);
    return found;
  }
  const even = ids.filter((_, n) => n % 2 === 0);
  const seen = ids.filter((_, n) => n % 2 === 0 || n === 1);

  it.each([1, 7, 100])('leave a list what the decisions say, on pages of %i', async (limit) => {
    expect(await pages('alice', '', limit)).toEqual(seen);
    expect(await pages('mallory', '', limit)).toEqual(['n1']);
    expect(await pages(undefined, '', limit)).toEqual(['n1']);
    expect(await pages('admin', '', limit)).toEqual(ids);
    expect(await pages('alice', '&action=change', limit)).toEqual(seen.filter((id) => Number(id.slice(1)) < 10));
  });

  it('leave it narrowed by what may be viewed only', async () => {
    expect(await pages('alice', '&attributes.parity=even', 7)).toEqual(even);
    // Of the even ones the secret may not be viewed, of the one that anyone sees it may.
    expect(await pages('alice', '&attributes.secret=s', 7)).toEqual(['n1']);
    const filters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `&attributes.${name}=1`).join('');
    expect(await pages('alice', filters, 7)).toEqual([]);
  });

  it('leave totals exact, and hide what may not be viewed', async () => {
    const { body } = await service.as('alice').get('/api/v1/objects/note?limit=2&total=true').expect(200);
    expect(body.total).toBe(seen.length);
    expect(body.items[0].attributes).toEqual({ n: 0, parity: 'even' });
  });

  it('leave the subjects who may what the decisions say', async () => {
    const search = (resource: object) =>
      service
        .as('admin')
        .post('/access/v1/search/subject')
        .send({ subject: { type: 'user' }, action: { name: 'view' }, resource });
    const found = async (id: string) => {
      const { body } = await search(note(id)).expect(200);
      return (body.results as { id: string }[]).map((result) => result.id).toSorted();
    };
    expect(await found('n1')).toEqual(['admin', 'alice', 'mallory']);
    expect(await found('n2')).toEqual(['admin', 'alice']);
    expect(await found('n3')).toEqual(['admin']);
  });

  it('as one condition with all that it may have, beside as many filters as there may be, are no fault', async () => {
    const parts = Array.from({ length: 60 }, (_, n) => ({ 'resource.n': { $ne: 1000 + n } }));
    await service.arrange((unit) =>
      unit.grants.create([
        { subject: user('alice'), permission: 'note:change', object: null, condition: { $or: parts }, fields: ['n'] },
      ]),
    );
    const filters = ['n', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `&attributes.${name}=1`).join('');
    expect(await pages('alice', `${filters}&action=change`, 7)).toEqual([]);
    expect(await pages('alice', '&action=change', 50)).toEqual(seen);
  });
});
