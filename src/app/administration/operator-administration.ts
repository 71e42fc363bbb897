import { randomUUID } from 'node:crypto';
import { newAssignment } from '../../api/assignments/assignments.schema.js';
import { AssignmentsService } from '../../api/assignments/assignments.service.js';
import { newGrant } from '../../api/grants/grants.schema.js';
import { GrantsService } from '../../api/grants/grants.service.js';
import { operator } from '../../core/caller.js';
import type { Writes } from '../../core/ports/writes.js';
import { Everything } from '../../store/everything.js';
import type { Store } from '../../store/store.js';
import type { Administration } from './administration.js';
import { allPages } from './all-pages.js';
import { OperatorObjects } from './operator-objects.js';
import { fitting, type OperatorParts } from './operator-parts.js';
import { questionsOn } from './operator-questions-on-store.js';
import { naming, OperatorGroups, OperatorRoles, OperatorTypes } from './operator-things.js';
import { OperatorUsers } from './operator-users.js';

/** Administration of a database as its operator: nothing is asked, everything is recorded. @param writes what carries the writes out. */
export function administrationOf(store: Store, writes: Writes = store.writes): Administration {
  const everything = new Everything(store.database);
  const parts: OperatorParts = { store, writes, everything, author: () => operator('cli', randomUUID()) };
  const { author } = parts;
  const grants = new GrantsService(writes, store.grants);
  const assignments = new AssignmentsService(writes);
  return {
    users: new OperatorUsers(parts),
    groups: new OperatorGroups(parts),
    roles: new OperatorRoles(parts),
    types: new OperatorTypes(parts),
    objects: (type) => new OperatorObjects(parts, type),
    grants: {
      list: (filter) => allPages((page) => everything.grants(filter, page)),
      create: async (body) => grants.create(author(), fitting(newGrant, body)),
      delete: (ids) =>
        writes.write(author(), 'structure', async (unit) => {
          for (const id of ids) await naming('grant', id, unit.grants.delete(id));
        }),
    },
    assignments: {
      list: (filter) => allPages((page) => everything.assignments(filter, page)),
      create: async (body) => assignments.create(author(), fitting(newAssignment, body)),
      delete: (ids) =>
        writes.write(author(), 'structure', async (unit) => {
          for (const id of ids) await naming('assignment', id, unit.assignments.delete(id));
        }),
    },
    questions: questionsOn(store),
    seesAll: true,
    countObjects: (type) => everything.countObjects(type),
    countBelow: (object) => everything.countBelow(object),
  };
}
