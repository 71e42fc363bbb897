import type { ToldExplanation } from '../../src/core/explain-sight.js';
import type { ConsideredRule } from '../../src/core/ports/explanations.js';
import type { WriteUnit } from '../../src/core/ports/writes.js';
import { startTestService, type Client, type TestService } from './service.js';

/** `type:id` as a reference. */
export const ref = (text: string) => {
  const [type = '', ...id] = text.split(':');
  return { type, id: id.join(':') };
};
export const PAST = '2020-01-01T00:00:00.000Z';
export const FUTURE = '2999-01-01T00:00:00.000Z';
const final = { 'resource.status': 'final' };
export const USERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'judge', 'warden', 'keeper', 'nosy', 'rita', 'many'];

// tenant:a > folder:top > folder:deep > doc:plan, and doc:other in folder:top; tenant:b > doc:far.
async function arrange(unit: WriteUnit): Promise<void> {
  const all = ['view', 'add', 'change', 'delete', 'grant'];
  for (const id of ['tenant', 'folder', 'doc']) await unit.types.create({ id, actions: all, creatorActions: [] });
  await unit.types.create({ id: 'strict', mode: 'both', actions: all, creatorActions: [] });
  const objects: [string, string | null, object?][] = [
    ['tenant:a', null],
    ['tenant:b', null],
    ['folder:top', 'tenant:a'],
    ['folder:deep', 'folder:top'],
    ['doc:plan', 'folder:deep', { status: 'draft', salary: 7 }],
    ['doc:other', 'folder:top'],
    ['doc:far', 'tenant:b'],
    ['strict:one', 'folder:top'],
  ];
  for (const [id, parent, attributes = {}] of objects) {
    await unit.objects.create(
      { ...ref(id), attributes: { ...attributes }, parent: parent === null ? null : ref(parent) },
      null,
    );
  }
  for (const id of ['sales', 'staff', 'all']) await unit.groups.create({ id, description: null });
  await unit.groups.addMember('sales', ref('user:alice'));
  await unit.groups.addMember('staff', ref('group:sales'));
  await unit.groups.addMember('all', ref('group:staff'));
  await unit.groups.addMember('all', ref('user:alice'));
  const rule = { permission: 'doc:view', effect: 'allow', condition: null, fields: null } as const;
  await unit.roles.create({ id: 'reader', description: null, rules: [rule], includes: [] });
  await unit.roles.create({
    id: 'editor',
    description: null,
    rules: [{ ...rule, permission: 'doc:change', condition: final }],
    includes: ['reader'],
  });
  const assign = (subject: string, role: string, object?: string, window = {}) =>
    unit.assignments.create({
      subject: ref(subject),
      role,
      object: object === undefined ? null : ref(object),
      ...window,
    });
  await assign('group:all', 'editor', 'folder:top');
  await assign('user:bob', 'editor', 'tenant:b');
  await assign('user:rita', 'reader', 'folder:deep');
  await assign('user:carol', 'reader', 'folder:top', { expiresAt: PAST });
  await assign('user:carol', 'reader', 'doc:plan', { startsAt: FUTURE });
  const grant = (subject: string, permission: string, object: string | null, parts = {}) => ({
    subject: ref(subject),
    permission,
    object: object === null ? null : ref(object),
    ...parts,
  });
  await unit.grants.create([
    grant('user:dave', 'doc:view', 'tenant:a'),
    grant('user:dave', 'doc:view', null, { effect: 'deny', condition: { 'resource.status': 'draft' } }),
    grant('user:dave', 'doc:change', 'doc:plan', { condition: { 'resource.salary': { $lt: 5 } } }),
    grant('user:dave', 'doc:change', null, { condition: { 'subject.level': { $gte: 2 } } }),
    grant('user:erin', 'strict:view', 'tenant:a'),
    grant('user:erin', 'doc:view', 'doc:other'),
    grant('user:erin', 'doc:view', 'doc:far'),
    grant('user:erin', 'doc:view', 'tenant:b', { effect: 'deny' }),
    grant('user:erin', 'doc:add', 'folder:top', { condition: { 'resource.status': 'draft' } }),
    grant('role:reader', 'doc:delete', 'tenant:a'),
    grant('role:reader', 'doc:delete', 'tenant:b'),
    grant('role:reader', 'doc:grant', 'doc:other'),
    grant('group:anyone', 'doc:grant', null, { effect: 'deny', fields: ['salary'] }),
    // Who may have it explained: everywhere, on a folder and below it, and everywhere but in one tenant.
    grant('user:judge', 'access:explain', null),
    grant('user:warden', 'access:explain', 'folder:top'),
    grant('user:warden', 'doc:view', 'folder:top', { fields: ['status'] }),
    grant('user:keeper', 'access:explain', null),
    grant('user:keeper', 'access:explain', 'tenant:b', { effect: 'deny' }),
    grant('user:nosy', 'doc:view', 'folder:deep'),
    grant('user:rita', 'doc:view', null),
    grant('user:many', 'doc:view', 'doc:far'),
  ]);
  const near = Array.from({ length: 30 }, (_, n) => `doc:near ${n}`);
  for (const id of near) await unit.objects.create({ ...ref(id), attributes: {}, parent: ref('folder:deep') }, null);
  await unit.grants.create(near.map((id) => grant('user:many', 'doc:view', id)));
}

/** A service over a world in which rules are reached, placed and tied in every way that there is. */
export async function startExplainedService(): Promise<TestService> {
  const service = await startTestService();
  for (const username of USERS) await service.addUser(username);
  await service.addUser('gone', { active: false });
  await service.arrange(arrange);
  await service.arrange((unit) => unit.users.update('dave', { attributes: { level: 1 } }));
  return service;
}

/** Has a decision explained over HTTP. */
export async function explainAs(
  client: Client,
  subject: string,
  permission: string,
  object?: string,
  more: object = {},
): Promise<ToldExplanation> {
  const question = {
    subject: ref(subject),
    permission,
    ...(object === undefined ? {} : { object: ref(object) }),
    ...more,
  };
  const { body } = await client.post('/api/v1/access/explain').send(question).expect(200);
  return body as ToldExplanation;
}

/** The way to a rule: `user:alice → role:reader`. */
export const wayOf = (rule: object): string =>
  'outside' in rule ? 'outside' : (rule as ConsideredRule).path.map(({ type, id }) => `${type}:${id}`).join(' → ');
/** Where a rule is placed: `folder:7`. */
export const placeOf = (rule: object): string => {
  const { place } = rule as ConsideredRule;
  return place ? `${place.type}:${place.id}` : 'everywhere';
};
/** The ways to the rules that nearly counted, and why each did not. */
export const missesOf = ({ missed }: ToldExplanation) => missed.map((rule) => [wayOf(rule), rule.miss] as const);
