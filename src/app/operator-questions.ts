import { invalidField } from '../core/errors.js';
import { faultOfName, parseRef } from '../core/identifiers.js';
import {
  refName,
  type Decision,
  type ObjectRef,
  type Permission,
  type Question,
  type SubjectRef,
} from '../core/model.js';
import type { Store } from '../store/store.js';

/** A decision, with what an operator may have got wrong in asking. */
export interface CheckAnswer extends Decision {
  /** Sentences about what the question names and the database does not know. */
  readonly notes: readonly string[];
}

/**
 * Reads the question of `check user:alice view post:123`.
 *
 * @throws CastellanError `invalid_request`.
 */
export function readCheck(subject: string, action: string, object: string): Question & { object: ObjectRef } {
  const on = readRef('OBJECT', object);
  return { subject: readRef('SUBJECT', subject), permission: readPermission(on.type, action), object: on };
}

/**
 * Reads the question of `list user:alice view post`.
 *
 * @throws CastellanError `invalid_request`.
 */
export function readList(
  subject: string,
  action: string,
  type: string,
): { subject: SubjectRef; permission: Permission } {
  const fault = faultOfName(type);
  if (fault !== undefined) throw invalidField('TYPE', fault);
  return { subject: readRef('SUBJECT', subject), permission: readPermission(type, action) };
}

/** Decides the question as the service would. */
export async function check(store: Store, question: Question & { object: ObjectRef }): Promise<CheckAnswer> {
  const decision = await store.decider.decide(question);
  if (decision.allowed) return { ...decision, notes: [] };
  const notes = await notesOnSubject(store, question.subject);
  const isKnownType = decision.reason !== 'unknown_type';
  if (isKnownType && !(await store.objects.find(question.object))) {
    notes.push(`There is no ${refName(question.object)}: only rules placed everywhere count for it.`);
  }
  return { ...decision, notes };
}

/** The ids of all objects on which the subject may do the action, a page at a time; `most` of them at most. */
export async function* list(
  store: Store,
  question: { subject: SubjectRef; permission: Permission },
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<string[]> {
  let left = most;
  let after: string | undefined;
  do {
    const page = await store.lists.list({ ...question, limit: Math.min(left, 1000), after });
    left -= page.items.length;
    after = page.next ?? undefined;
    yield page.items.map((object) => object.id);
  } while (after !== undefined && left > 0);
}

/** The subjects of a type that may do the action on the object, a page at a time. */
export async function* whoCan(
  store: Store,
  { subjectType, action, object }: { subjectType: string; action: string; object: ObjectRef },
): AsyncGenerator<SubjectRef[]> {
  const permission = { type: object.type, action };
  let after: string | undefined;
  do {
    const page = await store.subjectLists.list({ subjectType, permission, object, limit: 1000, after });
    after = page.next ?? undefined;
    yield page.items;
  } while (after !== undefined);
}

/**
 * Reads the question of `who-can view post:123`.
 *
 * @throws CastellanError `invalid_request`.
 */
export function readWhoCan(action: string, object: string): { action: string; object: ObjectRef } {
  const on = readRef('OBJECT', object);
  return { action: readPermission(on.type, action).action, object: on };
}

/** What may be the reason for an empty list, other than that the subject may not. */
export async function notesOnList(
  store: Store,
  { subject, permission }: { subject: SubjectRef; permission: Permission },
): Promise<string[]> {
  return [...(await notesOnSubject(store, subject)), ...(await notesOnPermission(store, permission))];
}

/** What of the permission, and of the object where there is one, the database does not know. */
export async function notesOnObject(store: Store, permission: Permission, object: ObjectRef): Promise<string[]> {
  const notes = await notesOnPermission(store, permission);
  if (notes.length === 0 && !(await store.objects.find(object)))
    notes.push(`There is no ${refName(object)}: only rules placed everywhere count for it.`);
  return notes;
}

async function notesOnPermission(store: Store, { type: name, action }: Permission): Promise<string[]> {
  const type = await store.types.find(name);
  if (!type) return [`There is no type ${name}.`];
  return type.actions.includes(action) ? [] : [`${action} is no action of the type ${name}.`];
}

/** What of the subject the database does not know. */
export async function notesOnSubject(store: Store, subject: SubjectRef): Promise<string[]> {
  const readers: Readonly<Record<string, { find(id: string): Promise<object | null> }>> = {
    user: store.users,
    service: store.services,
    group: store.groups,
    role: store.roles,
  };
  const reader = Object.hasOwn(readers, subject.type) ? readers[subject.type] : undefined;
  if (!reader || (await reader.find(subject.id))) return [];
  return [`There is no ${refName(subject)}: it holds what anyone holds.`];
}

/** Reads a reference, as `user:alice`. @throws CastellanError `invalid_request` that names the argument. */
export function readRef(argument: string, text: string): SubjectRef {
  const ref = parseRef(text);
  if (!ref)
    throw invalidField(argument, `must be of the form type:id, such as user:alice; it is ${JSON.stringify(text)}`);
  return ref;
}

function readPermission(type: string, action: string): Permission {
  const fault = faultOfName(action);
  if (fault !== undefined) throw invalidField('ACTION', fault);
  return { type, action };
}
