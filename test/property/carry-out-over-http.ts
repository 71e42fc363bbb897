import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { creatorActionsOf, type Operation } from './operation.js';
import { addedAgain } from './operations.js';
import { actionsOf, same, type JsonObject, type Ref, type Rule, type World } from './world.js';

/** A request, as the REST API takes it. */
interface Request {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly body?: object;
}

/** What a write over HTTP came to. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Whether the operation can be told to the REST API as it is: not what is for the operator, or for another to have done. */
export function canGoOverHttp(world: World, operation: Operation): boolean {
  switch (operation.do) {
    case 'add user':
      // A username ends at its first colon.
      return !operation.id.includes(':');
    case 'change user':
      return operation.attributes === undefined || !holdsNull(operation.attributes);
    case 'add type':
    case 'change type':
      return operation.actions === undefined || operation.actions.includes('view');
    case 'add object':
      return operation.creator === null && hasActions(world, operation.object, 'add');
    case 'change object':
      return !holdsNull(operation.attributes) && hasActions(world, operation.object, 'change');
    case 'move':
      return hasActions(world, operation.object, 'change', 'grant', 'add');
    case 'delete':
      return !operation.cascade && hasActions(world, operation.object, 'delete');
    case 'delete and add':
      return (
        hasActions(world, operation.object, 'delete', 'add') &&
        (operation.object.type !== 'user' || !operation.object.id.includes(':'))
      );
    default:
      return true;
  }
}

// What a type has no action for, a superuser may not do either.
function hasActions(world: World, object: Ref, ...actions: readonly string[]): boolean {
  return actions.every((action) => actionsOf(world, object.type).includes(action));
}

/** Does the operation over HTTP, as a superuser; the first answer that is not a success, or the last. */
export async function carryOutOverHttp(
  app: NestFastifyApplication,
  authorization: string,
  world: World,
  operation: Operation,
): Promise<Answer> {
  const send = async ({ method, url, body }: Request): Promise<Answer> => {
    const answer = await app.inject({
      method,
      url: `/api/v1${url}`,
      headers: { authorization, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { payload: JSON.stringify(body) } : {}),
    });
    return { status: answer.statusCode, body: answer.body };
  };
  if (operation.do === 'revoke' || operation.do === 'unassign') return takeBack(send, operation);
  let answer: Answer = { status: 0, body: '' };
  for (const request of requestsFor(world, operation)) {
    answer = await send(request);
    if (answer.status >= 300) break;
  }
  return answer;
}

/** What stands already is named by being asked for once more. */
async function takeBack(
  send: (request: Request) => Promise<Answer>,
  operation: Extract<Operation, { do: 'grant' | 'revoke' } | { do: 'assign' | 'unassign' }>,
): Promise<Answer> {
  const [path, bodies] =
    'grants' in operation ? ['/grants', operation.grants] : ['/assignments', [operation.assignment]];
  let answer: Answer = { status: 0, body: '' };
  const gone = new Set<string>();
  for (const body of bodies) {
    const standing = await send({ method: 'POST', url: path, body });
    if (standing.status !== 200) return standing;
    const { id } = JSON.parse(standing.body) as { id: string };
    if (!gone.has(id)) answer = await send({ method: 'DELETE', url: `${path}/${id}` });
    gone.add(id);
  }
  return answer;
}

const path = (...steps: readonly string[]): string => steps.map((step) => `/${encodeURIComponent(step)}`).join('');

function requestsFor(world: World, operation: Operation): Request[] {
  switch (operation.do) {
    case 'add user': {
      const { do: _, ...user } = operation;
      return [{ method: 'POST', url: '/users', body: { ...user, username: user.id } }];
    }
    case 'change user': {
      const { do: _, id, attributes, ...change } = operation;
      const before = world.users.find((user) => user.id === id)?.attributes ?? {};
      const patch = attributes ? { ...change, attributes: mergePatch(before, attributes) } : change;
      return [{ method: 'PATCH', url: path('users', id), body: patch }];
    }
    case 'add group':
      return [{ method: 'POST', url: '/groups', body: { id: operation.id } }];
    case 'add member':
    case 'remove member': {
      const { id, member } = operation;
      const method = operation.do === 'add member' ? 'PUT' : 'DELETE';
      return [{ method, url: path('groups', id, 'members', member.type, member.id) }];
    }
    case 'add role': {
      const { do: _, ...role } = operation;
      return [{ method: 'POST', url: '/roles', body: { ...role, rules: role.rules.map(plainly) } }];
    }
    case 'change role': {
      const { do: _, id, ...change } = operation;
      return [{ method: 'PATCH', url: path('roles', id), body: change }];
    }
    case 'add type': {
      const { do: _, ...type } = operation;
      const creatorActions = creatorActionsOf(type.actions);
      return [{ method: 'POST', url: '/types', body: { ...type, creatorActions } }];
    }
    case 'change type': {
      const { do: _, id, ...change } = operation;
      return [{ method: 'PATCH', url: path('types', id), body: change }];
    }
    case 'add object': {
      const { object, parent, attributes } = operation;
      return [{ method: 'POST', url: path('objects', object.type), body: { id: object.id, parent, attributes } }];
    }
    case 'change object': {
      const { object } = operation;
      const before = world.objects.find((each) => same(each, object))?.attributes ?? {};
      const attributes = mergePatch(before, operation.attributes);
      return [{ method: 'PATCH', url: path('objects', object.type, object.id), body: { attributes } }];
    }
    case 'move': {
      const { object, parent } = operation;
      return [{ method: 'PATCH', url: path('objects', object.type, object.id), body: { parent } }];
    }
    case 'delete':
      return [deletion(operation.object, operation.cascade)];
    case 'delete and add':
      return [deletion(operation.object, false), ...requestsFor(world, addedAgain(operation.object))];
    case 'assign':
      return [{ method: 'POST', url: '/assignments', body: operation.assignment }];
    case 'grant':
      return operation.grants.length === 1
        ? operation.grants.map((grant) => ({ method: 'POST', url: '/grants', body: grant }))
        : [{ method: 'POST', url: '/grants/batch', body: { grants: operation.grants } }];
    default:
      throw new Error(`There is no request for ${operation.do}`);
  }
}

function deletion({ type, id }: Ref, cascade: boolean): Request {
  const routes: Readonly<Record<string, string>> = { user: 'users', group: 'groups', role: 'roles', type: 'types' };
  const own = Object.hasOwn(routes, type) ? routes[type] : undefined;
  if (own !== undefined) return { method: 'DELETE', url: path(own, id) };
  return { method: 'DELETE', url: `${path('objects', type, id)}${cascade ? '?cascade=true' : ''}` };
}

/** The rule, with nothing said that goes without saying. */
function plainly({ permission, effect, condition, fields }: Rule): object {
  return {
    permission,
    ...(effect === 'allow' ? {} : { effect }),
    ...(condition === null ? {} : { condition }),
    ...(fields === null ? {} : { fields }),
  };
}

/** The merge patch that makes one object of the other. */
function mergePatch(before: JsonObject, after: JsonObject): JsonObject {
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  const isObject = (value: unknown): value is JsonObject =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  return Object.fromEntries([
    ...gone.map((name) => [name, null] as const),
    ...Object.entries(after).map(([name, value]) => {
      const stood = Object.hasOwn(before, name) ? before[name] : undefined;
      return [name, isObject(value) && isObject(stood) ? mergePatch(stood, value) : value] as const;
    }),
  ]);
}

// A merge patch takes null for what is to go; an array is a value to it, whatever it holds.
function holdsNull(attributes: JsonObject): boolean {
  return Object.values(attributes).some(
    (value) => value === null || (typeof value === 'object' && !Array.isArray(value) && holdsNull(value)),
  );
}
