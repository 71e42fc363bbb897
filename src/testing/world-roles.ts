import { notFound, unknownReference } from '../core/errors.js';
import { sameRef } from '../core/model.js';
import { ruleKey } from '../core/rule-key.js';
import { requireEdgeFits, type Graph } from './graph-limits.js';
import type { StoredRule, WorldState } from './world-state.js';
import { requireChildless, requireFree } from './world-subjects.js';

type NewRule = Omit<StoredRule, 'id'>;

/** The new values of a role; what is absent stays, what is there replaces. */
export interface RoleValues {
  readonly rules?: readonly NewRule[];
  readonly includes?: readonly string[];
}

/** @throws CastellanError `already_exists`, `unknown_reference` (a permission or an included role), `cycle`, `too_deep`. */
export function addRole(state: WorldState, id: string, values: RoleValues): void {
  const ref = { type: 'role', id };
  requireFree(state, ref);
  state.subjects.set(ref, { ...ref, username: null, active: true, superuser: false, attributes: {} });
  state.register(ref);
  state.rules.set(id, []);
  state.includes.set(id, []);
  try {
    changeRole(state, id, values);
  } catch (error) {
    deleteRole(state, id);
    throw error;
  }
}

/** @throws CastellanError `not_found`, `unknown_reference` (a permission or an included role), `cycle`, `too_deep`. */
export function changeRole(state: WorldState, id: string, { rules, includes }: RoleValues): void {
  const before = state.includes.get(id);
  if (!before) throw notFound();
  if (rules) requirePermissions(state, rules);
  if (includes) setIncludes(state, id, includes, before);
  if (rules) state.rules.set(id, withoutRepeats(rules, state));
}

/** @throws CastellanError `not_found`, `has_children`. */
export function deleteRole(state: WorldState, id: string): void {
  const ref = { type: 'role', id };
  if (!state.rules.has(id)) throw notFound();
  requireChildless(state, ref);
  state.rules.delete(id);
  state.includes.delete(id);
  for (const [role, included] of state.includes)
    state.includes.set(
      role,
      included.filter((each) => each !== id),
    );
  state.assignments.takeAll(({ role }) => role === id);
  state.forgetSubject(ref);
  state.forgetObjects((object) => sameRef(object, ref));
}

function setIncludes(state: WorldState, id: string, includes: readonly string[], before: string[]): void {
  const graph = inclusionsIn(state);
  const after: string[] = [];
  state.includes.set(id, after);
  try {
    for (const [index, name] of [...new Set(includes)].entries()) {
      if (!state.rules.has(name)) throw unknownReference(`includes.${index}`, `role ${name}`);
      requireEdgeFits(graph, { lower: id, upper: name }, `role:${name} in role:${id}`);
      after.push(name);
    }
  } catch (error) {
    state.includes.set(id, before);
    throw error;
  }
}

function requirePermissions(state: WorldState, rules: readonly NewRule[]): void {
  const index = rules.findIndex(({ permission }) => !state.hasPermission(permission));
  const rule = rules[index];
  if (rule) throw unknownReference(`rules.${index}.permission`, `permission ${rule.permission}`);
}

function withoutRepeats(rules: readonly NewRule[], state: WorldState): StoredRule[] {
  const distinct = new Map<string, NewRule>();
  for (const rule of rules) {
    const key = `${rule.permission} ${ruleKey(rule)}`;
    if (!distinct.has(key)) distinct.set(key, rule);
  }
  return Array.from(distinct.values(), (rule) => ({ ...rule, id: `rule-${state.next()}` }));
}

function inclusionsIn(state: WorldState): Graph<string> {
  return {
    up: (role) => state.includes.get(role) ?? [],
    down: (role) => [...state.includes].filter(([, included]) => included.includes(role)).map(([id]) => id),
    nameOf: (role) => role,
  };
}
