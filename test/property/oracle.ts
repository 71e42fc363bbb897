import { sameJson, stepsInto, truthOf, type Circumstances, type Truth } from './condition-oracle.js';
import {
  above,
  actionsOf,
  ANYONE,
  AUTHENTICATED,
  groupsOf,
  isIn,
  isKnown,
  isRegistered,
  modeOf,
  objectsOf,
  same,
  subjectsOf,
  withIncluded,
  type Grant,
  type Assignment,
  type JsonObject,
  type Ref,
  type Rule,
  type Window,
  type World,
} from './world.js';

/**
 * What a decision means, a second time: straight from the text of docs/decisions.md, as plainly as it can be written, over
 * lists that are searched from end to end. It shares nothing with the source, so that both are wrong only where the text is.
 */

export interface Supplied {
  readonly subject?: JsonObject | undefined;
  readonly resource?: JsonObject | undefined;
  readonly action?: JsonObject | undefined;
  readonly context?: JsonObject | undefined;
}

export interface Asked {
  readonly subject: Ref;
  readonly type: string;
  readonly action: string;
  /** Of this type, or (with `proposed`) the parent named for what is yet to be made. */
  readonly object?: Ref | undefined;
  readonly proposed?: { readonly id?: string | undefined; readonly attributes: JsonObject } | undefined;
  readonly supplied?: Supplied | undefined;
}

/** A rule that a subject holds, and what places it: it counts where each of the places covers. */
export interface Held {
  readonly rule: Rule;
  readonly source: 'grant' | 'role';
  readonly places: readonly Ref[];
  readonly windows: readonly Window[];
  readonly assignment: Assignment | undefined;
  readonly holder: Ref;
}

/** A rule that is held, at the place and in its window; whether it counts is up to its condition. */
export interface Weighed extends Held {
  readonly truth: Truth;
  readonly counts: boolean;
}

export type Reason =
  | 'superuser'
  | 'rule_allows'
  | 'rule_denies'
  | 'no_rule_allows'
  | 'subject_inactive'
  | 'unknown_type'
  | 'unknown_action';

export interface Verdict {
  readonly allowed: boolean;
  readonly reason: Reason;
  /** Those that were weighed; [] where no rule was looked at. */
  readonly weighed: readonly Weighed[];
}

/** Whether the subject may do the action on the object; with a field, whether it may as far as that field goes. */
export function decide(world: World, asked: Asked, field?: string): Verdict {
  const { subject, type, action } = asked;
  const without = (reason: Reason): Verdict => ({ allowed: reason === 'superuser', reason, weighed: [] });
  const user = subject.type === 'user' ? world.users.find(({ id }) => id === subject.id) : undefined;
  if (user && !user.active) return without('subject_inactive');
  if (!typeIsKnown(world, type)) return without('unknown_type');
  if (!actionsOf(world, type).includes(action)) return without('unknown_action');
  if (user?.superuser) return without('superuser');

  const given = circumstancesOf(world, asked);
  const weighed = heldBy(world, subject)
    .filter(({ rule }) => rule.permission === `${type}:${action}`)
    .filter(({ windows }) => windows.every(isOpen))
    .filter(({ places }) => places.every((place) => covers(world, place, asked.object)))
    .filter(({ rule }) => field === undefined || rule.fields === null || rule.fields.includes(field))
    .map((held) => weigh(held, given, field));
  const counting = weighed.filter(({ counts }) => counts);
  const denied = counting.some(({ rule }) => rule.effect === 'deny');
  const allows = counting.filter(({ rule }) => rule.effect === 'allow');
  const everywhere = allows.some(({ places }) => places.length === 0);
  const onObject = allows.some(({ places }) => places.length > 0);
  const allowed = !denied && suffices(asked.object ? modeOf(world, type) : 'union', everywhere, onObject);
  return { allowed, reason: denied ? 'rule_denies' : allowed ? 'rule_allows' : 'no_rule_allows', weighed };
}

function typeIsKnown(world: World, type: string): boolean {
  return ['user', 'group', 'role', 'type'].includes(type) || world.types.some(({ id }) => id === type);
}

function suffices(mode: 'union' | 'both' | 'object', everywhere: boolean, onObject: boolean): boolean {
  if (mode === 'both') return everywhere && onObject;
  return mode === 'object' ? onObject : everywhere || onObject;
}

function weigh(held: Held, given: Circumstances, field: string | undefined): Weighed {
  const { effect, condition, fields } = held.rule;
  const truth = condition === null ? true : truthOf(condition, given);
  // A rule that denies some fields takes only these away.
  const isForThis = effect === 'allow' || fields === null || field !== undefined;
  return { ...held, truth, counts: isForThis && (effect === 'allow' ? truth === true : truth !== false) };
}

// An object that was never registered is covered by no place, and neither is none at all.
function covers(world: World, place: Ref, object: Ref | undefined): boolean {
  if (!object || !isRegistered(world, object)) return false;
  return same(place, object) || isIn(above(world, object), place);
}

function isOpen({ startsAt, expiresAt }: Window): boolean {
  const now = Date.now();
  return (startsAt === null || Date.parse(startsAt) <= now) && (expiresAt === null || now < Date.parse(expiresAt));
}

/** Every rule that the subject holds, itself or through its groups and roles. */
export function heldBy(world: World, subject: Ref): Held[] {
  const principals = [ANYONE];
  if (isKnown(world, subject)) {
    principals.push(subject, ...groupsOf(world, subject));
    if (!same(subject, ANYONE)) principals.push(AUTHENTICATED);
  }
  const held = world.grants.filter((grant) => isIn(principals, grant.subject)).map((grant) => heldByGrant(grant));
  for (const assignment of world.assignments) {
    if (isIn(principals, assignment.subject)) held.push(...heldByRole(world, assignment.role, assignment));
  }
  if (subject.type === 'role' && isKnown(world, subject)) {
    const ofItself = heldByRole(world, subject.id, undefined);
    // What was granted to the role itself is there already.
    held.push(...ofItself.filter(({ source, holder }) => source === 'role' || !same(holder, subject)));
  }
  return held;
}

function heldByGrant(grant: Grant, assignment?: Assignment): Held {
  return {
    rule: grant,
    source: 'grant',
    places: [grant.object, assignment?.object ?? null].filter((place) => place !== null),
    windows: assignment ? [grant, assignment] : [grant],
    assignment,
    holder: grant.subject,
  };
}

/** All that the role holds: its rules, those of the roles it includes, and what was granted to any of these. */
function heldByRole(world: World, role: string, assignment: Assignment | undefined): Held[] {
  return withIncluded(world, role).flatMap((id) => {
    const holder = { type: 'role', id };
    const rules = world.roles.find((each) => each.id === id)?.rules ?? [];
    return [
      ...rules.map((rule): Held => ({
        rule,
        source: 'role',
        places: assignment?.object ? [assignment.object] : [],
        windows: assignment ? [assignment] : [],
        assignment,
        holder,
      })),
      ...world.grants.filter((grant) => same(grant.subject, holder)).map((grant) => heldByGrant(grant, assignment)),
    ];
  });
}

/** A user is an object too, and its attributes are the object's. */
export function attributesOf(world: World, object: Ref): JsonObject {
  if (object.type === 'user') return world.users.find(({ id }) => id === object.id)?.attributes ?? {};
  return world.objects.find((each) => same(each, object))?.attributes ?? {};
}

function circumstancesOf(world: World, asked: Asked): Circumstances {
  const { subject, type, action, object, proposed, supplied = {} } = asked;
  const user = subject.type === 'user' ? world.users.find(({ id }) => id === subject.id) : undefined;
  const stored = object && attributesOf(world, object);
  return {
    resource: {
      type,
      id: proposed ? proposed.id : object?.id,
      attributes: { ...(proposed ? proposed.attributes : stored), ...supplied.resource },
    },
    subject: { ...subject, attributes: { ...user?.attributes, ...supplied.subject } },
    action: { name: action, properties: { ...supplied.action } },
    context: { ...supplied.context },
  };
}

export interface Listed {
  readonly subject: Ref;
  readonly type: string;
  readonly action: string;
  readonly viewable?: boolean | undefined;
  readonly attributes?: readonly { readonly path: readonly string[]; readonly value: string }[] | undefined;
  readonly supplied?: Supplied | undefined;
}

/** The registered objects of the type for which `decide` allows, in the order in which they were registered. */
export function list(world: World, { viewable, attributes = [], ...asked }: Listed): Ref[] {
  return objectsOf(world, asked.type).filter((object) => {
    const stored = attributesOf(world, object);
    return (
      decide(world, { ...asked, object }).allowed &&
      (!viewable || decide(world, { ...asked, action: 'view', object }).allowed) &&
      attributes.every(
        ({ path, value }) =>
          reads(stored, path, value) &&
          (!viewable || decide(world, { ...asked, action: 'view', object }, path[0]).allowed),
      )
    );
  });
}

/** Whether the attribute has the value, as a text or as the JSON it reads as. */
function reads(stored: JsonObject, path: readonly string[], value: string): boolean {
  const found = stepsInto(stored, path);
  if (found === undefined) return false;
  if (found === value) return true;
  try {
    return sameJson(found, JSON.parse(value) as JsonObject);
  } catch {
    return false;
  }
}

/** Those of the object's attributes that the subject may view. */
export function viewableAttributes(world: World, subject: Ref, object: Ref, supplied?: Supplied): JsonObject {
  const stored = attributesOf(world, object);
  const asked = { subject, type: object.type, action: 'view', object, supplied };
  return Object.fromEntries(Object.entries(stored).filter(([name]) => decide(world, asked, name).allowed));
}

/** The known subjects of a type for whom `decide` allows it, in the order in which they were made. */
export function subjects(world: World, subjectType: string, asked: Omit<Asked, 'subject'>): Ref[] {
  return subjectsOf(world, subjectType).filter((subject) => decide(world, { ...asked, subject }).allowed);
}

/** The actions that `decide` allows, in no order. */
export function actions(world: World, subject: Ref, object: Ref, supplied?: Supplied): string[] {
  return actionsOf(world, object.type).filter(
    (action) => decide(world, { subject, type: object.type, action, object, supplied }).allowed,
  );
}
