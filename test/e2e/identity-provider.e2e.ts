import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestIdentityProvider } from '../support/identity-provider.js';
import { query } from '../support/query.js';
import { rawRequest, type RawAnswer } from '../support/raw-request.js';
import { startTestService, type TestService } from '../support/service.js';

const CLAIM = { claim: 'groups', open: ['staff', 'editors', 'later', 'authenticated'] };

let provider: TestIdentityProvider;
let service: TestService;
let user: string;
let users = 0;

beforeAll(async () => {
  provider = await TestIdentityProvider.start();
  service = await startTestService({ identityProvider: provider.options({ groups: CLAIM }) });
  await service.arrange(async (unit) => {
    await unit.types.create({ id: 'doc', actions: ['view', 'change'], creatorActions: [] });
    await unit.objects.create({ type: 'doc', id: 'd', attributes: {} }, null);
    for (const id of ['staff', 'editors', 'closed', 'outer']) await unit.groups.create({ id, description: null });
    await unit.groups.addMember('outer', { type: 'group', id: 'editors' });
    await unit.grants.create([
      { subject: { type: 'group', id: 'staff' }, permission: 'doc:view', object: null },
      { subject: { type: 'group', id: 'outer' }, permission: 'doc:change', object: null },
    ]);
  });
});
afterAll(async () => {
  await service.stop();
  await provider.stop();
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  await service.addUser(user);
});

const now = (): number => Math.floor(Date.now() / 1000);

/** A token that says of the user that it is in these groups, issued so many seconds ago. */
const tokenSaying = (groups: unknown, { ago = 0, of = user }: { ago?: number; of?: string } = {}): Promise<string> =>
  provider.tokenFor(of, { claims: { groups, iat: now() - ago, exp: now() + 300 } });

function send(token: string, path: string, method = 'GET', body?: object): Promise<RawAnswer> {
  return rawRequest(service.app, {
    method,
    path,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

const statusOf = async (token: string): Promise<number> => (await send(token, '/api/v1/objects/doc/d')).status;

async function groupsOf(id = user): Promise<string[]> {
  const rows = await query(
    service.databaseUrl,
    `SELECT g.external_id || CASE WHEN m.from_provider THEN '' ELSE ' by hand' END AS name FROM castellan.memberships m
    JOIN castellan.subjects g ON g.id = m.group_id JOIN castellan.subjects s ON s.id = m.member_id
    WHERE s.external_id = '${id}' ORDER BY 1`,
  );
  return rows.map(({ name }) => String(name));
}

async function changesOf(id = user): Promise<unknown[]> {
  const rows = await query(
    service.databaseUrl,
    `SELECT actor_type || ':' || actor_id || ' ' || action || ' ' || target_id AS change FROM castellan.changes
    WHERE coalesce(before, after)->'member'->>'id' = '${id}' ORDER BY id`,
  );
  return rows.map(({ change }) => change);
}

describe('a user whom the identity provider signs in', () => {
  it('is one that is there: none is made, and a username is no id', async () => {
    await service.arrange((unit) =>
      unit.users.create({
        id: 'u-17',
        username: 'by-name',
        email: null,
        active: true,
        superuser: false,
        attributes: {},
      }),
    );
    expect((await send(await tokenSaying([], { of: 'u-17' }), '/api/v1/auth/me')).status).toBe(200);
    for (const of of ['by-name', 'nobody', 'staff'])
      expect((await send(await tokenSaying(['staff'], { of }), '/api/v1/auth/me')).json).toMatchObject({
        code: 'invalid_token',
      });
    const found = await query(service.databaseUrl, "SELECT 1 FROM castellan.subjects WHERE external_id = 'nobody'");
    expect(found).toEqual([]);
  });

  it('is nobody with the next request when it is deactivated or deleted, and is itself again afterwards', async () => {
    const token = await tokenSaying(['staff']);
    const path = `/api/v1/users/${user}`;
    const statuses = async () => [await statusOf(token), (await send(token, '/api/v1/auth/me')).status];
    expect(await statuses()).toEqual([200, 200]);
    await service.as('admin').patch(path).send({ active: false }).expect(200);
    expect(await statuses()).toEqual([401, 401]);
    await service.as('admin').patch(path).send({ active: true }).expect(200);
    expect(await statuses()).toEqual([200, 200]);
    await service.as('admin').delete(path).expect(204);
    expect(await statuses()).toEqual([401, 401]);
    expect(await groupsOf()).toEqual([]);
    await service.addUser(user);
    // What the provider says of that id counts for whoever has it; what was given by hand does not come back.
    expect(await statuses()).toEqual([200, 200]);
    expect(await groupsOf()).toEqual(['staff']);
  });

  it('makes no token of its own, and sets no password, which would outlast what signed it in', async () => {
    const token = await tokenSaying([]);
    const made = await send(token, `/api/v1/users/${user}/tokens`, 'POST', { name: 'lasting' });
    expect(made).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    await service.arrange((unit) =>
      unit.grants.create(
        ['user:view', 'user:change'].map((permission) => ({
          subject: { type: 'user', id: user },
          permission,
          object: { type: 'user', id: user },
        })),
      ),
    );
    const set = await send(token, `/api/v1/users/${user}`, 'PATCH', { password: 'one that lasts longer' });
    expect(set).toMatchObject({ status: 403, json: { code: 'forbidden' } });
  });

  it('is recorded as the author of what it does', async () => {
    await service.arrange((unit) =>
      unit.grants.create([{ subject: { type: 'user', id: user }, permission: 'group:add', object: null }]),
    );
    expect((await send(await tokenSaying([]), '/api/v1/groups', 'POST', { id: `of-${user}` })).status).toBe(201);
    const rows = await query(
      service.databaseUrl,
      `SELECT actor_type, actor_id FROM castellan.changes WHERE action = 'group.create' AND target_id = 'of-${user}'`,
    );
    expect(rows).toEqual([{ actor_type: 'user', actor_id: user }]);
  });
});

describe('the groups that the identity provider says', () => {
  it('count from the request that brings them on, for everybody who asks, and are recorded', async () => {
    const token = await tokenSaying(['staff', 'editors', 'closed', 'outer', 'nothing', 'anyone', 'authenticated']);
    expect(await statusOf(token)).toBe(200);
    expect(await groupsOf()).toEqual(['editors', 'staff']);
    const asked = {
      subject: { type: 'user', id: user },
      resource: { type: 'doc', id: 'd' },
      action: { name: 'change' },
    };
    const told = await service.as('admin').post('/access/v1/evaluation').send(asked).expect(200);
    expect(told.body).toEqual({ decision: true });
    expect(await changesOf()).toEqual([
      'operator:identity-provider group.member.add staff',
      'operator:identity-provider group.member.add editors',
    ]);
    for (let n = 0; n < 3; n += 1) expect(await statusOf(token)).toBe(200);
    expect(await changesOf()).toHaveLength(2);
  });

  it('are taken away when a later token does not say them, or says none', async () => {
    await statusOf(await tokenSaying(['staff', 'editors'], { ago: 60 }));
    expect(await statusOf(await tokenSaying(['staff'], { ago: 50 }))).toBe(200);
    expect(await groupsOf()).toEqual(['staff']);
    expect(await statusOf(await tokenSaying(undefined, { ago: 40 }))).toBe(404);
    expect(await groupsOf()).toEqual([]);
    expect(await statusOf(await tokenSaying('staff', { ago: 30 }))).toBe(200);
    expect(await groupsOf()).toEqual(['staff']);
  });

  it('are not brought back by a token that was issued earlier, however often it comes', async () => {
    const earlier = await tokenSaying(['staff', 'editors'], { ago: 60 });
    const later = await tokenSaying(['staff'], { ago: 30 });
    await statusOf(earlier);
    await statusOf(later);
    await statusOf(earlier);
    expect(await groupsOf()).toEqual(['staff']);
    expect(await changesOf()).toHaveLength(3);
  });

  it('are not brought by a token that was issued earlier than one that said the same as was there', async () => {
    await statusOf(await tokenSaying(['staff'], { ago: 90 }));
    await statusOf(await tokenSaying(['staff'], { ago: 30 }));
    await statusOf(await tokenSaying(['staff', 'editors'], { ago: 60 }));
    expect(await groupsOf()).toEqual(['staff']);
  });

  it('leave memberships that were made by hand as they are, before and after', async () => {
    const member = `members/user/${user}`;
    await service.as('admin').put(`/api/v1/groups/staff/${member}`).expect(204);
    await service.as('admin').put(`/api/v1/groups/closed/${member}`).expect(204);
    await statusOf(await tokenSaying(['staff', 'editors'], { ago: 60 }));
    expect(await groupsOf()).toEqual(['closed by hand', 'editors', 'staff by hand']);
    // One that the provider made, and somebody wants to stay.
    await service.as('admin').put(`/api/v1/groups/editors/${member}`).expect(204);
    await statusOf(await tokenSaying([], { ago: 30 }));
    expect(await groupsOf()).toEqual(['closed by hand', 'editors by hand', 'staff by hand']);
    expect((await changesOf()).at(-1)).toBe('user:admin group.member.keep editors');
  });

  it('are made once by requests that come together', async () => {
    const token = await tokenSaying(['staff', 'editors']);
    const statuses = await Promise.all(Array.from({ length: 12 }, () => statusOf(token)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await changesOf()).toHaveLength(2);
  });

  it('are not given and taken by turns where two tokens of one second say otherwise', async () => {
    const claims = { iat: now() - 3, exp: now() + 300 };
    const sayings = [['staff'], ['editors'], []];
    const tokens = await Promise.all(
      sayings.map((groups) => provider.tokenFor(user, { claims: { ...claims, groups } })),
    );
    for (let round = 0; round < 4; round += 1) for (const token of tokens) await send(token, '/api/v1/auth/me');
    expect(await groupsOf()).toEqual(['editors', 'staff']);
    expect(await changesOf()).toHaveLength(2);
    await send(await tokenSaying(['staff'], { ago: 1 }), '/api/v1/auth/me');
    expect(await groupsOf()).toEqual(['staff']);
  });

  it('count as soon as there is such a group', async () => {
    const token = await tokenSaying(['later']);
    await send(token, '/api/v1/auth/me');
    expect(await groupsOf()).toEqual([]);
    await service.arrange((unit) => unit.groups.create({ id: 'later', description: null }));
    await send(token, '/api/v1/auth/me');
    expect(await groupsOf()).toEqual(['later']);
    await service.arrange((unit) => unit.groups.delete('later'));
  });

  it('sign nobody in when they are said in a way that can not be read', async () => {
    for (const groups of [{ staff: true }, ['staff', 1], 7, [['staff']]])
      expect(await statusOf(await tokenSaying(groups))).toBe(401);
    const undated = await provider.tokenFor(user, { claims: { groups: ['staff'], iat: undefined } });
    expect(await statusOf(undated)).toBe(401);
    expect(await groupsOf()).toEqual([]);
  });

  it('are those of the user alone, and of nobody who only brings the id', async () => {
    const other = `${user}-other`;
    await service.addUser(other);
    await Promise.all([
      statusOf(await tokenSaying(['staff'])),
      statusOf(await tokenSaying(['editors'], { of: other })),
    ]);
    expect([await groupsOf(), await groupsOf(other)]).toEqual([['staff'], ['editors']]);
    const forged = `${(await tokenSaying(['editors'])).slice(0, -8)}AAAAAAAA`;
    expect(await statusOf(forged)).toBe(401);
    expect(await groupsOf()).toEqual(['staff']);
  });

  it('are no way in when they can not be written', async () => {
    const token = await tokenSaying(['staff']);
    await query(service.databaseUrl, 'ALTER TABLE castellan.provider_sayings RENAME TO away');
    try {
      expect(await statusOf(token)).toBe(500);
    } finally {
      await query(service.databaseUrl, 'ALTER TABLE castellan.away RENAME TO provider_sayings');
      service.unexpected.length = 0;
    }
    expect(await groupsOf()).toEqual([]);
    expect(await statusOf(token)).toBe(200);
  });
});
