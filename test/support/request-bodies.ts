import type { Json, JsonObject } from '../../src/core/model.js';
import type { TestService } from './service.js';

/** A route that takes a body, with one that it takes as it stands (in the world that `arrangeForBodies` makes). */
export interface BodyRoute {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly body: JsonObject;
  /** Paths that may be left out. */
  readonly optional: readonly string[];
  /** Paths that may be null. */
  readonly nullable?: readonly string[];
  /** Paths of strings that may be empty. */
  readonly emptyable?: readonly string[];
  /** Answers 400 where the others answer 422, and ignores what it does not know: the AuthZEN standard asks for it. */
  readonly authzen?: boolean;
}

const condition = { 'resource.status': { $ne: 'archived' } };
const rule = { permission: 'post:view', effect: 'deny', condition, fields: ['title'] };
const startsAt = '2030-01-01T00:00:00Z';
const expiresAt = '2030-02-01T00:00:00+01:00';
const ruleOptional = (at: string) => ['effect', 'condition', 'fields'].map((name) => `${at}${name}`);
const ruleNullable = (at: string) => ['condition', 'fields'].map((name) => `${at}${name}`);
const windowParts = ['startsAt', 'expiresAt'];
const grant = {
  subject: { type: 'user', id: 'bob' },
  permission: 'post:view',
  object: { type: 'post', id: '1' },
  effect: 'deny',
  condition,
  fields: ['title', 'body'],
  startsAt,
  expiresAt,
};
const optionalOfGrant = (at: string) => [`${at}object`, ...ruleOptional(at), ...windowParts.map((name) => at + name)];
const nullableOfGrant = (at: string) => [`${at}object`, ...ruleNullable(at), ...windowParts.map((name) => at + name)];
const asked = {
  subject: { type: 'user', id: 'bob', properties: { team: 'a' } },
  action: { name: 'view', properties: { via: 'web' } },
  resource: { type: 'post', id: '1', properties: { status: 'draft' } },
  context: { time: '2026-01-01T00:00:00Z' },
};
const optionalOfAsked = ['context', 'subject.properties', 'action.properties', 'resource.properties'];
const page = { properties: { total: true } };
const optionalOfPage = ['page', 'page.properties'];
const userFields = { username: 'new', email: 'new@example.com', password: 'long enough', active: true };

/** Every route that takes a body. */
export const BODY_ROUTES: readonly BodyRoute[] = [
  {
    method: 'POST',
    path: '/api/v1/users',
    body: { id: 'new', ...userFields, superuser: false, attributes: { team: 'a' } },
    optional: ['id', 'email', 'password', 'active', 'superuser', 'attributes'],
    nullable: ['email'],
  },
  {
    method: 'PATCH',
    path: '/api/v1/users/bob',
    body: { ...userFields, username: 'bob', superuser: false, attributes: { team: 'a' } },
    optional: ['username', 'email', 'password', 'active', 'superuser', 'attributes'],
    nullable: ['email'],
  },
  {
    method: 'POST',
    path: '/api/v1/users/bob/tokens',
    body: { name: 'the nightly import', expiresAt: '2999-01-01T00:00:00+01:00' },
    optional: ['expiresAt'],
    nullable: ['expiresAt'],
  },
  {
    method: 'POST',
    path: '/api/v1/groups',
    body: { id: 'new', description: 'new ones' },
    optional: ['description'],
    nullable: ['description'],
    emptyable: ['description'],
  },
  {
    method: 'PATCH',
    path: '/api/v1/groups/staff',
    body: { description: 'new ones' },
    optional: ['description'],
    nullable: ['description'],
    emptyable: ['description'],
  },
  {
    method: 'POST',
    path: '/api/v1/roles',
    body: { id: 'new', description: 'new ones', rules: [rule], includes: ['reader'] },
    optional: ['description', 'rules', 'includes', ...ruleOptional('rules.0.')],
    nullable: ['description', ...ruleNullable('rules.0.')],
    emptyable: ['description'],
  },
  {
    method: 'PATCH',
    path: '/api/v1/roles/editor',
    body: { description: 'new ones', rules: [rule], includes: ['reader'] },
    optional: ['description', 'rules', 'includes', ...ruleOptional('rules.0.')],
    nullable: ['description', ...ruleNullable('rules.0.')],
    emptyable: ['description'],
  },
  {
    method: 'POST',
    path: '/api/v1/assignments',
    body: {
      subject: { type: 'user', id: 'bob' },
      role: 'reader',
      object: { type: 'post', id: '1' },
      startsAt,
      expiresAt,
    },
    optional: ['object', ...windowParts],
    nullable: ['object', ...windowParts],
  },
  {
    method: 'POST',
    path: '/api/v1/types',
    body: { id: 'new', actions: ['view', 'publish'], mode: 'both', creatorActions: ['view'] },
    optional: ['actions', 'mode', 'creatorActions'],
  },
  {
    method: 'PATCH',
    path: '/api/v1/types/draft',
    body: { actions: ['view', 'publish'], mode: 'object', creatorActions: ['view'] },
    optional: ['actions', 'mode', 'creatorActions'],
  },
  {
    method: 'POST',
    path: '/api/v1/objects/post',
    body: { id: 'new', attributes: { status: 'draft' }, parent: { type: 'post', id: '1' } },
    optional: ['attributes', 'parent'],
    nullable: ['parent'],
  },
  {
    method: 'PATCH',
    path: '/api/v1/objects/post/1',
    body: { attributes: { status: 'draft' }, parent: { type: 'folder', id: 'f' } },
    optional: ['attributes', 'parent'],
    nullable: ['parent'],
  },
  {
    method: 'POST',
    path: '/api/v1/grants',
    body: grant,
    optional: optionalOfGrant(''),
    nullable: nullableOfGrant(''),
  },
  {
    method: 'POST',
    path: '/api/v1/grants/batch',
    body: { grants: [{ subject: { type: 'group', id: 'staff' }, permission: 'post:view' }, grant] },
    optional: optionalOfGrant('grants.1.'),
    nullable: nullableOfGrant('grants.1.'),
  },
  {
    method: 'POST',
    path: '/access/v1/evaluation',
    body: asked,
    optional: optionalOfAsked,
    authzen: true,
  },
  {
    method: 'POST',
    path: '/access/v1/evaluations',
    body: { ...asked, evaluations: [], options: { evaluations_semantic: 'execute_all' } },
    optional: [...optionalOfAsked, 'evaluations', 'options', 'options.evaluations_semantic'],
    authzen: true,
  },
  {
    method: 'POST',
    path: '/access/v1/search/subject',
    body: { ...asked, subject: { type: 'user' }, page },
    optional: [...optionalOfAsked, ...optionalOfPage],
    authzen: true,
  },
  {
    method: 'POST',
    path: '/access/v1/search/resource',
    body: { ...asked, resource: { type: 'post' }, page },
    optional: [...optionalOfAsked, ...optionalOfPage],
    authzen: true,
  },
  {
    method: 'POST',
    path: '/access/v1/search/action',
    body: { subject: asked.subject, resource: asked.resource, context: asked.context, page },
    optional: [...optionalOfAsked, ...optionalOfPage],
    authzen: true,
  },
  { method: 'POST', path: '/api/v1/auth/login', body: { username: 'bob', password: 'long enough' }, optional: [] },
  {
    method: 'PUT',
    path: '/api/v1/auth/me/password',
    body: { oldPassword: 'correct horse battery', newPassword: 'correct horse battery' },
    optional: [],
  },
];

/** Makes what the bodies name. */
export async function arrangeForBodies(service: TestService): Promise<void> {
  await service.addUser('bob');
  await service.arrange(async (unit) => {
    await unit.types.create({ id: 'post', actions: ['view', 'add', 'change', 'delete', 'grant'], creatorActions: [] });
    await unit.types.create({ id: 'draft', actions: ['view'], creatorActions: [] });
    await unit.types.create({ id: 'folder', actions: ['view'], creatorActions: [] });
    await unit.objects.create({ type: 'folder', id: 'f', attributes: {} }, null);
    await unit.objects.create({ type: 'post', id: '1', attributes: { status: 'done' } }, null);
    await unit.groups.create({ id: 'staff', description: null });
    await unit.roles.create({ id: 'reader', description: null, rules: [], includes: [] });
    await unit.roles.create({ id: 'editor', description: null, rules: [], includes: [] });
  });
}

/** A place in a body, and what it holds there. */
export interface Leaf {
  readonly path: string;
  readonly value: Json;
}

/** Every member and element of a body, from the outside in; what is inside attributes, properties and conditions is the caller's own. */
export function partsOf(body: Json, path = ''): Leaf[] {
  if (typeof body !== 'object' || body === null || /(^|\.)(attributes|properties|context|condition)$/.test(path))
    return [];
  return Object.entries(body).flatMap(([name, value]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return [{ path: at, value }, ...partsOf(value, at)];
  });
}

/** The body with something else at the path; without a value, with nothing there. */
export function bodyWith(body: JsonObject, path: string, value?: Json): JsonObject {
  const copy = structuredClone(body);
  const names = path.split('.');
  const last = names.pop() ?? '';
  let part: Record<string, Json> = copy;
  for (const name of names) part = part[name] as Record<string, Json>;
  if (value === undefined) delete part[last];
  else part[last] = value;
  return copy;
}
