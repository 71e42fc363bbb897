/** Who asks: a user, group, service or role, by type and id. */
export interface SubjectRef {
  readonly type: string;
  readonly id: string;
}

/** One protected thing, by resource type and id. */
export interface ObjectRef {
  readonly type: string;
  readonly id: string;
}

/** An action on a resource type; written `document:view`. */
export interface Permission {
  readonly type: string;
  readonly action: string;
}

/** Where a rule counts: on an object and all below it, or (undefined) everywhere. */
export type Place = ObjectRef | undefined;

export type Effect = 'allow' | 'deny';

/** Which allow rules it takes: any one, one everywhere and one on the object, or one on the object. */
export type Mode = 'union' | 'both' | 'object';

/** JSON, as it is stored and sent. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

/** What one decision is asked about. Without an object, only rules placed everywhere count. */
export interface Question {
  readonly subject: SubjectRef;
  readonly permission: Permission;
  readonly object?: ObjectRef | undefined;
}

/** A rule as it was found for one question: where it comes from, and where it is placed. */
export interface FetchedRule {
  readonly id: string;
  readonly source: 'grant' | 'role';
  readonly effect: Effect;
  readonly placed: 'everywhere' | 'object';
  /** A rule with a condition, fields or a window that this version can't evaluate: it never allows, and denies. */
  readonly restricted: boolean;
}

/** Everything the database knows about one question, read in one statement. */
export interface Facts {
  readonly subject: 'unknown' | 'inactive' | 'active';
  readonly superuser: boolean;
  readonly typeKnown: boolean;
  readonly actionKnown: boolean;
  readonly mode: Mode;
  readonly rules: readonly FetchedRule[];
}

/** Why a decision came out as it did; stable, for machines. */
export type Reason =
  | 'superuser'
  | 'rule_allows'
  | 'rule_denies'
  | 'no_rule_allows'
  | 'subject_inactive'
  | 'unknown_type'
  | 'unknown_action';

/** Allow or deny, with the reason and the rules behind it. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: Reason;
  readonly rules: readonly FetchedRule[];
}

/** `document:view` for `{ type: 'document', action: 'view' }`. */
export function permissionName(permission: Permission): string {
  return `${permission.type}:${permission.action}`;
}

/** `user:alice` for `{ type: 'user', id: 'alice' }`. */
export function refName(ref: SubjectRef | ObjectRef): string {
  return `${ref.type}:${ref.id}`;
}

/** Whether two references name the same thing. */
export function sameRef(one: SubjectRef | ObjectRef, other: SubjectRef | ObjectRef): boolean {
  return one.type === other.type && one.id === other.id;
}
