import { createMongoAbility, type MongoAbility, type RawRuleOf } from '@casl/ability';
import { unpackRules } from '@casl/ability/extra';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CastellanClient, type Fetch } from '../../src/client/index.js';
import { declaredRoutes } from '../../src/nest/undeclared-routes.js';
import { isOfClient, routeOf } from '../support/routes.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';
import { addressOf, clientOf, fetchWithCookies } from '../support/service-client.js';

const alice = { type: 'user', id: 'alice' } as const;
const post = (id: string) => ({ type: 'post', id });

let service: TestService;
let admin: CastellanClient;
/** Requests that a client sent, as `GET /api/v1/users/alice`. */
const sent = new Set<string>();

const recording =
  (inner: Fetch): Fetch =>
  async (url, init) => {
    sent.add(`${init.method} ${new URL(url).pathname}`);
    return inner(url, init);
  };

beforeAll(async () => {
  service = await startTestService();
  admin = clientOf(service, 'admin', { fetch: recording(fetch) });
  await service.addUser('alice');
  await service.addUser('bob');
  await service.arrange(async (unit) => {
    await unit.types.create({ id: 'post', actions: ['view', 'add', 'change', 'delete', 'grant'], creatorActions: [] });
    await unit.objects.create({ ...post('1'), attributes: { status: 'draft' } }, null);
  });
});
afterAll(() => service.stop());

describe('the client, against the service', () => {
  it('asks after its health', async () => {
    const anonymous = clientOf(service, undefined, { fetch: recording(fetch) });
    expect(await anonymous.health.live()).toEqual({ status: 'ok' });
    expect(await anonymous.health.ready()).toEqual({ status: 'ok' });
  });

  it('lists, makes, changes and deletes users', async () => {
    const { users } = admin;
    const made = await users.create({ username: 'carol', email: 'carol@example.com', attributes: { a: 1, b: 2 } });
    expect(made).toEqual({
      id: 'carol',
      username: 'carol',
      email: 'carol@example.com',
      active: true,
      superuser: false,
      attributes: { a: 1, b: 2 },
    });
    expect(await users.get('carol')).toEqual(made);
    const changed = await users.update('carol', { email: null, attributes: { a: null, c: 3 } });
    expect(changed).toEqual({ ...made, email: null, attributes: { b: 2, c: 3 } });
    const page = await users.list({ limit: 100, total: true });
    expect(page).toMatchObject({ next: null, total: page.items.length });
    expect(page.items).toContainEqual(changed);
    expect(await users.delete('carol')).toBeUndefined();
    await expect(users.get('carol')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('makes, lists and deletes the tokens of a user, and signs in by one', async () => {
    const tokens = admin.users.tokens('alice');
    const { token, ...made } = await tokens.create({ name: 'the nightly import', expiresAt: '2999-01-01T00:00:00Z' });
    expect(made).toMatchObject({ name: 'the nightly import', expiresAt: '2999-01-01T00:00:00.000Z' });
    expect(await tokens.list()).toEqual({ items: [made], next: null });
    const own = new CastellanClient({ url: addressOf(service), token });
    expect(await own.auth.me()).toMatchObject({ user: { id: 'alice' }, csrfToken: null });
    await tokens.delete(made.id);
    await expect(own.auth.me()).rejects.toMatchObject({ name: 'InvalidCredentialsError', code: 'invalid_token' });
  });

  it('lists and ends the sessions of the caller', async () => {
    const [page, phone] = await Promise.all(
      ['page', 'phone'].map(async () => {
        const fetching = recording(fetchWithCookies());
        const client = new CastellanClient({ url: addressOf(service), fetch: fetching });
        await client.auth.login({ username: 'bob', password: PASSWORD });
        return client;
      }),
    );
    const current = async (of: CastellanClient | undefined): Promise<boolean[]> =>
      (await of?.auth.sessions.list())?.items.map((session) => session.current) ?? [];
    expect((await current(page)).filter(Boolean)).toEqual([true]);
    const other = (await page?.auth.sessions.list())?.items.find((session) => !session.current);
    await page?.auth.sessions.end(String(other?.id));
    await expect(phone?.auth.me()).rejects.toMatchObject({ code: 'not_authenticated' });
    await phone?.auth.login({ username: 'bob', password: PASSWORD });
    await page?.auth.sessions.endOthers();
    expect(await current(page)).toEqual([true]);
  });

  it('reads the audit trail, and goes on after what it has seen', async () => {
    const [last] = (await admin.changes.list({ limit: 1 })).items;
    await admin.groups.create({ id: 'audited' });
    const since = await admin.changes.list({ order: 'oldest', after: String(last?.id) });
    expect(since.items.map(({ action, target }) => [action, target.id])).toEqual([['group.create', 'audited']]);
    await admin.groups.delete('audited');
  });

  it('lists, makes, changes and deletes groups, and who is in them', async () => {
    const { groups } = admin;
    expect(await groups.create({ id: 'staff' })).toEqual({ id: 'staff', description: null });
    expect(await groups.update('staff', { description: 'All of us' })).toEqual(await groups.get('staff'));
    await groups.create({ id: 'all' });
    await groups.members.add('staff', alice);
    await groups.members.add('staff', alice);
    await groups.members.add('all', { type: 'group', id: 'staff' });
    expect(await groups.members.list('staff')).toEqual({ items: [alice], next: null });
    expect(await groups.members.list('all')).toEqual({ items: [{ type: 'group', id: 'staff' }], next: null });
    await groups.members.remove('all', { type: 'group', id: 'staff' });
    expect((await groups.members.list('all')).items).toEqual([]);
    expect((await groups.list()).items.map(({ id }) => id)).toEqual(expect.arrayContaining(['staff', 'all', 'anyone']));
    await groups.delete('all');
    await expect(groups.get('all')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('lists, makes, changes and deletes roles', async () => {
    const { roles } = admin;
    const condition = { 'resource.status': 'draft' };
    const rules = [{ permission: 'post:view', condition, fields: ['status'] }];
    const made = await roles.create({ id: 'reader', rules });
    expect(made).toMatchObject({
      id: 'reader',
      description: null,
      rules: [{ effect: 'allow', condition }],
      includes: [],
    });
    await roles.create({ id: 'editor', includes: ['reader'] });
    expect(await roles.update('editor', { description: 'Edits' })).toEqual(await roles.get('editor'));
    expect((await roles.list({ total: true })).total).toBe(2);
    await roles.delete('editor');
    expect((await roles.list()).items).toEqual([made]);
  });

  it('lists, makes, changes and deletes types', async () => {
    const { types } = admin;
    const made = await types.create({ id: 'folder' });
    expect(made).toMatchObject({ id: 'folder', mode: 'union', builtIn: false });
    const changed = await types.update('folder', { actions: ['view', 'sort'], creatorActions: [], mode: 'both' });
    expect(changed).toMatchObject({ actions: ['view', 'sort'], mode: 'both' });
    expect(await types.get('folder')).toEqual(changed);
    expect((await types.list()).items).toContainEqual(changed);
    await types.delete('folder');
    await expect(types.get('folder')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('lists, makes, changes and deletes objects of a type', async () => {
    const posts = admin.objects('post');
    expect(posts.type).toBe('post');
    const made = await posts.create({ id: '2', parent: post('1'), attributes: { status: 'final', n: 3, tags: ['a'] } });
    expect(made).toEqual({
      type: 'post',
      id: '2',
      parent: post('1'),
      attributes: { status: 'final', n: 3, tags: ['a'] },
    });
    expect(await posts.update('2', { attributes: { tags: null } })).toEqual(await posts.get('2'));
    const idsOf = async (query?: Parameters<typeof posts.list>[0]): Promise<string[]> =>
      (await posts.list(query)).items.map(({ id }) => id);
    expect(await idsOf()).toEqual(['1', '2']);
    expect(await idsOf({ attributes: { status: 'final', n: 3 } })).toEqual(['2']);
    expect(await idsOf({ attributes: { status: 'final', n: 4 } })).toEqual([]);
    expect(await idsOf({ action: 'change', total: true })).toEqual(['1', '2']);
    await posts.create({ id: '3', parent: post('2') });
    await expect(posts.delete('2')).rejects.toMatchObject({ code: 'has_children' });
    await posts.delete('2', { cascade: true });
    expect(await idsOf()).toEqual(['1']);
    await posts.create({ id: '4' });
    await posts.delete('4');
  });

  it('gives and takes roles', async () => {
    const { assignments } = admin;
    const asked = { subject: alice, role: 'reader', object: post('1'), expiresAt: '2999-01-01T00:00:00+01:00' };
    const made = await assignments.create(asked);
    expect(made).toMatchObject({ ...asked, startsAt: null, expiresAt: '2998-12-31T23:00:00.000Z' });
    expect(await assignments.create(asked)).toEqual(made);
    for (const query of [{}, { subject: alice }, { role: 'reader' }, { object: post('1') }]) {
      expect(await assignments.list(query)).toEqual({ items: [made], next: null });
    }
    expect((await assignments.list({ object: post('2') })).items).toEqual([]);
    await assignments.delete(made.id);
    expect((await assignments.list()).items).toEqual([]);
  });

  it('gives and takes grants, one or many', async () => {
    const { grants } = admin;
    const asked = { subject: alice, permission: 'post:view', object: post('1') };
    const made = await grants.create(asked);
    expect(made).toMatchObject({ ...asked, effect: 'allow', condition: null, fields: null });
    expect(await grants.create(asked)).toEqual(made);
    const { items } = await grants.createBatch([asked, { ...asked, permission: 'post:change', effect: 'deny' }]);
    expect(items).toEqual([made, expect.objectContaining({ permission: 'post:change', effect: 'deny' })]);
    for (const query of [{ subject: alice }, { object: post('1') }]) {
      expect((await grants.list(query)).items.map(({ id }) => id).toSorted()).toEqual(
        items.map(({ id }) => id).toSorted(),
      );
    }
    expect((await grants.list({ permission: 'post:view' })).items).toEqual([made]);
    for (const { id } of items) await grants.delete(id);
    expect((await grants.list({ subject: alice })).items).toEqual([]);
  });

  it('asks for decisions, and for the lists that they make', async () => {
    const grant = await admin.grants.create({ subject: alice, permission: 'post:view', object: post('1') });
    const { authzen } = admin;
    const question = { subject: alice, action: { name: 'view' }, resource: post('1') };
    expect(await authzen.evaluation(question)).toEqual({ decision: true });
    expect(await authzen.evaluation({ ...question, action: { name: 'change' } })).toEqual({ decision: false });
    const several = await authzen.evaluations({
      subject: alice,
      resource: post('1'),
      evaluations: [{ action: { name: 'view' } }, { action: { name: 'change' } }, {}],
    });
    expect(several.evaluations.map(({ decision }) => decision)).toEqual([true, false, false]);
    expect(several.evaluations[2]?.context?.error).toMatchObject({ status: 400 });
    const upTo = await authzen.evaluations({
      ...question,
      evaluations: [{}, { action: { name: 'change' } }, {}],
      options: { evaluations_semantic: 'deny_on_first_deny' },
    });
    expect(upTo.evaluations).toEqual([{ decision: true }, { decision: false }]);
    expect(await authzen.searchSubjects({ ...question, subject: { type: 'user' } })).toMatchObject({
      results: expect.arrayContaining([alice, { type: 'user', id: 'admin' }]),
    });
    expect(await authzen.searchResources({ ...question, resource: { type: 'post' } })).toMatchObject({
      page: { next_token: '', count: 1 },
      results: [post('1')],
    });
    expect(await authzen.searchActions(question)).toMatchObject({ results: [{ name: 'view' }] });
    const own = clientOf(service, 'alice');
    expect(await own.authzen.evaluation(question)).toEqual({ decision: true });
    await admin.grants.delete(grant.id);
    expect(await own.authzen.evaluation(question)).toEqual({ decision: false });
  });

  it('asks about what is yet to be made, by another mode, and for reasons', async () => {
    const grant = await admin.grants.create({ subject: alice, permission: 'post:add', object: post('1') });
    const { authzen } = admin;
    const add = { subject: alice, action: { name: 'add' }, resource: { type: 'post', properties: { a: 1 } } };
    expect(await authzen.evaluation({ ...add, parent: post('1') })).toEqual({ decision: true });
    expect(await authzen.evaluation({ ...add, parent: null })).toEqual({ decision: false });
    const onPost = { ...add, resource: post('1') };
    expect(await authzen.evaluation({ ...onPost, mode: 'object' })).toEqual({ decision: true });
    expect(await authzen.evaluation({ ...onPost, mode: 'both' })).toEqual({ decision: false });
    expect((await authzen.searchActions({ ...onPost, mode: 'both' })).results).toEqual([]);
    const { evaluations } = await authzen.evaluations({ evaluations: [onPost], options: { reasons: true } });
    expect(evaluations).toMatchObject([
      { decision: true, context: { reason: 'rule_allows', rules: [{ id: grant.id }] } },
    ]);
    await admin.grants.delete(grant.id);
  });

  it('tells what somebody holds everywhere, for the caller also in the language of CASL', async () => {
    const grant = await admin.grants.create({ subject: alice, permission: 'post:view' });
    const rule = { permission: 'post:view', effect: 'allow', condition: null, fields: null };
    expect(await admin.access.ability(alice)).toMatchObject({ rules: [rule] });
    const own = clientOf(service, 'alice', { fetch: recording(fetch) });
    const { rules, approximated } = await own.auth.ability();
    expect(approximated).toEqual([]);
    const ability = createMongoAbility(unpackRules<RawRuleOf<MongoAbility>>(rules));
    expect([ability.can('view', 'post'), ability.can('change', 'post')]).toEqual([true, false]);
    await admin.grants.delete(grant.id);
  });

  it('reads where the parts of AuthZEN are', async () => {
    const configuration = await admin.authzen.configuration();
    expect(configuration.access_evaluation_endpoint).toBe(`${addressOf(service)}/access/v1/evaluation`);
  });

  it('has decisions explained', async () => {
    const explained = await admin.access.explain({ subject: alice, permission: 'post:view', object: post('1') });
    expect(explained).toMatchObject({ decision: { allowed: false, reason: 'no_rule_allows' }, counted: [] });
    const supplied = { context: { ip: '192.0.2.1' } };
    const add = { subject: { type: 'user', id: 'admin' }, permission: 'post:add', parent: post('1'), supplied };
    expect(await admin.access.explain(add)).toMatchObject({ decision: { allowed: true, reason: 'superuser' } });
  });

  it('knows who it is, and changes its own password', async () => {
    const own = clientOf(service, 'alice', { fetch: recording(fetch) });
    expect(await own.auth.me()).toMatchObject({ user: { id: 'alice' }, csrfToken: null });
    await own.auth.changePassword({ oldPassword: PASSWORD, newPassword: `${PASSWORD} 2` });
    await expect(own.auth.me()).rejects.toMatchObject({ name: 'InvalidCredentialsError' });
    await admin.users.update('alice', { password: PASSWORD });
    expect(await own.auth.me()).toMatchObject({ user: { id: 'alice' } });
  });

  it('signs in by a session, and acts in it until it signs out', async () => {
    const cookies = fetchWithCookies();
    const page = clientOf(service, undefined, { fetch: recording(cookies) });
    await expect(page.auth.me()).rejects.toMatchObject({ name: 'NotAuthenticatedError' });
    const signedIn = await page.auth.login({ username: 'admin', password: PASSWORD });
    expect(signedIn).toMatchObject({ user: { id: 'admin' }, csrfToken: expect.any(String) });
    await page.groups.create({ id: 'of-the-session' });
    // The page is loaded anew: the cookie is still there, the token is asked for.
    const reloaded = clientOf(service, undefined, { fetch: recording(cookies) });
    await expect(reloaded.groups.delete('of-the-session')).rejects.toMatchObject({ name: 'CsrfTokenError' });
    await reloaded.auth.me();
    await reloaded.groups.delete('of-the-session');
    await reloaded.auth.changePassword({ oldPassword: PASSWORD, newPassword: `${PASSWORD} 2` });
    await reloaded.auth.changePassword({ oldPassword: `${PASSWORD} 2`, newPassword: PASSWORD });
    await reloaded.auth.logout();
    await expect(reloaded.auth.me()).rejects.toMatchObject({ name: 'NotAuthenticatedError' });
  });

  it('has its requests told apart by its own ids', async () => {
    const error: unknown = await admin.users
      .get('nobody', { requestId: 'import-7' })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'NotFoundError', requestId: 'import-7' });
  });
});

describe('the routes of the service', () => {
  it('have each a method of the client, which the tests above have called', () => {
    const routes = declaredRoutes(service.app).map(({ route }) => route);
    expect(routes.length).toBeGreaterThan(40);
    const reached = new Set([...sent].map((request) => routeOf(routes, request)));
    expect(routes.filter((route) => isOfClient(route) && !reached.has(route))).toEqual([]);
    expect(reached).not.toContain(undefined);
  });
});
