import { ANYONE, AUTHENTICATED, BUILT_IN_TYPES, DEFAULT_ACTIONS, DEFAULT_CREATOR_ACTIONS } from '../core/built-ins.js';
import { sameRef, type Effect, type JsonObject, type Mode, type ObjectRef, type SubjectRef } from '../core/model.js';
import { HeldBy } from './held-by.js';
import { RefMap } from './ref-map.js';

/** A subject that rules can be given to: a user, a service, a group or a role. */
export interface StoredSubject extends SubjectRef {
  readonly username: string | null;
  readonly active: boolean;
  readonly superuser: boolean;
  readonly attributes: JsonObject;
}

export interface StoredType {
  readonly id: string;
  readonly actions: readonly string[];
  readonly mode: Mode;
  readonly creatorActions: readonly string[];
  readonly builtIn: boolean;
}

/** `position` grows with each registration: lists are in its order, and go on from it. */
export interface StoredObject extends ObjectRef {
  readonly position: number;
  readonly parent: ObjectRef | null;
  readonly attributes: JsonObject;
}

/** A permission is written `document:view`. */
export interface StoredRule {
  readonly id: string;
  readonly permission: string;
  readonly effect: Effect;
  readonly condition: JsonObject | null;
  readonly fields: readonly string[] | null;
}

/** Milliseconds since 1970; null where the window is open. */
export interface StoredWindow {
  readonly startsAt: number | null;
  readonly expiresAt: number | null;
}

export interface StoredGrant extends StoredRule, StoredWindow {
  readonly subject: SubjectRef;
  readonly object: ObjectRef | null;
}

export interface StoredAssignment extends StoredWindow {
  readonly subject: SubjectRef;
  readonly role: string;
  readonly object: ObjectRef | null;
}

/**
 * Everything that a world in memory holds, and how it hangs together. It asks nothing of what it is given: what may not be is refused by
 * those who change it.
 */
export class WorldState {
  readonly subjects = new RefMap<StoredSubject>();
  readonly types = new Map<string, StoredType>();
  /** Users, groups, roles and types are among them, so that rules can be placed on one of them. */
  readonly objects = new RefMap<StoredObject>();
  readonly rules = new Map<string, StoredRule[]>();
  readonly includes = new Map<string, string[]>();
  readonly grants = new HeldBy<StoredGrant>();
  readonly assignments = new HeldBy<StoredAssignment>();
  readonly #members = new Map<string, readonly SubjectRef[]>();
  // By member, as they were found; as long as nobody joins or leaves.
  readonly #groups = new RefMap<readonly SubjectRef[]>();
  #last = 0;

  constructor() {
    for (const id of BUILT_IN_TYPES) {
      this.types.set(id, builtInType(id));
      this.register({ type: 'type', id });
    }
    for (const group of [ANYONE, AUTHENTICATED]) {
      this.subjects.set(group, { ...group, username: null, active: true, superuser: false, attributes: {} });
      this.register(group);
    }
  }

  /** Holds what the other holds, and nothing else; from then on, neither sees what becomes of the other. */
  become(other: WorldState): void {
    this.subjects.become(other.subjects);
    this.objects.become(other.objects);
    refill(this.types, other.types, (type) => type);
    refill(this.#members, other.#members, (members) => members);
    this.#groups.clear();
    refill(this.rules, other.rules, (rules) => [...rules]);
    refill(this.includes, other.includes, (includes) => [...includes]);
    this.grants.become(other.grants);
    this.assignments.become(other.assignments);
    this.#last = other.#last;
  }

  /** The next of the numbers that tell apart what was made. */
  next(): number {
    this.#last += 1;
    return this.#last;
  }

  register({ type, id }: ObjectRef, parent: ObjectRef | null = null, attributes: JsonObject = {}): void {
    this.objects.set({ type, id }, { type, id, position: this.next(), parent, attributes });
  }

  /** Every object of the type, in the order of registration. */
  objectsOf(type: string): StoredObject[] {
    return [...this.objects.values()].filter((object) => object.type === type);
  }

  /** What is above a registered object, the nearest first; [] for one that is not registered. */
  above(object: ObjectRef): ObjectRef[] {
    const found: ObjectRef[] = [];
    for (let at = this.objects.get(object)?.parent; at; at = this.objects.get(at)?.parent) found.push(at);
    return found;
  }

  childrenOf(object: ObjectRef): StoredObject[] {
    return [...this.objects.values()].filter(({ parent }) => parent !== null && sameRef(parent, object));
  }

  /** The direct members of a group, in the order in which they joined. */
  membersOf(group: string): readonly SubjectRef[] {
    return this.#members.get(group) ?? [];
  }

  /** @param members null for a group that is none any more. */
  setMembers(group: string, members: readonly SubjectRef[] | null): void {
    if (members) this.#members.set(group, members);
    else this.#members.delete(group);
    this.#groups.clear();
  }

  /** The groups that the subject is in directly. */
  groupsWith(member: SubjectRef): SubjectRef[] {
    return [...this.#members]
      .filter(([, members]) => members.some((each) => sameRef(each, member)))
      .map(([id]) => ({ type: 'group', id }));
  }

  /** The groups that the subject is in, directly or through other groups. */
  groupsOf(member: SubjectRef): readonly SubjectRef[] {
    const known = this.#groups.get(member);
    if (known) return known;
    const found = new RefMap<SubjectRef>();
    const waiting = this.groupsWith(member);
    // Grows while it is walked.
    for (const group of waiting) {
      if (found.has(group)) continue;
      found.set(group, group);
      waiting.push(...this.groupsWith(group));
    }
    const groups = [...found.values()];
    this.#groups.set(member, groups);
    return groups;
  }

  /** The roles and those that they include, directly or through other roles. */
  withIncluded(roles: Iterable<string>): Set<string> {
    const found = new Set(roles);
    // Grows while it is walked.
    for (const id of found) for (const included of this.includes.get(id) ?? []) found.add(included);
    return found;
  }

  hasPermission(permission: string): boolean {
    const colon = permission.indexOf(':');
    return this.types.get(permission.slice(0, colon))?.actions.includes(permission.slice(colon + 1)) === true;
  }

  /** Removes objects, with every rule and role placed on them. */
  forgetObjects(isGone: (object: ObjectRef) => boolean): void {
    for (const object of this.objects.values()) if (isGone(object)) this.objects.delete(object);
    this.grants.takeAll(({ object }) => object !== null && isGone(object));
    this.assignments.takeAll(({ object }) => object !== null && isGone(object));
  }

  /** Removes a subject, with all that it holds. */
  forgetSubject(subject: SubjectRef): void {
    this.subjects.delete(subject);
    this.grants.takeFrom(subject, () => true);
    this.assignments.takeFrom(subject, () => true);
    for (const { id } of this.groupsWith(subject))
      this.setMembers(
        id,
        this.membersOf(id).filter((member) => !sameRef(member, subject)),
      );
    if (subject.type === 'group') this.setMembers(subject.id, null);
  }

  /** Removes rules for what is no permission any more. */
  forgetPermissions(): void {
    for (const [role, rules] of this.rules)
      this.rules.set(
        role,
        rules.filter(({ permission }) => this.hasPermission(permission)),
      );
    this.grants.takeAll(({ permission }) => !this.hasPermission(permission));
  }
}

function refill<Value>(map: Map<string, Value>, from: ReadonlyMap<string, Value>, copy: (value: Value) => Value): void {
  map.clear();
  for (const [id, value] of from) map.set(id, copy(value));
}

const OTHER_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  audit: ['view', 'grant'],
  access: ['evaluate', 'explain', 'grant'],
};
const MADE_BY_SOMEBODY = new Set(['user', 'group', 'role', 'type']);

function builtInType(id: string): StoredType {
  return {
    id,
    actions: OTHER_ACTIONS[id] ?? DEFAULT_ACTIONS,
    mode: 'union',
    creatorActions: MADE_BY_SOMEBODY.has(id) ? DEFAULT_CREATOR_ACTIONS : [],
    builtIn: true,
  };
}
