import { isDeepStrictEqual } from 'node:util';
import { newType } from '../../api/types/types.schema.js';
import type { JsonObject } from '../../core/model.js';
import type { UserChange, UserRecord } from '../../core/ports/users.js';
import type { WriteUnit } from '../../core/ports/writes.js';
import { atPath } from './at-path.js';
import type { Outcome, Tally } from './policy-result.js';
import { idOfUser, type PolicyGroup, type PolicyType, type PolicyUser } from './policy-schema.js';

/** Makes and changes resource types. A list of actions that is named becomes the type's. */
export async function applyTypes(unit: WriteUnit, types: readonly PolicyType[], tally: Tally): Promise<void> {
  for (const [index, wanted] of types.entries()) {
    tally.add('types', await atPath(`types.${index}`, () => applyType(unit, wanted)));
  }
}

async function applyType(unit: WriteUnit, { id, actions, mode, creatorActions }: PolicyType): Promise<Outcome> {
  const standing = await unit.types.find(id);
  if (!standing) {
    await unit.types.create(newType.parse({ id, actions, mode, creatorActions }));
    return 'created';
  }
  const change = {
    ...(actions && !sameMembers(actions, standing.actions) ? { actions } : {}),
    ...(mode === undefined || mode === standing.mode ? {} : { mode }),
    ...(creatorActions && !sameMembers(creatorActions, standing.creatorActions) ? { creatorActions } : {}),
  };
  if (Object.keys(change).length === 0) return 'unchanged';
  await unit.types.update(id, change);
  return 'updated';
}

/** Makes and changes users. A hash is there for those who get the password of the policy. */
export async function applyUsers(
  unit: WriteUnit,
  users: readonly PolicyUser[],
  hashes: ReadonlyMap<string, string>,
  tally: Tally,
): Promise<void> {
  const entries = [...users.entries()];
  // A superuser who is to be an ordinary user may be the last one until the next one is made.
  const inOrder = [
    ...entries.filter(([, user]) => user.superuser === true),
    ...entries.filter(([, user]) => user.superuser !== true),
  ];
  for (const [index, wanted] of inOrder) {
    tally.add('users', await atPath(`users.${index}`, () => applyUser(unit, wanted, hashes.get(idOfUser(wanted)))));
  }
}

async function applyUser(unit: WriteUnit, wanted: PolicyUser, passwordHash: string | undefined): Promise<Outcome> {
  const id = idOfUser(wanted);
  const standing = await unit.users.find(id);
  if (!standing) {
    const { username, email = null, active = true, superuser = false, attributes = {} } = wanted;
    await unit.users.create({ id, username, email, active, superuser, attributes, passwordHash });
    return 'created';
  }
  const change = { ...differenceOf(wanted, standing), ...(passwordHash === undefined ? {} : { passwordHash }) };
  if (Object.keys(change).length === 0) return 'unchanged';
  await unit.users.update(id, change);
  return 'updated';
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

/** Makes and changes groups, all of them first, so that their order does not matter; then adds the members that are missing. */
export async function applyGroups(unit: WriteUnit, groups: readonly PolicyGroup[], tally: Tally): Promise<void> {
  for (const [index, wanted] of groups.entries()) {
    tally.add('groups', await atPath(`groups.${index}`, () => applyGroup(unit, wanted)));
  }
  for (const [index, { id, members = [] }] of groups.entries()) {
    for (const [place, member] of members.entries()) {
      const path = `groups.${index}.members.${place}`;
      const joined = await atPath(path, () => unit.groups.addMember(id, member));
      tally.add('members', joined ? 'created' : 'unchanged');
    }
  }
}

async function applyGroup(unit: WriteUnit, { id, description }: PolicyGroup): Promise<Outcome> {
  const standing = await unit.groups.find(id);
  if (!standing) {
    await unit.groups.create({ id, description: description ?? null });
    return 'created';
  }
  if (description === undefined || description === standing.description) return 'unchanged';
  await unit.groups.update(id, { description });
  return 'updated';
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
