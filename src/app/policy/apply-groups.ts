import type { GroupRecord, MemberOf } from '../../core/ports/groups.js';
import type { WriteUnit } from '../../core/ports/writes.js';
import { atPath } from './at-path.js';
import { inBatches } from './in-batches.js';
import { memberName } from './policy-change.js';
import type { PolicyRun } from './policy-run.js';
import type { PolicyGroup } from './policy-schema.js';

/** Makes and changes groups, all of them first, so that their order does not matter; then adds the members that are missing. */
export async function applyGroups(unit: WriteUnit, groups: readonly PolicyGroup[], run: PolicyRun): Promise<void> {
  const standing = new Map((await unit.groups.findMany(groups.map(({ id }) => id))).map((group) => [group.id, group]));
  for (const [index, wanted] of groups.entries())
    await atPath(`groups.${index}`, () => applyGroup(unit, wanted, standing.get(wanted.id), run));
  const members = groups.flatMap(({ id, members: named = [] }, index) =>
    named.map((member, place) => ({ group: id, member, path: `groups.${index}.members.${place}` })),
  );
  await applyMembers(unit, members, run);
}

async function applyGroup(
  unit: WriteUnit,
  { id, description }: PolicyGroup,
  standing: GroupRecord | undefined,
  run: PolicyRun,
): Promise<void> {
  if (!standing) {
    run.noteMade('group', id, await unit.groups.create({ id, description: description ?? null }));
    run.made.groups.push(id);
    run.add('groups', 'created');
    return;
  }
  const differs = description !== undefined && description !== standing.description;
  if (differs) run.noteUpdated('group', id, standing, await unit.groups.update(id, { description }));
  run.add('groups', differs ? 'updated' : 'unchanged');
}

async function applyMembers(
  unit: WriteUnit,
  members: readonly (MemberOf & { readonly path: string })[],
  run: PolicyRun,
): Promise<void> {
  const standing = await unit.groups.standingMembers(members);
  const seen = new Set<string>();
  const entries = members.map(({ path, ...membership }, index) => {
    const name = memberName(membership);
    const first = !seen.has(name);
    seen.add(name);
    return { path, membership, name, first, standing: standing.get(index) };
  });
  const made = (membership: MemberOf, name: string): void => {
    run.add('members', 'created');
    run.made.members.push(membership);
    run.noteMade('member', name, membership);
  };
  await inBatches(entries, {
    mayBatch: (entry) => !entry.standing && entry.first && entry.membership.member.type !== 'group',
    many: async (batch) => {
      await unit.groups.addMembers(batch.map(({ membership }) => membership));
      for (const { membership, name } of batch) made(membership, name);
    },
    one: async ({ path, membership, name, first, standing: there }) => {
      const { group, member } = membership;
      if (!there || there.fromProvider)
        if (await atPath(path, () => unit.groups.addMember(group, member))) return made(membership, name);
      // The identity provider can not take it back any more.
      if (there?.fromProvider && first)
        run.noteUpdated('member', name, { ...membership, fromProvider: true }, { ...membership, fromProvider: false });
      run.add('members', 'unchanged');
    },
  });
}
