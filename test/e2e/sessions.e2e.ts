import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../support/query.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';

interface Listed {
  readonly id: string;
  readonly current: boolean;
  readonly userAgent: string | null;
}

const SESSIONS = '/api/v1/auth/sessions';

describe('the sessions of a user', () => {
  let service: TestService;

  /** A browser that has signed in. */
  async function browser(username: string, agent: string) {
    const client = supertest.agent(service.app.getHttpServer()).set('user-agent', agent);
    const { body } = await client.post('/api/v1/auth/login').send({ username, password: PASSWORD }).expect(200);
    return {
      get: (path: string) => client.get(path),
      delete: (path: string) => client.delete(path).set('x-csrf-token', String(body.csrfToken)),
      post: (path: string) => client.post(path).set('x-csrf-token', String(body.csrfToken)),
      list: async (): Promise<Listed[]> => (await client.get(SESSIONS).expect(200)).body.items as Listed[],
    };
  }
  const agents = (sessions: readonly Listed[]) => sessions.map(({ userAgent }) => userAgent);
  const endings = async (): Promise<string[]> => {
    const rows = await query(
      service.databaseUrl,
      `SELECT before->>'userAgent' AS agent FROM castellan.changes WHERE action = 'session.delete' ORDER BY id`,
    );
    return rows.map(({ agent }) => String(agent));
  };

  beforeAll(async () => {
    service = await startTestService();
    for (const username of ['alice', 'bob', 'carol']) await service.addUser(username);
  });
  afterAll(() => service.stop());

  it('are listed to the user alone, each with whence it came, and never what opens it', async () => {
    const [laptop, phone, other] = [
      await browser('alice', 'laptop'),
      await browser('alice', 'phone'),
      await browser('bob', 'bobs'),
    ];
    const { body } = await phone.get(SESSIONS).expect(200);
    expect(body.next).toBeNull();
    const [first, second] = body.items;
    const time = expect.stringMatching(/^\d{4}-.*Z$/);
    const common = { id: expect.any(String), createdAt: time, usedAt: time, expiresAt: time, address: '127.0.0.1' };
    expect(body.items).toEqual([
      { ...common, userAgent: 'laptop', current: false },
      { ...common, userAgent: 'phone', current: true },
    ]);
    expect([first.id < second.id, agents(await other.list())]).toEqual([true, ['bobs']]);
    const page = (await laptop.get(`${SESSIONS}?limit=1`)).body;
    expect(agents(page.items)).toEqual(['laptop']);
    const rest = await laptop.get(`${SESSIONS}?limit=1&cursor=${encodeURIComponent(page.next)}`);
    expect([agents(rest.body.items), rest.body.next]).toEqual([['phone'], null]);
    await other.get(`${SESSIONS}?limit=1&cursor=${encodeURIComponent(page.next)}`).expect(400);
    const stored = JSON.stringify(await query(service.databaseUrl, 'SELECT sid, sess FROM castellan.sessions'));
    for (const { id } of body.items) expect(stored).not.toContain(id);
  });

  it('are ended one by one, at once, and never by somebody else', async () => {
    const [one, other, mallory] = [
      await browser('carol', 'one'),
      await browser('carol', 'other'),
      await browser('bob', 'x'),
    ];
    const [first] = await one.list();
    for (const id of [String(first?.id), 'none', '019abc00-0000-7000-8000-000000000001'])
      await mallory.delete(`${SESSIONS}/${id}`).expect(404);
    await other.delete(`${SESSIONS}/${first?.id}`).expect(204);
    await one.get('/api/v1/auth/me').expect(401);
    await other.delete(`${SESSIONS}/${first?.id}`).expect(404);
    expect(agents(await other.list())).toEqual(['other']);
    expect((await endings()).at(-1)).toBe('one');
  });

  it('are all ended but the one that asks; or all, where none does', async () => {
    const browsers = [await browser('alice', 'a'), await browser('alice', 'b'), await browser('alice', 'c')];
    const bob = await browser('bob', 'kept');
    await browsers[1]?.delete(SESSIONS).expect(204);
    const statuses = await Promise.all(browsers.map(async ({ get }) => (await get('/api/v1/auth/me')).status));
    expect(statuses).toEqual([401, 200, 401]);
    await bob.get('/api/v1/auth/me').expect(200);
    await service.as('alice').delete(SESSIONS).expect(204);
    await browsers[1]?.get('/api/v1/auth/me').expect(401);
    await bob.get('/api/v1/auth/me').expect(200);
  });

  it('ended by a sign-out are in the audit trail, once', async () => {
    const client = await browser('bob', 'signed out');
    await client.post('/api/v1/auth/logout').expect(204);
    await client.get('/api/v1/auth/me').expect(401);
    expect((await endings()).filter((agent) => agent === 'signed out')).toHaveLength(1);
  });

  it('that another password has ended are not listed', async () => {
    const client = await browser('carol', 'before');
    expect(agents(await client.list())).toContain('before');
    await service.arrange((unit) => unit.users.update('carol', { passwordHash: 'another' }));
    await client.get(SESSIONS).expect(401);
    const left = await query(
      service.databaseUrl,
      `SELECT 1 FROM castellan.sessions e JOIN castellan.subjects s ON s.id = e.subject_id WHERE s.external_id = 'carol'`,
    );
    expect(left.length).toBeLessThanOrEqual(1);
  });

  it('want their CSRF token to be ended', async () => {
    const client = supertest.agent(service.app.getHttpServer());
    await client.post('/api/v1/auth/login').send({ username: 'alice', password: PASSWORD }).expect(200);
    await client.delete(SESSIONS).expect(403);
    await client.get('/api/v1/auth/me').expect(200);
  });
});
