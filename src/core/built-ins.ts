import type { SubjectRef } from './model.js';

/** Every request, signed in or not. */
export const ANYONE: SubjectRef = { type: 'group', id: 'anyone' };

/** Every known, active subject. */
export const AUTHENTICATED: SubjectRef = { type: 'group', id: 'authenticated' };

/** The actions that a type has when it names none. */
export const DEFAULT_ACTIONS = ['view', 'add', 'change', 'delete', 'grant'] as const;

/** What the creator of an object gets on it when its type names nothing else. */
export const DEFAULT_CREATOR_ACTIONS = ['view', 'change', 'delete', 'grant'] as const;

/** Castellan's own resource types. They are guarded by the same engine, and have routes of their own. */
export const BUILT_IN_TYPES = ['user', 'group', 'role', 'type', 'assignment', 'audit', 'access'] as const;
export type BuiltInType = (typeof BUILT_IN_TYPES)[number];

/** Nesting deeper than this is refused when it is written. */
export const MAX_DEPTH = 32;

/** Whether the name is one of Castellan's own resource types. */
export function isBuiltInType(name: string): name is BuiltInType {
  return (BUILT_IN_TYPES as readonly string[]).includes(name);
}

/** Whether the subject is a group whose members are not listed but implied. */
export function isBuiltInGroup(ref: SubjectRef): boolean {
  return ref.type === 'group' && (ref.id === ANYONE.id || ref.id === AUTHENTICATED.id);
}
