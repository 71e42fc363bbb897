import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plantDocuments } from '../support/embedding/documents-world.js';
import { expectRefusal } from '../support/problem.js';
import { startTestService, type TestService } from '../support/service.js';

const user = (id: string) => ({ type: 'user', id });
const document = (id: string) => ({ type: 'document', id });
const view = (id: string, resource: string, more: object = {}) => ({
  subject: user(id),
  action: { name: 'view' },
  resource: document(resource),
  ...more,
});
const add = (id: string, more: object) => ({
  subject: user(id),
  action: { name: 'add' },
  resource: { type: 'document' },
  ...more,
});
const folder = (id: string) => ({ type: 'folder', id });

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await plantDocuments(service);
});
afterAll(() => service.stop());

const ask = (as: string, body: object) => service.as(as).post('/access/v1/evaluation').send(body);
const askAll = (as: string, body: object) => service.as(as).post('/access/v1/evaluations').send(body);

describe('a mode', () => {
  it.each([
    ['edith', '1', 'both', true],
    ['edith', '1', 'object', true],
    ['edith', 'MiXed', undefined, true],
    ['edith', 'MiXed', 'both', false],
    ['edith', 'MiXed', 'object', false],
    ['alice', '1', 'both', false],
    ['alice', '1', 'object', true],
  ])('of a question goes over that of the type: %s, document %s, %s', async (name, id, mode, decision) => {
    await ask(name, view(name, id, { mode })).expect(200, { decision });
    await askAll(name, { mode, evaluations: [view(name, id)] }).expect(200, { evaluations: [{ decision }] });
    await askAll(name, { mode: 'union', evaluations: [view(name, id, { mode })] }).expect(200, {
      evaluations: [{ decision: mode === undefined ? true : decision }],
    });
  });

  it('of a search for actions does as well', async () => {
    const search = (mode?: string) =>
      service
        .as('edith')
        .post('/access/v1/search/action')
        .send({ subject: user('edith'), resource: document('1'), mode });
    const names = async (mode?: string): Promise<unknown> =>
      ((await search(mode).expect(200)).body as { results: { name: string }[] }).results.map(({ name }) => name);
    expect(await names()).toEqual(['view', 'add', 'change']);
    expect(await names('both')).toEqual(['view']);
  });

  it('that there is not is a fault', async () => {
    await expectRefusal(ask('alice', view('alice', '1', { mode: 'either' })), 'malformed_request');
    await expectRefusal(
      service
        .as('alice')
        .post('/access/v1/search/action')
        .send({ subject: user('alice'), resource: document('1'), mode: 1 }),
      'malformed_request',
    );
  });
});

describe('a parent', () => {
  it.each([
    ['dave', { parent: folder('7') }, true],
    ['dave', { parent: folder('9') }, false],
    ['dave', { parent: null }, false],
    ['edith', { parent: null }, true],
    ['dave', { parent: folder('8') }, false],
    ['dave', { parent: folder('8'), resource: { type: 'document', properties: { status: 'draft' } } }, true],
    ['dave', { parent: folder('8'), resource: { type: 'document', id: '9', properties: { status: 'done' } } }, false],
    ['nobody-there', { parent: folder('7') }, false],
  ])('is what a question of adding is decided on: %s, %j', async (name, more, decision) => {
    await ask('gateway', add(name, more)).expect(200, { decision });
    await askAll('gateway', { evaluations: [add(name, more)] }).expect(200, { evaluations: [{ decision }] });
  });

  it('takes no permission about oneself, but for proposed properties', async () => {
    await ask('dave', add('dave', { parent: folder('7') })).expect(200, { decision: true });
    const proposed = { parent: folder('8'), resource: { type: 'document', properties: { status: 'draft' } } };
    await expectRefusal(ask('dave', add('dave', proposed)), 'forbidden');
  });

  it.each([[7], ['folder:7'], [{ type: 'folder' }], [{ type: '', id: '7' }], [[]]])(
    'that is none is a fault: %j',
    async (parent) => {
      await expectRefusal(ask('gateway', add('dave', { parent })), 'malformed_request');
      const { body } = await askAll('gateway', { evaluations: [add('dave', { parent })] }).expect(200);
      expect(body.evaluations).toEqual([
        { decision: false, context: { error: { status: 400, message: expect.any(String) } } },
      ]);
    },
  );

  it('is the only reason to leave out the id of a resource', async () => {
    await expectRefusal(ask('gateway', add('dave', {})), 'malformed_request');
    const { body } = await askAll('gateway', { parent: null, evaluations: [add('dave', {})] }).expect(200);
    expect(body.evaluations[0].decision).toBe(false);
    expect(body.evaluations[0].context.error.message).toContain('resource');
  });
});

describe('reasons', () => {
  it('are told with each answer to whoever may ask about others', async () => {
    const { body } = await askAll('gateway', {
      evaluations: [view('alice', '1'), view('bob', '1'), view('frank', '1'), {}],
      options: { reasons: true },
    }).expect(200);
    expect(body.evaluations).toEqual([
      {
        decision: true,
        context: {
          reason: 'rule_allows',
          rules: [expect.objectContaining({ source: 'grant', effect: 'allow', placed: 'object' })],
          fields: { only: null, except: [] },
        },
      },
      { decision: false, context: { reason: 'no_rule_allows', rules: [], fields: { only: [], except: [] } } },
      { decision: false, context: { reason: 'subject_inactive', rules: [], fields: { only: [], except: [] } } },
      { decision: false, context: { error: { status: 400, message: expect.any(String) } } },
    ]);
  });

  it('are told to nobody else, not even about themselves', async () => {
    const asked = { evaluations: [view('alice', '1')], options: { reasons: true } };
    await expectRefusal(askAll('alice', asked), 'forbidden');
    await askAll('alice', { ...asked, options: { reasons: false } }).expect(200, { evaluations: [{ decision: true }] });
  });
});
