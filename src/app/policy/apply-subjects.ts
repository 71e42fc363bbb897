import { isDeepStrictEqual } from 'node:util';
import { newType } from '../../api/types/types.schema.js';
import type { JsonObject } from '../../core/model.js';
import type { TypeRecord } from '../../core/ports/types.js';
import type { NewUser, UserChange, UserRecord } from '../../core/ports/users.js';
import type { WriteUnit } from '../../core/ports/writes.js';
import { atPath } from './at-path.js';
import { inBatches } from './in-batches.js';
import type { PolicyRun } from './policy-run.js';
import { idOfUser, type PolicyType, type PolicyUser } from './policy-schema.js';

/** Makes and changes resource types. A list of actions that is named becomes the type's. */
export async function applyTypes(unit: WriteUnit, types: readonly PolicyType[], run: PolicyRun): Promise<void> {
  const standing = new Map((await unit.types.findMany(types.map(({ id }) => id))).map((type) => [type.id, type]));
  for (const [index, wanted] of types.entries())
    await atPath(`types.${index}`, () => applyType(unit, wanted, standing.get(wanted.id), run));
}

async function applyType(
  unit: WriteUnit,
  { id, actions, mode, creatorActions }: PolicyType,
  standing: TypeRecord | undefined,
  run: PolicyRun,
): Promise<void> {
  if (!standing) {
    run.noteMade('type', id, await unit.types.create(newType.parse({ id, actions, mode, creatorActions })));
    run.made.types.push(id);
    run.add('types', 'created');
    return;
  }
  const change = {
    ...(actions && !sameMembers(actions, standing.actions) ? { actions } : {}),
    ...(mode === undefined || mode === standing.mode ? {} : { mode }),
    ...(creatorActions && !sameMembers(creatorActions, standing.creatorActions) ? { creatorActions } : {}),
  };
  const differs = Object.keys(change).length > 0;
  const lost = standing.actions.filter((action) => change.actions && !change.actions.includes(action));
  const along = lost.length > 0 ? await unit.types.countUses(id, lost) : undefined;
  if (differs) run.noteUpdated('type', id, standing, await unit.types.update(id, change), along);
  run.add('types', differs ? 'updated' : 'unchanged');
}

/** Makes and changes users. A hash is there for those who get the password of the policy. */
export async function applyUsers(
  unit: WriteUnit,
  users: readonly PolicyUser[],
  hashes: ReadonlyMap<string, string>,
  run: PolicyRun,
): Promise<void> {
  const standing = new Map((await unit.users.findMany(users.map(idOfUser))).map((user) => [user.id, user]));
  const entries = users.map((wanted, index): UserEntry => {
    const id = idOfUser(wanted);
    return { index, id, wanted, standing: standing.get(id), passwordHash: hashes.get(id) };
  });
  // A superuser who is to be an ordinary user may be the last one until the next one is made.
  const inOrder = [
    ...entries.filter(({ wanted }) => wanted.superuser === true),
    ...entries.filter(({ wanted }) => wanted.superuser !== true),
  ];
  const made = (user: UserRecord, { passwordHash }: UserEntry): void => {
    run.add('users', 'created');
    run.noteMade('user', user.id, shown(user, passwordHash));
  };
  await inBatches(inOrder, {
    mayBatch: (entry) => !entry.standing,
    many: async (batch) => {
      for (const [index, user] of (await unit.users.createMany(batch.map(newUser))).entries()) {
        const entry = batch[index];
        if (entry) made(user, entry);
      }
    },
    one: (entry) =>
      atPath(`users.${entry.index}`, async () => {
        if (entry.standing) await changeUser(unit, entry, entry.standing, run);
        else made(await unit.users.create(newUser(entry)), entry);
      }),
  });
}

interface UserEntry {
  readonly index: number;
  readonly id: string;
  readonly wanted: PolicyUser;
  readonly standing: UserRecord | undefined;
  readonly passwordHash: string | undefined;
}

function newUser({ id, wanted, passwordHash }: UserEntry): NewUser {
  const { username, email = null, active = true, superuser = false, attributes = {} } = wanted;
  return { id, username, email, active, superuser, attributes, passwordHash };
}

async function changeUser(
  unit: WriteUnit,
  { id, wanted, passwordHash }: UserEntry,
  standing: UserRecord,
  run: PolicyRun,
): Promise<void> {
  const change = { ...differenceOf(wanted, standing), ...(passwordHash === undefined ? {} : { passwordHash }) };
  const differs = Object.keys(change).length > 0;
  if (differs) {
    const after = await unit.users.update(id, change);
    run.noteUpdated('user', id, standing, shown(after, passwordHash));
  }
  run.add('users', differs ? 'updated' : 'unchanged');
}

// That a password is set, and nothing of it.
function shown(user: UserRecord, passwordHash: string | undefined): object {
  return passwordHash === undefined ? user : { ...user, password: 'set' };
}

function differenceOf(
  { username, email, active, superuser, attributes }: PolicyUser,
  standing: UserRecord,
): UserChange {
  return {
    ...(username === standing.username ? {} : { username }),
    ...(email === undefined || email === standing.email ? {} : { email }),
    ...(active === undefined || active === standing.active ? {} : { active }),
    ...(superuser === undefined || superuser === standing.superuser ? {} : { superuser }),
    ...(attributes === undefined || sameJson(attributes, standing.attributes) ? {} : { attributes }),
  };
}

/** Whether two lists hold the same, in whatever order. */
export function sameMembers(one: readonly string[], other: readonly string[]): boolean {
  const [ones, others] = [new Set(one), new Set(other)];
  return ones.size === others.size && [...ones].every((member) => others.has(member));
}

/** Whether the attributes are those that are stored; writing them as JSON is what makes -0 a 0. */
export function sameJson(wanted: JsonObject, stored: JsonObject): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(wanted)), stored);
}
