import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../support/problem.js';
import { action, record, user } from './certified-service.js';
import { RECORDS, SEARCHES, startSearchedService, type SearchedService } from './many-records.js';

let service: SearchedService;

beforeAll(async () => {
  service = await startSearchedService();
});
afterAll(() => service.stop());

const search = (what: string, body: object, as?: string) => service.search(what, body, as);
const refused = (what: string, body: object, as = 'harness') => service.send(what, body, as);

describe('what a search finds', () => {
  const decide = async (subject: object, name: string, resource: object): Promise<boolean> =>
    (await service.ask('evaluation', { subject, action: action(name), resource }).expect(200)).body.decision;

  it.each(['read', 'write', 'delete'])('is exactly who may %s, by a decision about each', async (name) => {
    const users = ['admin', 'alice', 'bob', 'harness', 'gone', 'nobody'].map((id) => user(id));
    for (const resource of [record('record-1'), record('record-2'), record('record-7'), record('unregistered')]) {
      const expected = [];
      for (const one of users) if (await decide(one, name, resource)) expected.push(one);
      const { results } = await search('subject', { subject: { type: 'user' }, action: action(name), resource });
      expect(results).toEqual(expected);
    }
  });

  it.each(['read', 'write', 'delete'])('is exactly what one may %s, by a decision about each', async (name) => {
    const all = Array.from({ length: RECORDS }, (_, n) => record(`record-${n + 1}`));
    for (const subject of [
      user('admin'),
      user('alice'),
      user('bob', { role: 'none' }),
      user('harness'),
      user('gone'),
    ]) {
      const expected = [];
      for (const one of all) if (await decide(subject, name, one)) expected.push(one);
      const { results } = await search('resource', { subject, action: action(name), resource: { type: 'record' } });
      expect(results).toEqual(expected);
    }
  });

  it('is exactly what one may do, by a decision about each', async () => {
    for (const subject of [user('admin'), user('alice'), user('bob'), user('harness'), user('gone')]) {
      for (const resource of [record('record-1'), record('record-2'), record('record-7')]) {
        const expected = [];
        for (const name of ['view', 'read', 'write', 'delete'])
          if (await decide(subject, name, resource)) expected.push({ name });
        expect((await search('action', { subject, resource })).results).toEqual(expected);
      }
    }
  });

  it('reaches through groups in groups', async () => {
    const who = { subject: { type: 'user' }, action: action('delete'), resource: record('record-7') };
    expect((await search('subject', who)).results).toEqual([user('admin'), user('harness')]);
    const groups = { ...who, subject: { type: 'group' } };
    expect((await search('subject', groups)).results).toEqual([
      { type: 'group', id: 'staff' },
      { type: 'group', id: 'team' },
    ]);
  });

  it('goes by the properties of what it searches for, as if each had them', async () => {
    const write = { action: action('write'), resource: record('record-2') };
    const admins = await search('subject', { ...write, subject: { type: 'user', properties: { role: 'admin' } } });
    expect(admins.results).toEqual([user('admin'), user('alice'), user('bob'), user('harness')]);
    const nobody = await search('subject', { ...write, subject: { type: 'user', properties: { role: 'none' } } });
    expect(nobody.results).toEqual([user('admin')]);
    const archived = { type: 'record', properties: { status: 'archived' } };
    const alice = await search('resource', { subject: user('alice'), action: action('write'), resource: archived });
    expect(alice.results).toEqual([]);
    const bob = await search('resource', { subject: user('bob'), action: action('write'), resource: archived });
    expect(bob.results).toHaveLength(RECORDS);
  });

  it('holds names alone, and no attributes', async () => {
    const { results } = await search('resource', SEARCHES.resource);
    for (const result of results) expect(Object.keys(result)).toEqual(['type', 'id']);
  });

  it('is what holds at that moment', async () => {
    const grant = { subject: user('bob'), permission: 'record:delete', object: record('record-5') };
    const what = { subject: user('bob'), action: action('delete'), resource: { type: 'record' } };
    const { body } = await service.as('admin').post('/api/v1/grants').send(grant).expect(201);
    expect((await search('resource', what)).results).toEqual([record('record-5')]);
    await service.as('admin').delete(`/api/v1/grants/${body.id}`).expect(204);
    expect((await search('resource', what)).results).toEqual([]);
  });
});

describe('the right to search', () => {
  it.each(['alice', 'bob'])('comes with being the subject: %s', async (as) => {
    const what = { subject: user(as), action: action('read'), resource: { type: 'record' } };
    expect((await search('resource', what, as)).results).toHaveLength(RECORDS);
    const does = { subject: user(as, {}), resource: record('record-1', {}), context: { a: 1 } };
    expect((await search('action', does, as)).results).toContainEqual({ name: 'read' });
  });

  it.each([
    [
      'a search for subjects',
      'subject',
      { subject: { type: 'user' }, action: action('read'), resource: record('record-1') },
    ],
    ['a search for oneself', 'subject', { subject: user('bob'), action: action('read'), resource: record('record-1') }],
    [
      'the resources of another',
      'resource',
      { subject: user('alice'), action: action('read'), resource: { type: 'record' } },
    ],
    [
      'the resources of nobody',
      'resource',
      { subject: user('nobody'), action: action('read'), resource: { type: 'record' } },
    ],
    [
      'properties of the subject',
      'resource',
      { subject: user('bob', { a: 1 }), action: action('read'), resource: { type: 'record' } },
    ],
    [
      'properties of the action',
      'resource',
      { subject: user('bob'), action: action('read', { a: 1 }), resource: { type: 'record' } },
    ],
    [
      'properties of the resources',
      'resource',
      { subject: user('bob'), action: action('read'), resource: { type: 'record', properties: { a: 1 } } },
    ],
    ['the actions of another', 'action', { subject: user('alice'), resource: record('record-1') }],
    [
      'the actions of a subject with properties',
      'action',
      { subject: user('bob', { a: 1 }), resource: record('record-1') },
    ],
    [
      'the actions on a resource with properties',
      'action',
      { subject: user('bob'), resource: record('record-1', { a: 1 }) },
    ],
  ])('is access:evaluate for %s', async (_, what, body) => {
    await expectRefusal(refused(what, body, 'bob'), 'forbidden');
    await search(what, body);
  });

  it.each(Object.entries(SEARCHES))('is nobody’s who has not signed in: %s', async (what, body) => {
    await expectRefusal(service.send(what, body, undefined), 'not_authenticated');
  });

  it('is refused in the same words whatever there is to be found', async () => {
    const bodies = ['record-1', 'nothing'].map((id) => ({ subject: user('alice'), resource: record(id) }));
    const [one, other] = await Promise.all(bodies.map((body) => refused('action', body, 'bob')));
    expect(one?.status).toBe(403);
    expect(one?.body).toEqual(other?.body);
  });
});
