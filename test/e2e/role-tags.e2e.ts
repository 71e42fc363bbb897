import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fetch } from '../../src/client/index.js';
import { expectRefusal } from '../support/problem.js';
import { clientOf } from '../support/service-client.js';
import { startTestService, type Client, type TestService } from '../support/service.js';

const editor = '/api/v1/roles/editor';

describe('a role that several change', () => {
  let service: TestService;
  let admin: Client;

  beforeAll(async () => {
    service = await startTestService();
    admin = service.as('admin');
    await service.addUser('alice');
    await service.arrange((unit) =>
      unit.types.create({ id: 'post', actions: ['view', 'add', 'change', 'delete'], creatorActions: [] }),
    );
  });
  afterAll(() => service.stop());

  beforeEach(async () => {
    await admin.delete(editor);
    await admin.post('/api/v1/roles').send({ id: 'editor', rules: [{ permission: 'post:view' }] });
  });

  const tag = async (): Promise<string> => (await admin.get(editor).expect(200)).headers['etag'] ?? '';
  const permissions = async (): Promise<string[]> => {
    const { body } = await admin.get(editor).expect(200);
    return (body as { rules: { permission: string }[] }).rules.map(({ permission }) => permission);
  };
  const change = (ifMatch: string, ...wanted: string[]) =>
    admin
      .patch(editor)
      .set('If-Match', ifMatch)
      .send({ rules: wanted.map((permission) => ({ permission })) });

  it('has a tag that tells whether it says the same', async () => {
    const first = await tag();
    expect(first).toMatch(/^"[\w-]{16,}"$/);
    expect(await tag()).toBe(first);
    const { headers } = await change(first, 'post:view', 'post:add').expect(200);
    expect(headers['etag']).toBe(await tag());
    expect(headers['etag']).not.toBe(first);
    await change('*', 'post:view').expect(200);
    expect(await tag()).toBe(first);
  });

  it('is changed only while it is as the tag says, and else stays, without a trace', async () => {
    const before = await tag();
    await change(before, 'post:view', 'post:add').expect(200);
    const lastChange = async () =>
      ((await admin.get('/api/v1/changes?limit=1').expect(200)).body as { items: object[] }).items;
    const last = await lastChange();
    await expectRefusal(change(before, 'post:view', 'post:delete'), 'changed_meanwhile');
    await expectRefusal(change('"something", "else"', 'post:view'), 'changed_meanwhile');
    expect(await permissions()).toEqual(['post:view', 'post:add']);
    expect(await lastChange()).toEqual(last);
    await change(`"something", ${await tag()}`, 'post:view').expect(200);
  });

  it('is changed by one of those who have seen the same', async () => {
    const seen = await tag();
    const answers = await Promise.all(['add', 'change', 'delete'].map((action) => change(seen, `post:${action}`)));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 412, 412]);
  });

  it('tells nothing of itself by a tag to who may not change it', async () => {
    const patch = (ifMatch: string) => service.as('alice').patch(editor).set('If-Match', ifMatch).send({ rules: [] });
    await expectRefusal(patch(await tag()), 'not_found');
    await expectRefusal(patch('"another"'), 'not_found');
  });

  it('keeps what another adds between reading and writing', async () => {
    let others = 2;
    const meddling: Fetch = async (url, init) => {
      if (init.method === 'PATCH' && others > 0) {
        others -= 1;
        await change('*', ...(await permissions()), others === 1 ? 'post:change' : 'post:delete').expect(200);
      }
      return fetch(url, init);
    };
    const { roles } = clientOf(service, 'admin', { fetch: meddling });
    const edited = await roles.edit('editor', ({ rules }) => ({ rules: [...rules, { permission: 'post:add' }] }));
    expect(edited.rules.map(({ permission }) => permission)).toEqual([
      'post:view',
      'post:change',
      'post:delete',
      'post:add',
    ]);
    expect(await permissions()).toEqual(['post:view', 'post:change', 'post:delete', 'post:add']);
    expect(await roles.edit('editor', () => null)).toEqual(edited);
  });
});
