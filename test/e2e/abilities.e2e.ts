import { createMongoAbility, ForbiddenError, subject, type MongoAbility, type RawRuleOf } from '@casl/ability';
import { permittedFieldsOf, unpackRules, type PackRule } from '@casl/ability/extra';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/model.js';
import type { NewGrant } from '../../src/core/ports/grants.js';
import { expectRefusal } from '../support/problem.js';
import { startTestService, type TestService } from '../support/service.js';

const OWN = '/api/v1/auth/me/ability';
const OF_ANY = '/api/v1/access/ability';
const user = (id: string) => ({ type: 'user', id });
const group = (id: string) => ({ type: 'group', id });

const DOCUMENTS: Record<string, JsonObject> = {
  draft: { status: 'draft', department: 'sales', level: 1, tags: ['a', null] },
  published: { status: 'published', department: 'sales', level: 5, tags: [] },
  archived: { status: 'archived', department: 'support', level: '5', tags: 'a' },
  listed: { status: ['draft'], department: ['sales'], level: [5], tags: [{ a: 1 }] },
  bare: {},
  nothing: { status: null, department: null, level: null, tags: null },
};

let service: TestService;

const grant = (of: { type: string; id: string }, permission: string, more: Partial<NewGrant> = {}): NewGrant => ({
  subject: of,
  permission,
  object: null,
  ...more,
});

const give = async (...grants: NewGrant[]): Promise<string[]> =>
  service.arrange(async (unit) => (await unit.grants.create(grants)).map(({ record }) => record.id));

beforeAll(async () => {
  service = await startTestService();
  for (const name of ['alice', 'bob', 'carol', 'dave', 'pep']) await service.addUser(name);
  await service.addUser('gone', { active: false });
  await service.arrange(async (unit) => {
    const actions = ['view', 'add', 'change', 'publish'];
    await unit.types.create({ id: 'document', actions, creatorActions: [] });
    await unit.types.create({ id: 'report', actions: ['view'], mode: 'both', creatorActions: [] });
    await unit.types.create({ id: 'secret', actions: ['view'], mode: 'object', creatorActions: [] });
    await unit.users.update('alice', { attributes: { department: 'sales', level: 3 } });
    for (const [id, attributes] of Object.entries(DOCUMENTS))
      await unit.objects.create({ type: 'document', id, attributes, parent: null }, null);
    await unit.groups.create({ id: 'staff', description: null });
    await unit.groups.addMember('staff', user('alice'));
    const rule = { effect: 'allow', condition: null, fields: null } as const;
    const readable = {
      ...rule,
      permission: 'document:view',
      condition: { 'resource.department': { $ref: 'subject.department' } },
    };
    await unit.roles.create({ id: 'reader', description: null, rules: [readable], includes: [] });
    await unit.roles.create({
      id: 'editor',
      description: null,
      rules: [{ ...rule, permission: 'document:change', fields: ['title', 'body'] }],
      includes: ['reader'],
    });
    await unit.assignments.create({ subject: group('staff'), role: 'editor', object: null });
    await unit.assignments.create({ subject: user('dave'), role: 'editor', object: { type: 'document', id: 'draft' } });
  });
  await give(
    grant(user('alice'), 'document:publish', { condition: { 'resource.level': { $gt: { $ref: 'subject.level' } } } }),
    grant(user('alice'), 'document:view', { effect: 'deny', condition: { 'resource.status': 'archived' } }),
    grant(user('alice'), 'document:change', { effect: 'deny', fields: ['body'] }),
    grant(user('alice'), 'report:view'),
    grant(user('alice'), 'report:view', { effect: 'deny', condition: { 'resource.id': '7' } }),
    grant(user('alice'), 'secret:view'),
    grant(user('alice'), 'document:add', { startsAt: '2100-01-01T00:00:00.000Z' }),
    grant(group('staff'), 'document:add', { expiresAt: '2000-01-01T00:00:00.000Z' }),
    grant(user('bob'), 'document:view', { condition: { 'resource.owner': "only bob's" } }),
    grant(user('carol'), 'document:view', { object: { type: 'document', id: 'draft' } }),
    grant(user('pep'), 'access:evaluate'),
  );
});
afterAll(() => service.stop());

interface Answer {
  readonly rules: PackRule<RawRuleOf<MongoAbility>>[];
  readonly approximated: string[];
}

async function ownRules(as?: string): Promise<Answer> {
  const { body } = await service.as(as).get(OWN).expect(200);
  return body as Answer;
}

/** What a front end makes of the answer. */
const inFrontEnd = ({ rules }: Answer): MongoAbility => createMongoAbility(unpackRules(rules));

async function objectsAsShown(): Promise<{ id: string }[]> {
  const { body } = await service.as('admin').get('/api/v1/objects/document').expect(200);
  return (body as { items: { id: string }[] }).items;
}

describe('GET /auth/me/ability', () => {
  it('gives rules that a front end decides by as the service does', async () => {
    const answer = await ownRules('alice');
    const ability = inFrontEnd(answer);
    expect(answer.approximated).toEqual([]);
    const found: unknown[] = [];
    const expected: unknown[] = [];
    for (const object of await objectsAsShown()) {
      for (const action of ['view', 'add', 'change', 'publish']) {
        found.push([object.id, action, ability.can(action, subject('document', object))]);
        const { body } = await service
          .as('alice')
          .post('/access/v1/evaluation')
          .send({ subject: user('alice'), action: { name: action }, resource: { type: 'document', id: object.id } });
        expected.push([object.id, action, (body as { decision: boolean }).decision]);
      }
    }
    expect(found).toEqual(expected);
    expect(found).toContainEqual(['published', 'publish', true]);
    expect(found).toContainEqual(['draft', 'view', true]);
    expect(found).toContainEqual(['bare', 'view', false]);
    expect(ability.can('view', 'document')).toBe(true);
    expect(ability.can('view', 'user')).toBe(false);
  });

  it('says which fields', async () => {
    const ability = inFrontEnd(await ownRules('alice'));
    const draft = subject('document', { id: 'draft', attributes: DOCUMENTS['draft'] });
    expect(ability.can('change', draft, 'title')).toBe(true);
    expect(ability.can('change', draft, 'body')).toBe(false);
    expect(permittedFieldsOf(ability, 'change', draft, { fieldsFrom: ({ fields = [] }) => fields })).toEqual(['title']);
    expect(() => ForbiddenError.from(ability).throwUnlessCan('add', 'document')).toThrow(
      'Cannot execute "add" on "document"',
    );
  });

  it('allows nothing of types that ask for a rule on the object, and still denies', async () => {
    const { rules } = await ownRules('alice');
    const [reports, secrets] = ['report', 'secret'].map((type) => rules.filter(([, of]) => of === type));
    // A thing without an id could be the one.
    expect(reports).toEqual([
      ['view', 'report', { id: '7' }, 1],
      ['view', 'report', { id: { $exists: false } }, 1],
    ]);
    expect(secrets).toEqual([]);
  });

  it('holds nothing that is placed on an object, and nothing of others', async () => {
    expect((await ownRules('carol')).rules).toEqual([]);
    expect((await ownRules('dave')).rules).toEqual([]);
    expect(JSON.stringify(await ownRules('alice'))).not.toContain("only bob's");
    expect(JSON.stringify(await ownRules('bob'))).toContain("only bob's");
    expect((await ownRules('bob')).rules).toHaveLength(1);
  });

  it('gives a superuser everything there is', async () => {
    const answer = await ownRules('admin');
    const ability = inFrontEnd(answer);
    for (const [action, type] of [
      ['view', 'secret'],
      ['publish', 'document'],
      ['evaluate', 'access'],
      ['delete', 'user'],
    ] as const)
      expect(ability.can(action, type), `${action} ${type}`).toBe(true);
    expect(ability.can('publish', 'report')).toBe(false);
    expect(answer.rules.every((rule) => rule.length === 2)).toBe(true);
  });

  it('is as things are now: what is taken away is gone at the next call', async () => {
    const [id = ''] = await give(grant(user('dave'), 'document:view'));
    expect(inFrontEnd(await ownRules('dave')).can('view', 'document')).toBe(true);
    await service.as('admin').delete(`/api/v1/grants/${id}`).expect(204);
    expect(inFrontEnd(await ownRules('dave')).can('view', 'document')).toBe(false);
  });

  it('is closed to a user that is no longer active, and is kept by no cache', async () => {
    await service.addUser('leaving');
    await give(grant(user('leaving'), 'document:view'));
    const before = await service.as('leaving').get(OWN).expect(200);
    expect(before.headers['cache-control']).toBe('no-store');
    await service.as('admin').patch('/api/v1/users/leaving').send({ active: false }).expect(200);
    await service.as('leaving').get(OWN).expect(401);
  });

  it('tells nobody in particular what anyone holds, and asks for a sign-in where that is nothing', async () => {
    await expectRefusal(service.as().get(OWN), 'not_authenticated');
    const [id = ''] = await give(
      grant(group('anyone'), 'document:view', { condition: { 'resource.status': 'published' } }),
    );
    const ability = inFrontEnd(await ownRules());
    const { draft, published } = DOCUMENTS;
    expect(ability.can('view', subject('document', { attributes: { ...published } }))).toBe(true);
    expect(ability.can('view', subject('document', { attributes: { ...draft } }))).toBe(false);
    await service.arrange((unit) => unit.grants.delete(id));
    await expectRefusal(service.as().get(OWN), 'not_authenticated');
  });

  it('names what it could not say, and allows none of it', async () => {
    const condition = { 'resource.reviewer': { $ref: 'resource.owner' } };
    const ids = await give(grant(user('carol'), 'document:publish', { condition }));
    const answer = await ownRules('carol');
    expect(answer).toEqual({ rules: [], approximated: ['document:publish'] });
    await service.arrange(async (unit) => {
      for (const id of ids) await unit.grants.delete(id);
    });
  });
});

describe('POST /access/ability', () => {
  const ask = (as: string | undefined, of: object) => service.as(as).post(OF_ANY).send(of);

  it('tells a caller of itself', async () => {
    const { body } = await ask('alice', { subject: user('alice') }).expect(200);
    expect(body).toMatchObject({ subjectAttributes: { department: 'sales', level: 3 } });
    expect(body.rules).toContainEqual({
      permission: 'document:view',
      effect: 'allow',
      condition: { 'resource.department': { $ref: 'subject.department' } },
      fields: null,
    });
    expect(body.rules).toContainEqual({
      permission: 'document:change',
      effect: 'deny',
      condition: null,
      fields: ['body'],
    });
    expect(body.rules.map((rule: { permission: string }) => rule.permission).toSorted()).toEqual([
      'document:change',
      'document:change',
      'document:publish',
      'document:view',
      'document:view',
      'report:view',
    ]);
  });

  it('tells of others whoever may evaluate, and nobody else', async () => {
    const { body } = await ask('pep', { subject: user('bob') }).expect(200);
    expect(body).toEqual({
      rules: [
        { permission: 'document:view', effect: 'allow', condition: { 'resource.owner': "only bob's" }, fields: null },
      ],
      subjectAttributes: {},
    });
    for (const of of [user('bob'), user('nobody'), group('staff')])
      await expectRefusal(ask('alice', { subject: of }), 'forbidden');
    await expectRefusal(ask(undefined, { subject: user('bob') }), 'not_authenticated');
  });

  it('tells what a group and a role hold, of an inactive subject nothing, of an unknown one what anyone holds', async () => {
    const permissions = async (of: object): Promise<string[]> => {
      const { body } = await ask('admin', { subject: of }).expect(200);
      return body.rules.map((rule: { permission: string }) => rule.permission);
    };
    const [id = ''] = await give(grant(group('anyone'), 'document:publish'));
    await give(grant(user('gone'), 'document:view'));
    expect(await permissions(group('staff'))).toEqual(['document:view', 'document:change', 'document:publish']);
    expect(await permissions({ type: 'role', id: 'editor' })).toEqual([
      'document:view',
      'document:change',
      'document:publish',
    ]);
    expect(await permissions(user('gone'))).toEqual([]);
    expect(await permissions(user('nobody'))).toEqual(['document:publish']);
    await service.arrange((unit) => unit.grants.delete(id));
  });

  it.each([
    [{}],
    [{ subject: 'user:alice' }],
    [{ subject: { ...user('alice'), properties: { a: 1 } } }],
    [{ subject: user('alice'), context: {} }],
  ])('refuses %j', async (body) => {
    await expectRefusal(ask('alice', body), 'invalid_request');
  });
});
