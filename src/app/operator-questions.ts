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

/** What may be the reason for an empty list, other than that the subject may not. */
export async function notesOnList(
  store: Store,
  { subject, permission }: { subject: SubjectRef; permission: Permission },
): Promise<string[]> {
  const notes = await notesOnSubject(store, subject);
  const type = await store.types.find(permission.type);
  if (!type) notes.push(`There is no type ${permission.type}.`);
  else if (!type.actions.includes(permission.action))
    notes.push(`${permission.action} is no action of the type ${permission.type}.`);
  return notes;
}

async function notesOnSubject(store: Store, subject: SubjectRef): Promise<string[]> {
  const readers: Readonly<Record<string, { find(id: string): Promise<object | null> }>> = {
    user: store.users,
    group: store.groups,
    role: store.roles,
  };
  const reader = Object.hasOwn(readers, subject.type) ? readers[subject.type] : undefined;
  if (!reader || (await reader.find(subject.id))) return [];
  return [`There is no ${refName(subject)}: it holds what anyone holds.`];
}

function readRef(argument: string, text: string): SubjectRef {
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
