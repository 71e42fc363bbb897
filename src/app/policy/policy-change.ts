import { refName, type JsonObject, type ObjectRef, type SubjectRef } from '../../core/model.js';
import type { MemberOf } from '../../core/ports/groups.js';

/** What a change is made to, in the order in which changes are told. */
export const CHANGED_KINDS = [
  'type',
  'user',
  'service',
  'group',
  'member',
  'role',
  'object',
  'assignment',
  'grant',
] as const;
export type ChangedKind = (typeof CHANGED_KINDS)[number];

/** One thing that applying a policy makes, changes or removes. */
export interface PolicyChange {
  readonly kind: ChangedKind;
  /** What tells it from all others of its kind, in words. */
  readonly name: string;
  readonly change: 'create' | 'update' | 'delete';
  /** How it was, and how it is then; null where it was or is not there. Never a password. */
  readonly before: object | null;
  readonly after: object | null;
  /** What goes with the actions that a type loses, whoever made it; absent where nothing does. */
  readonly takesAlong?: { readonly rules: number; readonly grants: number };
}

/** How many things applying a policy makes, changes and removes. */
export type ChangeSummary = Record<PolicyChange['change'], number>;

/** Counts changes. */
export function summaryOf(changes: readonly PolicyChange[]): ChangeSummary {
  const summary: ChangeSummary = { create: 0, update: 0, delete: 0 };
  for (const { change } of changes) summary[change] += 1;
  return summary;
}

/** The changes, kind by kind and within each by name: in the same order whatever that of the files. */
export function inOrder(changes: readonly PolicyChange[]): PolicyChange[] {
  const place = ({ kind }: PolicyChange): number => CHANGED_KINDS.indexOf(kind);
  return changes.toSorted((one, other) => place(one) - place(other) || compare(one.name, other.name));
}

// By code units: the same on every machine.
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Who is in what. */
export function memberName({ group, member }: MemberOf): string {
  return `${refName(member)} in group:${group}`;
}

interface Window {
  readonly startsAt?: string | null | undefined;
  readonly expiresAt?: string | null | undefined;
}

interface Placed {
  readonly object?: ObjectRef | null | undefined;
}

/** Who holds which role, where and when. */
export function assignmentName(assignment: { subject: SubjectRef; role: string } & Placed & Window): string {
  const { subject, role } = assignment;
  return `${role} to ${refName(subject)}${placeOf(assignment)}${windowOf(assignment)}`;
}

/** Who is given what, where, on which condition and when. */
export function grantName(
  grant: {
    readonly subject: SubjectRef;
    readonly permission: string;
    readonly effect?: string | undefined;
    readonly condition?: JsonObject | null | undefined;
    readonly fields?: readonly string[] | null | undefined;
  } & Placed &
    Window,
): string {
  const { subject, permission } = grant;
  return `${ruleName({ ...grant, permission })} to ${refName(subject)}${placeOf(grant)}${windowOf(grant)}`;
}

/** What a rule says: its permission, and what makes it another than the plain one that allows. */
export function ruleName(rule: {
  readonly permission: string;
  readonly effect?: string | undefined;
  readonly condition?: JsonObject | null | undefined;
  readonly fields?: readonly string[] | null | undefined;
}): string {
  const { permission, effect, condition, fields } = rule;
  const what = `${effect === 'deny' ? 'deny ' : ''}${permission}`;
  const of = fields ? ` of ${fields.toSorted().join(', ')}` : '';
  return condition ? `${what}${of} where ${JSON.stringify(condition)}` : `${what}${of}`;
}

function placeOf({ object }: Placed): string {
  return object ? ` on ${refName(object)}` : ' everywhere';
}

function windowOf({ startsAt, expiresAt }: Window): string {
  return `${startsAt ? ` from ${startsAt}` : ''}${expiresAt ? ` until ${expiresAt}` : ''}`;
}
