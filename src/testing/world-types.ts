import { DEFAULT_ACTIONS, DEFAULT_CREATOR_ACTIONS } from '../core/built-ins.js';
import { CastellanError, invalidField, notFound } from '../core/errors.js';
import { sameRef, type Mode } from '../core/model.js';
import type { StoredType, WorldState } from './world-state.js';
import { requireChildless, requireFree } from './world-subjects.js';

/** The values of a type; of a change, what is absent stays, and what is there replaces. */
export interface TypeValues {
  readonly actions?: readonly string[];
  readonly mode?: Mode;
  /** What the creator of an object of the type gets on it. */
  readonly creatorActions?: readonly string[];
}

/** @throws CastellanError `already_exists`, `invalid_request` (no action `view`, a creator's action that is no action). */
export function addType(state: WorldState, id: string, values: TypeValues): void {
  const ref = { type: 'type', id };
  requireFree(state, ref);
  const { actions = DEFAULT_ACTIONS, mode = 'union' } = values;
  const creatorActions = values.creatorActions ?? DEFAULT_CREATOR_ACTIONS.filter((action) => actions.includes(action));
  requireActions(creatorActions, actions);
  state.types.set(id, { id, actions: [...new Set(actions)], mode, creatorActions, builtIn: false });
  state.register(ref);
}

/** @throws CastellanError `not_found`, `built_in`, `invalid_request` (no action `view`, a creator's action that is no action). */
export function changeType(state: WorldState, id: string, values: TypeValues): void {
  const before = changeable(state, id);
  const wanted = values.actions ?? before.actions;
  const creatorActions = values.creatorActions ?? before.creatorActions.filter((action) => wanted.includes(action));
  requireActions(creatorActions, wanted);
  // Those that stay keep their order; new ones come behind them.
  const kept = before.actions.filter((action) => wanted.includes(action));
  const actions = [...new Set([...kept, ...wanted])];
  state.types.set(id, { ...before, actions, creatorActions, mode: values.mode ?? before.mode });
  state.forgetPermissions();
}

/** Removes the type and its objects. @throws CastellanError `not_found`, `built_in`, `has_children` (objects of other types are below them). */
export function deleteType(state: WorldState, id: string): void {
  const ref = { type: 'type', id };
  changeable(state, id);
  const others = [...state.objects.values()].filter(({ type }) => type !== id);
  if (others.some(({ parent }) => parent?.type === id))
    throw new CastellanError('has_children', 'There are objects below this type: move or delete them first.');
  if (others.some(({ parent }) => parent && sameRef(parent, ref))) requireChildless(state, ref);
  state.types.delete(id);
  state.forgetObjects((object) => object.type === id || sameRef(object, ref));
  state.forgetPermissions();
}

function changeable(state: WorldState, id: string): StoredType {
  const type = state.types.get(id);
  if (!type) throw notFound();
  if (type.builtIn) throw new CastellanError('built_in', `The type ${id} is built in, and stays as it is.`);
  return type;
}

function requireActions(creatorActions: readonly string[], actions: readonly string[]): void {
  if (!actions.includes('view')) throw invalidField('actions', 'must include view');
  const index = creatorActions.findIndex((action) => !actions.includes(action));
  if (index >= 0) throw invalidField(`creatorActions.${index}`, "must be one of the type's actions");
}
