import { expect } from 'vitest';
import type { JsonObject, ObjectRef } from '../../src/core/model.js';
import { query } from './query.js';
import { startTestService, type Client, type TestService } from './service.js';

export const user = (id: string): ObjectRef => ({ type: 'user', id });
export const folder = (id: string): ObjectRef => ({ type: 'folder', id });
export const doc = (id: string): ObjectRef => ({ type: 'doc', id });
export const PAST = '2000-01-01T00:00:00.000Z';
export const FUTURE = '2100-01-01T00:00:00.000Z';

/** A service with a folder `f` and three documents below it; bob is of the red team. */
export interface TeamWorld {
  readonly service: TestService;
  readonly admin: Client;
  /** Gives bob a rule (`doc:view` on the folder, unless it says otherwise), and answers its id. */
  give(parts: object, permission?: string, object?: ObjectRef | null): Promise<string>;
  /** The documents that bob may view, by a list and by decisions, which must not differ. */
  viewed(): Promise<string[]>;
  /** Takes back every grant and every role. */
  clear(): Promise<void>;
}

export async function startTeamWorld(): Promise<TeamWorld> {
  const service = await startTestService();
  const admin = service.as('admin');
  await service.addUser('alice');
  await service.arrange(async (unit) => {
    const bob = { id: 'bob', username: 'bob', email: null, active: true, superuser: false };
    await unit.users.create({ ...bob, attributes: { team: 'red' } });
    const actions = ['view', 'add', 'change', 'delete', 'grant'];
    for (const id of ['folder', 'doc']) await unit.types.create({ id, actions, creatorActions: [] });
    await unit.objects.create({ ...folder('f'), attributes: {} }, null);
    const place = (id: string, attributes: JsonObject) =>
      unit.objects.create({ ...doc(id), attributes, parent: folder('f') }, null);
    await place('red', { team: 'red', status: 'open' });
    await place('blue', { team: 'blue', status: 'done' });
    await place('bare', {});
  });
  const question = { subject: user('bob'), permission: { type: 'doc', action: 'view' } };
  return {
    service,
    admin,
    give: async (parts, permission = 'doc:view', object = folder('f')) => {
      const sent = { subject: user('bob'), permission, object, ...parts };
      const { body } = await admin.post('/api/v1/grants').send(sent).expect(201);
      return body.id;
    },
    viewed: async () => {
      const { items } = await service.store.lists.list({ ...question, limit: 100 });
      const decided: string[] = [];
      for (const id of ['red', 'blue', 'bare']) {
        const { allowed } = await service.store.decider.decide({ ...question, object: doc(id) });
        if (allowed) decided.push(id);
      }
      expect(items.map(({ id }) => id)).toEqual(decided);
      return decided;
    },
    clear: async () => {
      await query(service.databaseUrl, 'DELETE FROM castellan.grants; DELETE FROM castellan.assignments');
    },
  };
}
