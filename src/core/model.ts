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

/** Properties that a question brings along; they go over the stored attributes, name by name, for that one decision. */
export interface Supplied {
  readonly subject?: JsonObject | undefined;
  readonly resource?: JsonObject | undefined;
  readonly action?: JsonObject | undefined;
  readonly context?: JsonObject | undefined;
}

/** What one decision is asked about. */
export interface Question {
  readonly subject: SubjectRef;
  readonly permission: Permission;
  /** Rules placed on it, above it and everywhere count; without an object, only those placed everywhere. */
  readonly object?: ObjectRef | undefined;
  /**
   * What is yet to be made, where the question is whether it may be: `object` is then the parent named for it, and
   * conditions are about this. Its attributes are the proposed ones.
   */
  readonly proposed?: { readonly id?: string | undefined; readonly attributes: JsonObject } | undefined;
  readonly supplied?: Supplied | undefined;
  /** Goes over the mode of the type, for this one question. Without an object there is nothing that it could ask for. */
  readonly mode?: Mode | undefined;
}

/** A rule as it was found for one question: where it comes from, where it is placed, and what it is tied to. */
export interface FetchedRule {
  /** The id of the grant, or of the role's rule. */
  readonly id: string;
  readonly source: 'grant' | 'role';
  readonly effect: Effect;
  readonly placed: 'everywhere' | 'object';
  /** As it is written; null when there is none. */
  readonly condition: JsonObject | null;
  /** Top-level names of attributes; null when the rule is about all of them. */
  readonly fields: readonly string[] | null;
}

/** Everything the database knows about one question, read in one statement. Rules outside their window are left out. */
export interface Facts {
  readonly subject: 'unknown' | 'inactive' | 'active';
  readonly superuser: boolean;
  readonly typeKnown: boolean;
  readonly actionKnown: boolean;
  /** Whether the object that is asked about is registered. */
  readonly objectKnown: boolean;
  readonly mode: Mode;
  readonly rules: readonly FetchedRule[];
  /** Stored attributes; null where there are none stored, or where no rule has a condition that could ask for them. */
  readonly subjectAttributes: JsonObject | null;
  readonly objectAttributes: JsonObject | null;
}

/** Why a decision came out as it did; stable, for machines. */
export type Reason =
  | 'superuser'
  | 'rule_allows'
  | 'rule_denies'
  | 'no_rule_allows'
  | 'subject_inactive'
  /** The token that the subject asks with does not name the permission. */
  | 'narrowed'
  | 'unknown_type'
  | 'unknown_action';

/** Which fields an allowed action covers: only these (null: all of them), and none of the excepted. */
export interface FieldScope {
  readonly only: readonly string[] | null;
  readonly except: readonly string[];
}

/** Allow or deny, with the reason, the rules behind it, and the fields it covers. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: Reason;
  readonly rules: readonly FetchedRule[];
  readonly fields: FieldScope;
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
