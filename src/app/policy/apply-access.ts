import { MOST_GRANTS } from '../../api/grants/grants.schema.js';
import type { NewGrant } from '../../core/ports/grants.js';
import type { WriteUnit } from '../../core/ports/writes.js';
import { atPath } from './at-path.js';
import type { Tally } from './policy-result.js';
import type { PolicyContents, PolicyGrant } from './policy-schema.js';

/** Gives roles that are not held yet. */
export async function applyAssignments(
  unit: WriteUnit,
  assignments: PolicyContents['assignments'],
  tally: Tally,
): Promise<void> {
  for (const [index, assignment] of assignments.entries()) {
    const { created } = await atPath(`assignments.${index}`, () => unit.assignments.create(assignment));
    tally.add('assignments', created ? 'created' : 'unchanged');
  }
}

/** Gives grants that do not stand yet. */
export async function applyGrants(unit: WriteUnit, grants: readonly PolicyGrant[], tally: Tally): Promise<void> {
  for (let start = 0; start < grants.length; start += MOST_GRANTS) {
    const chunk = grants
      .slice(start, start + MOST_GRANTS)
      .map((grant): NewGrant => Object.assign({}, grant, { object: grant.object ?? null }));
    for (const { created } of await atPath('grants', () => unit.grants.create(chunk), start)) {
      tally.add('grants', created ? 'created' : 'unchanged');
    }
  }
}
