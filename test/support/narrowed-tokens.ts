import type { TestService } from './service.js';
import { rawRequest, type RawAnswer } from './raw-request.js';

const ACTIONS = ['view', 'add', 'change', 'delete', 'grant', 'publish'];
const BUILT_IN =
  'user:view user:change user:add group:view group:change group:add role:add role:view role:change assignment:add assignment:view type:view';

/** alice holds all of `doc` and `folder` and much of what is built in, bob may view one document, and root is a superuser. */
export async function arrangeNarrowing(service: TestService): Promise<void> {
  await service.addUser('alice');
  await service.addUser('bob');
  await service.addUser('root', { superuser: true });
  await service.arrange(async (unit) => {
    for (const id of ['doc', 'folder', 'other']) await unit.types.create({ id, actions: ACTIONS, creatorActions: [] });
    await unit.objects.create({ type: 'folder', id: 'f', attributes: {} }, null);
    await unit.objects.create({ type: 'doc', id: 'd', attributes: {}, parent: { type: 'folder', id: 'f' } }, null);
    await unit.objects.create({ type: 'doc', id: 'e', attributes: {} }, null);
    await unit.groups.create({ id: 'staff', description: null });
    await unit.roles.create({ id: 'reader', description: null, includes: [], rules: [] });
    const own = ['doc', 'folder'].flatMap((type) => ACTIONS.map((action) => `${type}:${action}`));
    const held = [...own, ...BUILT_IN.split(' '), 'access:evaluate', 'access:explain', 'audit:view'];
    await unit.grants.create([
      ...held.map((permission) => ({ subject: { type: 'user', id: 'alice' }, permission, object: null })),
      { subject: { type: 'user', id: 'bob' }, permission: 'doc:view', object: { type: 'doc', id: 'd' } },
    ]);
  });
}

/** Sends requests by narrowed tokens. */
export class NarrowedTokens {
  readonly #tokens = new Map<string, string>();

  constructor(private readonly service: TestService) {}

  /** A token of the user, narrowed to the permissions; the same for all tests. */
  async of(user: string, permissions: string): Promise<string> {
    const key = `${user} ${permissions}`;
    const known = this.#tokens.get(key);
    if (known !== undefined) return known;
    const body = { name: `narrowed ${this.#tokens.size}`, permissions: permissions.split(' ') };
    const made = await this.service.as(user).post(`/api/v1/users/${user}/tokens`).send(body).expect(201);
    this.#tokens.set(key, made.body.token);
    return made.body.token;
  }

  /** Sends a request, such as `GET /api/v1/users`. */
  async send(token: string, route: string, body?: object): Promise<RawAnswer> {
    const [method = '', path = ''] = route.split(' ');
    return rawRequest(this.service.app, {
      method,
      path,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  }

  async as(user: string, permissions: string, route: string, body?: object): Promise<RawAnswer> {
    return this.send(await this.of(user, permissions), route, body);
  }
}

/** The ids of a list's items. */
export function idsOf(answer: RawAnswer): string[] {
  return (answer.json as { items: { id: string }[] }).items.map(({ id }) => id);
}
