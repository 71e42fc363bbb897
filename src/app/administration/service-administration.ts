import { ForbiddenError, NotFoundError } from '../../client/api-errors.js';
import type { CastellanClient } from '../../client/castellan-client.js';
import { sameRef } from '../../core/model.js';
import { PAGE } from './all-pages.js';
import type { Administration, Groups, Roles, Things, Users } from './administration.js';
import { questionsTo } from './service-questions.js';

/** A client of a service, and how its last answer to a POST was meant. */
export interface ServiceConnection {
  readonly client: CastellanClient;
  /** The status of the last answer: 201 where something was made, 200 where it stood. */
  readonly lastStatus: () => number;
}

const limit = { limit: PAGE };

/** Administration of a service by its API: under the rights of whoever the client speaks as, and as far as that one may see. */
export function administrationThrough({ client, lastStatus }: ServiceConnection): Administration {
  const { users, groups, roles, types, grants, assignments } = client;
  const created = async <Item>(making: Promise<Item>): Promise<{ record: Item; created: boolean }> => ({
    record: await making,
    created: lastStatus() === 201,
  });
  return {
    users: {
      ...things(users),
      createToken: (user, body) => users.tokens(user).create(body),
      countTokens: async (user) => {
        let count = 0;
        try {
          for await (const _ of users.tokens(user).iterate(limit)) count += 1;
          return count;
        } catch (error) {
          // Whoever may delete a user may not act in its name, and so not look at its tokens, for all that.
          if (error instanceof ForbiddenError || error instanceof NotFoundError) return null;
          throw error;
        }
      },
    } satisfies Users,
    groups: {
      ...things(groups),
      members: (group) => groups.members.iterate(group, limit),
      countWith: async (member) => {
        let count = 0;
        for await (const { id } of groups.iterate(limit))
          try {
            for await (const one of groups.members.iterate(id, limit)) if (sameRef(one, member)) count += 1;
          } catch (error) {
            // It has been deleted since it was listed.
            if (!(error instanceof NotFoundError)) throw error;
          }
        return count;
      },
      add: (group, member) => groups.members.add(group, member),
      remove: (group, member) => groups.members.remove(group, member),
    } satisfies Groups,
    roles: {
      ...things(roles),
      edit: (id, patchOf) => roles.edit(id, patchOf),
    } satisfies Roles,
    types: things(types),
    objects: (type) => {
      const objects = client.objects(type);
      return { ...things(objects), delete: (id, { cascade }) => objects.delete(id, { cascade }) };
    },
    grants: {
      list: (filter) => grants.iterate({ ...filter, ...limit }),
      create: (body) => created(grants.create(body)),
      delete: async (ids) => {
        for (const id of ids) await grants.delete(id);
      },
    },
    assignments: {
      list: (filter) => assignments.iterate({ ...filter, ...limit }),
      create: (body) => created(assignments.create(body)),
      delete: async (ids) => {
        for (const id of ids) await assignments.delete(id);
      },
    },
    questions: questionsTo(client),
    seesAll: false,
    countObjects: async (type) => (await client.objects(type).list({ limit: 1, total: true })).total ?? 0,
    countBelow: () => Promise.resolve(null),
  };
}

interface Collected<Item, New, Patch> {
  iterate(query: { readonly limit: number }): AsyncGenerator<Item>;
  get(id: string): Promise<Item>;
  create(body: New): Promise<Item>;
  update(id: string, patch: Patch): Promise<Item>;
  delete(id: string): Promise<void>;
}

// The client's things keep their methods on a class.
function things<Item, New, Patch>(collection: Collected<Item, New, Patch>): Things<Item, New, Patch> {
  return {
    list: () => collection.iterate(limit),
    get: (id) => collection.get(id),
    create: (body) => collection.create(body),
    update: (id, patch) => collection.update(id, patch),
    delete: (id) => collection.delete(id),
  };
}
