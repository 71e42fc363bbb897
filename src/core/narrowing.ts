import { permissionName, type Permission, type SubjectRef } from './model.js';

// Under a symbol: it goes wherever the subject goes in memory, comes out of no body, and into no answer.
const NARROWED_TO = Symbol('castellan: the permissions that it is narrowed to');

interface NarrowedSubject extends SubjectRef {
  readonly [NARROWED_TO]: ReadonlySet<string>;
}

/** The subject, as it asks with a token that names some permissions: each decision about it denies what is not named (`document:view`). */
export function narrow({ type, id }: SubjectRef, permissions: readonly string[]): SubjectRef {
  const narrowed: NarrowedSubject = { type, id, [NARROWED_TO]: new Set(permissions) };
  return narrowed;
}

/** Whether the subject asks with some of its permissions only. */
export function isNarrowed(subject: SubjectRef): boolean {
  return NARROWED_TO in subject;
}

/** Whether nothing keeps the subject from being asked about the permission: it is named, or the subject is not narrowed. */
export function permits(subject: SubjectRef, permission: Permission): boolean {
  const named = (subject as Partial<NarrowedSubject>)[NARROWED_TO];
  return named === undefined || named.has(permissionName(permission));
}
