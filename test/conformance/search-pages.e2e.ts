import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../support/problem.js';
import { query } from '../support/query.js';
import { action, record, user } from './certified-service.js';
import { SEARCHES, startSearchedService, type SearchedService } from './many-records.js';

let service: SearchedService;

beforeAll(async () => {
  service = await startSearchedService();
});
afterAll(() => service.stop());

const search = (what: string, body: object, as?: string) => service.search(what, body, as);
const refused = (what: string, body: object, as = 'harness') => service.send(what, body, as);

describe.each(Object.entries(SEARCHES))('the pages of a search by %s', (what, body) => {
  it.each([1, 2, 3, 7, 1000])('of %i hold together what one page holds, nothing twice', async (limit) => {
    const whole = await search(what, { ...body, page: { limit: 1000 } });
    expect(whole.page).toEqual({ next_token: '', count: whole.results.length });
    expect(whole.results.length).toBeGreaterThan(1);
    const found: object[] = [];
    let page: object = { limit };
    for (;;) {
      const answer = await search(what, { ...body, page });
      found.push(...answer.results);
      expect(answer.page.count).toBe(answer.results.length);
      expect(answer.results.length).toBeLessThanOrEqual(limit);
      if (answer.page.next_token === '') break;
      expect(answer.results).toHaveLength(limit);
      expect(found.length).toBeLessThan(whole.results.length);
      page = { limit, token: answer.page.next_token };
    }
    expect(found).toEqual(whole.results);
  });

  it('go on with the limit of the first where none is named', async () => {
    const first = await search(what, { ...body, page: { limit: 1 } });
    const second = await search(what, { ...body, page: { token: first.page.next_token } });
    expect(second.results).toHaveLength(1);
    expect(second.results).not.toEqual(first.results);
  });

  it('may be of nothing, and say whether there is something', async () => {
    const none = await search(what, { ...body, page: { limit: 0 } });
    expect(none).toEqual({ page: { next_token: expect.stringMatching(/./), count: 0 }, results: [] });
    const again = await search(what, { ...body, page: { limit: 0, token: none.page.next_token } });
    expect(again.page.next_token).not.toBe('');
    const nothing = { ...body, resource: { type: 'nothing', id: '1' }, page: { limit: 0 } };
    expect(await search(what, nothing)).toEqual({ page: { next_token: '', count: 0 }, results: [] });
  });

  it('are counted when that is asked for, on each of them', async () => {
    const { length } = (await search(what, body)).results;
    const properties = { total: true, sort: 'id' };
    const first = await search(what, { ...body, page: { limit: 1, properties } });
    expect(first.page).toEqual({ next_token: expect.stringMatching(/./), count: 1, total: length });
    const second = await search(what, { ...body, page: { token: first.page.next_token, properties } });
    expect(second.page.total).toBe(length);
    for (const total of [false, 'true', 1, null]) {
      expect((await search(what, { ...body, page: { properties: { total } } })).page).not.toHaveProperty('total');
    }
  });

  it('fit the same request however it is written', async () => {
    const { page, results } = await search(what, {
      ...body,
      context: { a: 1, b: { c: 2, d: [3] } },
      page: { limit: 1 },
    });
    const turned = Object.fromEntries(
      Object.entries({ ...body, context: { b: { d: [3], c: 2 }, a: 1 }, unknown: 1 }).toReversed(),
    );
    const next = await search(what, { page: { token: page.next_token }, ...turned });
    expect(next.results).not.toEqual(results);
  });

  it('fit the same request with an id of what is searched for, which is ignored', async () => {
    const { page, results } = await search(what, { ...body, page: { limit: 1 } });
    const ids =
      what === 'subject' ? { subject: user('bob') } : { resource: record(what === 'action' ? 'record-1' : 'x') };
    const next = await search(what, { ...body, ...ids, page: { token: page.next_token } });
    expect(next.results).not.toEqual(results);
  });

  it('fit no other request', async () => {
    const asked = { ...body, context: { a: 1 } };
    const { page } = await search(what, { ...asked, page: { limit: 1 } });
    const token = page.next_token;
    const others: Record<string, object> = {
      'another context': { ...asked, context: { a: 2 } },
      'no context': body,
      'another subject type': { ...asked, subject: { type: 'service', id: 'alice' } },
      'another resource type': { ...asked, resource: { type: 'access', id: 'record-1' } },
      'properties of the subject': { ...asked, subject: { ...user('alice'), properties: { a: 1 } } },
      'properties of the resource': { ...asked, resource: { ...record('record-1'), properties: { a: 1 } } },
      ...(what === 'subject' ? {} : { 'another subject': { ...asked, subject: user('bob') } }),
      ...(what === 'resource' ? {} : { 'another resource': { ...asked, resource: record('record-2') } }),
      ...(what === 'action'
        ? {}
        : {
            'another action': { ...asked, action: action('delete') },
            'properties of the action': {
              ...asked,
              action: { ...(body as { action: object }).action, properties: {} },
            },
          }),
    };
    for (const [name, other] of Object.entries(others)) {
      const { status, body: problem } = await refused(what, { ...other, page: { token } });
      expect([name, status, problem.code, problem.errors]).toEqual([
        name,
        400,
        'invalid_cursor',
        [{ path: 'page.token', message: 'is not one of this search' }],
      ]);
    }
    await search(what, { ...asked, page: { token } });
  });

  it('fit no other search', async () => {
    const { page } = await search(what, { ...body, page: { limit: 1 } });
    for (const other of Object.keys(SEARCHES).filter((name) => name !== what)) {
      // A request that is whole for each of the three.
      const all = { subject: user('alice'), action: action('write'), resource: record('record-1') };
      await expectRefusal(
        refused(other, {
          ...all,
          ...body,
          subject: user('alice'),
          resource: record('record-1'),
          page: { token: page.next_token },
        }),
        'invalid_cursor',
        'page.token',
      );
    }
  });

  it('fit no other caller', async () => {
    const { page } = await search(what, { ...body, page: { limit: 1 } });
    await expectRefusal(refused(what, { ...body, page: { token: page.next_token } }, 'admin'), 'invalid_cursor');
    await search(what, { ...body, page: { token: page.next_token } });
  });

  it('have the same limit throughout', async () => {
    const { page } = await search(what, { ...body, page: { limit: 1 } });
    for (const limit of [0, 2, 50, 1000]) {
      const other = { ...body, page: { limit, token: page.next_token } };
      await expectRefusal(refused(what, other), 'invalid_cursor', 'page.limit');
    }
  });

  it('are opened by no token that was tampered with', async () => {
    const { page } = await search(what, { ...body, page: { limit: 1 } });
    const bytes = Buffer.from(page.next_token, 'base64url');
    for (let at = 0; at < bytes.length; at += 5) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      const token = changed.toString('base64url');
      await expectRefusal(refused(what, { ...body, page: { token } }), 'invalid_cursor', 'page.token');
    }
    for (const token of [page.next_token.slice(0, -4), page.next_token.repeat(2), 'x', 'next', '1 0', '../..']) {
      await expectRefusal(refused(what, { ...body, page: { token } }), 'invalid_cursor', 'page.token');
    }
  });

  it('take no page that is none', async () => {
    const wrong: [unknown, string][] = [
      [null, 'page'],
      ['1', 'page'],
      [[], 'page'],
      ...['', null, 1, {}, ['a']].map((token): [unknown, string] => [{ token }, 'page.token']),
      ...[-1, 1.5, '10', null, true, [1], 1e300].map((limit): [unknown, string] => [{ limit }, 'page.limit']),
      ...['total', null, []].map((properties): [unknown, string] => [{ properties }, 'page.properties']),
    ];
    for (const [page, path] of wrong) {
      await expectRefusal(refused(what, { ...body, page }), 'malformed_request', path);
    }
    await search(what, { ...body, page: {} });
    await search(what, { ...body, page: { size: 1, offset: 10 } });
  });
});

describe('a page of a search', () => {
  it('holds 50 where no limit is named, and never more than 1000', async () => {
    await service.arrange(async (unit) => {
      await unit.types.create({ id: 'leaf', actions: ['view'], creatorActions: [] });
      await unit.grants.create([{ subject: user('alice'), permission: 'leaf:view', object: null }]);
    });
    await query(
      service.databaseUrl,
      `INSERT INTO castellan.objects (type_id, external_id)
        SELECT t.id, n FROM castellan.types t, generate_series(0, 1000) n WHERE t.name = 'leaf' ORDER BY n`,
    );
    const body = { subject: user('alice'), action: action('view'), resource: { type: 'leaf' } };
    const usual = await search('resource', body);
    expect(usual.page).toEqual({ next_token: expect.stringMatching(/./), count: 50 });
    const most = await search('resource', { ...body, page: { limit: 5000 } });
    expect(most.page).toEqual({ next_token: expect.stringMatching(/./), count: 1000 });
    const rest = await search('resource', { ...body, page: { limit: 5000, token: most.page.next_token } });
    expect(rest).toEqual({ page: { next_token: '', count: 1 }, results: [{ type: 'leaf', id: '1000' }] });
  });

  it('tells nothing by its token but that there is more', async () => {
    const tokens = await Promise.all(
      [1, 1, 2, 20].map((limit) => search('resource', { ...SEARCHES.resource, page: { limit: Math.min(limit, 10) } })),
    );
    expect(new Set(tokens.map(({ page }) => page.next_token)).size).toBe(tokens.length);
    expect(new Set(tokens.map(({ page }) => page.next_token.length)).size).toBe(1);
  });
});
