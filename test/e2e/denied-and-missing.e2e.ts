import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawRequest, type RawAnswer } from '../support/raw-request.js';
import { startTestService, type TestService } from '../support/service.js';

const user = (id: string) => ({ type: 'user', id });
const note = (id: string) => ({ type: 'note', id });

/**
 * Bob may do everything to every note, but is denied to view one; and anyone may view every note but that one. To both it must
 * look like one that does not exist.
 */
describe('an object that one is denied to view', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService();
    await service.addUser('bob');
    await service.arrange(async (unit) => {
      const actions = ['view', 'add', 'change', 'delete', 'grant'];
      await unit.types.create({ id: 'note', actions, creatorActions: [] });
      for (const id of ['hidden', 'shown']) await unit.objects.create({ ...note(id), attributes: {} }, null);
      const anyone = { type: 'group', id: 'anyone' };
      await unit.grants.create([
        ...actions.map((action) => ({ subject: user('bob'), permission: `note:${action}`, object: null })),
        { subject: user('bob'), permission: 'assignment:add', object: null },
        { subject: anyone, permission: 'note:view', object: null },
        { subject: anyone, permission: 'note:view', object: note('hidden'), effect: 'deny' },
      ]);
      await unit.roles.create({ id: 'empty', description: null, rules: [], includes: [] });
    });
  });
  afterAll(() => service.stop());

  const send = (as: string | undefined, method: string, path: string, body?: object): Promise<RawAnswer> =>
    rawRequest(service.app, {
      method,
      path,
      ...(as === undefined ? {} : { as }),
      headers: { 'content-type': 'application/json', 'x-request-id': 'same' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });

  const requests: readonly (readonly [method: string, path: (id: string) => string, body?: (id: string) => object])[] =
    [
      ['GET', (id) => `/api/v1/objects/note/${id}`],
      ['HEAD', (id) => `/api/v1/objects/note/${id}`],
      ['PATCH', (id) => `/api/v1/objects/note/${id}`, () => ({ attributes: { title: 'x' } })],
      ['PATCH', (id) => `/api/v1/objects/note/${id}`, () => ({ parent: null })],
      ['DELETE', (id) => `/api/v1/objects/note/${id}`],
      ['DELETE', (id) => `/api/v1/objects/note/${id}?cascade=true`],
      ['POST', () => '/api/v1/objects/note', (id) => ({ id: 'new', parent: note(id) })],
      ['POST', () => '/api/v1/grants', (id) => ({ subject: user('admin'), permission: 'note:view', object: note(id) })],
      ['POST', () => '/api/v1/assignments', (id) => ({ subject: user('admin'), role: 'empty', object: note(id) })],
      [
        'POST',
        () => '/api/v1/access/explain',
        (id) => ({ subject: user('bob'), permission: 'note:view', object: note(id) }),
      ],
      ['GET', (id) => `/api/v1/grants?object=note:${id}`],
      ['GET', (id) => `/api/v1/assignments?object=note:${id}`],
    ];

  it.each(requests.flatMap(([method, path, body]) => ['bob', undefined].map((as) => ({ method, path, body, as }))))(
    'is answered like one that is not there: $method, as $as',
    async ({ method, path, body, as }) => {
      const answers = await Promise.all(['hidden', 'wanted'].map((id) => send(as, method, path(id), body?.(id))));
      const [hidden, missing] = answers.map(({ status, text, headers }) => {
        const { date: _, 'content-length': __, ...rest } = headers;
        return { status, headers: rest, text: text.replaceAll(/hidden|wanted/g, 'it') };
      });
      expect(hidden).toEqual(missing);
      expect(hidden?.status, hidden?.text).not.toBe(500);
      expect(hidden?.status === 200 ? JSON.parse(hidden.text || '{"items":[]}') : { items: [] }).toMatchObject({
        items: [],
      });
    },
  );

  it('is there for those who may view it, and so are others', async () => {
    expect((await send('admin', 'GET', '/api/v1/objects/note/hidden')).status).toBe(200);
    expect((await send('bob', 'GET', '/api/v1/objects/note/shown')).status).toBe(200);
    expect((await send(undefined, 'GET', '/api/v1/objects/note/shown')).status).toBe(200);
  });
});
