import { refName } from '../../core/model.js';
import type { UnnamedThings } from '../../core/ports/file-marks.js';
import type { RoleRecord } from '../../core/ports/roles.js';
import type { WriteUnit } from '../../core/ports/writes.js';
import { keptInOrder, type KeptForOthers } from './kept-things.js';
import type { Policy } from './parse-policy.js';
import { assignmentName, grantName, memberName, type PolicyChange } from './policy-change.js';
import type { PolicyRun } from './policy-run.js';

/** All that no file names any more, or of that no more than was shown. */
export type Removals = 'all' | { readonly shown: readonly PolicyChange[] };

/** There is more to be removed by now than was shown. Nothing was changed. */
export class RemovalsDifferError extends Error {
  override readonly name = 'RemovalsDifferError';
  readonly code = 'removals_differ';

  constructor(more: readonly PolicyChange[]) {
    const [first] = more;
    const rest = more.length > 1 ? ` and ${more.length - 1} more` : '';
    super(
      `Something has changed meanwhile: ${first?.kind} ${first?.name}${rest} would go too, and was not shown. Plan again.`,
    );
  }
}

/** Adds to what is named by its id already what the policy names otherwise. */
export function nameThings(policy: Policy, named: PolicyRun['named']): void {
  for (const { id } of policy.types) named.types.push(id);
  for (const { id, members = [] } of policy.groups) {
    named.groups.push(id);
    for (const member of members) named.members.push({ group: id, member });
  }
  for (const { id } of policy.roles) named.roles.push(id);
  for (const { type, id } of policy.objects) named.objects.push({ type, id });
}

/**
 * Removes what was made from files and is not named any more. What something hangs on that stays is kept, and told.
 *
 * @throws RemovalsDifferError when more would go than was shown.
 */
export async function prune(unit: WriteUnit, run: PolicyRun, removals: Removals): Promise<KeptForOthers[]> {
  const { gone, kept } = await unit.fileMarks.unnamed(run.named);
  noteRemoved(gone, run);
  if (removals !== 'all') {
    const shown = new Set(removals.shown.filter(({ change }) => change === 'delete').map(keyOf));
    const more = run.changes.filter((change) => change.change === 'delete' && !shown.has(keyOf(change)));
    if (more.length > 0) throw new RemovalsDifferError(more);
  }
  // What hangs on others goes before them.
  await unit.fileMarks.remove(gone);
  for (const { id } of includersFirst(gone.roles)) await unit.roles.delete(id);
  for (const { id } of gone.groups) await unit.groups.delete(id);
  for (const { id } of gone.types) await unit.types.delete(id);
  return keptInOrder(kept);
}

function keyOf({ kind, name }: PolicyChange): string {
  return `${kind} ${name}`;
}

function noteRemoved(gone: UnnamedThings, run: PolicyRun): void {
  for (const type of gone.types) run.noteRemoved('type', type.id, type);
  for (const group of gone.groups) run.noteRemoved('group', group.id, group);
  for (const member of gone.members) run.noteRemoved('member', memberName(member), member);
  for (const role of gone.roles) run.noteRemoved('role', role.id, role);
  for (const object of gone.objects) run.noteRemoved('object', refName(object), object);
  for (const { id: _, ...assignment } of gone.assignments)
    run.noteRemoved('assignment', assignmentName(assignment), assignment);
  for (const { id: _, ...grant } of gone.grants) run.noteRemoved('grant', grantName(grant), grant);
}

/** The roles in an order in which none comes after one that it includes. */
function includersFirst(roles: readonly RoleRecord[]): RoleRecord[] {
  const byId = new Map(roles.map((role) => [role.id, role]));
  const includedFirst = new Set<RoleRecord>();
  const visit = (role: RoleRecord): void => {
    if (includedFirst.has(role)) return;
    for (const id of role.includes) {
      const included = byId.get(id);
      if (included) visit(included);
    }
    includedFirst.add(role);
  };
  for (const role of roles) visit(role);
  return [...includedFirst].toReversed();
}
