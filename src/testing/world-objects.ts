import { isBuiltInType, MAX_DEPTH } from '../core/built-ins.js';
import { CastellanError, notFound, unknownReference } from '../core/errors.js';
import { refName, sameRef, type JsonObject, type ObjectRef, type SubjectRef } from '../core/model.js';
import type { StoredObject, WorldState } from './world-state.js';
import { giveGrant } from './world-rules.js';
import { requireChildless, requireFree } from './world-subjects.js';

/** An object to be made. */
export interface ObjectValues {
  readonly parent: ObjectRef | null;
  readonly attributes: JsonObject;
  readonly creator: SubjectRef | null;
}

/**
 * Registers the object, and gives its creator (if any) what its type says a creator gets.
 *
 * @throws CastellanError `built_in`, `already_exists`, `unknown_reference` (the type, the parent, or the creator), `too_deep`.
 */
export function addObject(state: WorldState, object: ObjectRef, values: ObjectValues): void {
  const { parent, attributes, creator } = values;
  requireOwnType(object.type);
  requireFree(state, object);
  const type = state.types.get(object.type);
  if (!type) throw unknownReference('type', `type ${object.type}`);
  if (parent) requireParent(state, parent, null);
  if (creator && !state.subjects.has(creator)) throw unknownReference('creator', `${creator.type} ${creator.id}`);
  state.register(object, parent, attributes);
  if (!creator) return;
  for (const action of type.creatorActions)
    giveGrant(state, {
      subject: creator,
      permission: `${type.id}:${action}`,
      object,
      effect: 'allow',
      condition: null,
      fields: null,
      startsAt: null,
      expiresAt: null,
    });
}

/** @throws CastellanError `built_in`, `not_found`. */
export function setAttributes(state: WorldState, ref: ObjectRef, attributes: JsonObject): void {
  const object = standing(state, ref);
  state.objects.set(object, { ...object, attributes });
}

/** Puts the object, with all that is below it, below another one, or (null) below none. @throws CastellanError `built_in`, `not_found`, `unknown_reference`, `cycle`, `too_deep`. */
export function moveObject(state: WorldState, ref: ObjectRef, parent: ObjectRef | null): void {
  const object = standing(state, ref);
  const stays = object.parent && parent ? sameRef(object.parent, parent) : object.parent === parent;
  if (stays) return;
  if (parent) requireParent(state, parent, object);
  state.objects.set(object, { ...object, parent });
}

/** Removes the object and every rule placed on it; with `cascade`, also all that is below it. @throws CastellanError `built_in`, `not_found`, `has_children`. */
export function deleteObject(state: WorldState, ref: ObjectRef, cascade: boolean): void {
  const object = standing(state, ref);
  if (!cascade) requireChildless(state, object);
  const gone = new Set(subtreeOf(state, object).map(refName));
  state.forgetObjects((each) => gone.has(refName(each)));
}

function standing(state: WorldState, ref: ObjectRef): StoredObject {
  requireOwnType(ref.type);
  const object = state.objects.get(ref);
  if (!object) throw notFound();
  return object;
}

function requireOwnType(type: string): void {
  if (isBuiltInType(type))
    throw new CastellanError(
      'built_in',
      `Objects of the type ${type} come and go with what they stand for, by words of their own.`,
    );
}

function requireParent(state: WorldState, parent: ObjectRef, child: StoredObject | null): void {
  if (!state.objects.has(parent)) throw unknownReference('parent', refName(parent));
  const above = state.above(parent);
  if (child && [parent, ...above].some((each) => sameRef(each, child)))
    throw parentFault('cycle', 'must not be the object itself, or below it');
  if (above.length + 1 + (child ? heightOf(state, child) : 0) > MAX_DEPTH)
    throw parentFault('too_deep', `would make it nest more than ${MAX_DEPTH} levels deep`);
}

function parentFault(code: 'cycle' | 'too_deep', message: string): CastellanError {
  return new CastellanError(code, `parent: ${message}.`, [{ path: 'parent', message }]);
}

function subtreeOf(state: WorldState, top: StoredObject): StoredObject[] {
  const found = [top];
  // Grows while it is walked.
  for (const object of found) found.push(...state.childrenOf(object));
  return found;
}

function heightOf(state: WorldState, top: StoredObject): number {
  const above = state.above(top).length;
  return Math.max(...subtreeOf(state, top).map((object) => state.above(object).length - above));
}
