import { refName, type JsonObject } from '../../core/model.js';
import { DEFAULT_ACTIONS, DEFAULT_CREATOR_ACTIONS } from '../../core/built-ins.js';
import type { Policy } from '../policy/parse-policy.js';
import type { ExportedEntries } from './export-policy.js';
import { entryName } from './file-entries.js';

/** The objects whose creators the file may go on naming, and the grants that this says. */
export interface StandingCreators {
  /** Of objects, as entries are named. */
  readonly names: ReadonlySet<string>;
  /** Of grants. */
  readonly grants: ReadonlySet<string>;
}

/** Which creators of the file still have all that creators of that type get. Where grants are not exported, all of them. */
export function creatorsThatStand(policy: Policy, exported: ExportedEntries): StandingCreators {
  const types = new Map(
    (exported.get('types') ?? policy.types).map((type) => [type['id'], creatorActionsOf(type as JsonObject)]),
  );
  const granted = exported.get('grants');
  const standing = new Set((granted ?? []).map((grant) => entryName('grants', grant)));
  const names = new Set<string>();
  const grants = new Set<string>();
  for (const { type, id, creator } of policy.objects) {
    if (!creator) continue;
    const implied = (types.get(type) ?? []).map((action) =>
      entryName('grants', { subject: refName(creator), permission: `${type}:${action}`, object: `${type}:${id}` }),
    );
    if (granted && !implied.every((grant) => standing.has(grant))) continue;
    names.add(entryName('objects', { type, id }));
    for (const grant of implied) grants.add(grant);
  }
  return { names, grants };
}

/** What is exported, but for the grants that the file says by naming creators, and does not list as well. */
export function withoutCreatorGrants(exported: ExportedEntries, { grants }: StandingCreators): ExportedEntries {
  return new Map(
    [...exported].map(([kind, entries]) => [
      kind,
      kind === 'grants' ? entries.filter((entry) => !grants.has(entryName('grants', entry))) : entries,
    ]),
  );
}

function creatorActionsOf({ actions, creatorActions }: JsonObject): string[] {
  if (Array.isArray(creatorActions)) return creatorActions as string[];
  const own = (actions ?? [...DEFAULT_ACTIONS]) as string[];
  return DEFAULT_CREATOR_ACTIONS.filter((action) => own.includes(action));
}
