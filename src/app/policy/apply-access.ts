import { MOST_GRANTS } from '../../api/grants/grants.schema.js';
import type { NewGrant } from '../../core/ports/grants.js';
import type { WriteUnit } from '../../core/ports/writes.js';
import { atPath } from './at-path.js';
import { assignmentName, grantName } from './policy-change.js';
import type { PolicyRun } from './policy-run.js';
import type { PolicyContents, PolicyGrant } from './policy-schema.js';

const AT_ONCE = 1000;

/** Gives roles that are not held yet. */
export async function applyAssignments(
  unit: WriteUnit,
  assignments: PolicyContents['assignments'],
  run: PolicyRun,
): Promise<void> {
  for (let start = 0; start < assignments.length; start += AT_ONCE) {
    const chunk = assignments.slice(start, start + AT_ONCE);
    for (const { record, created } of await atPath('assignments', () => unit.assignments.createMany(chunk), start)) {
      run.add('assignments', created ? 'created' : 'unchanged');
      run.named.assignments.push(record.id);
      if (!created) continue;
      const { id, ...after } = record;
      run.made.assignments.push(id);
      run.noteMade('assignment', assignmentName(record), after);
    }
  }
}

/** Gives grants that do not stand yet. */
export async function applyGrants(unit: WriteUnit, grants: readonly PolicyGrant[], run: PolicyRun): Promise<void> {
  for (let start = 0; start < grants.length; start += MOST_GRANTS) {
    const chunk = grants
      .slice(start, start + MOST_GRANTS)
      .map((grant): NewGrant => Object.assign({}, grant, { object: grant.object ?? null }));
    for (const { record, created } of await atPath('grants', () => unit.grants.create(chunk), start)) {
      run.add('grants', created ? 'created' : 'unchanged');
      run.named.grants.push(record.id);
      if (!created) continue;
      const { id, ...after } = record;
      run.made.grants.push(id);
      run.noteMade('grant', grantName(record), after);
    }
  }
}
