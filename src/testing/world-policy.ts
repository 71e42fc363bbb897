import { CastellanError } from '../core/errors.js';
import { refName, type ObjectRef } from '../core/model.js';
import type { RefLike, RuleLike, RuleParts, WindowLike } from './read-input.js';
import type { ObjectOptions, ServiceOptions, TypeOptions, UserOptions } from './world-options.js';
import { World } from './world.js';

/** The contents of a policy file, parsed: what `castellan seed` takes. Passwords, descriptions and the like mean nothing here. */
export interface WorldPolicy {
  readonly types?: readonly ({ readonly id: string } & TypeOptions)[] | null | undefined;
  readonly users?:
    readonly ({ readonly id?: string | undefined; readonly username: string } & UserOptions)[] | null | undefined;
  readonly services?: readonly ({ readonly id: string } & ServiceOptions)[] | null | undefined;
  readonly groups?:
    readonly { readonly id: string; readonly members?: readonly RefLike[] | undefined }[] | null | undefined;
  readonly roles?: readonly PolicyRole[] | null | undefined;
  readonly assignments?:
    | readonly ({
        readonly subject: RefLike;
        readonly role: string;
        readonly object?: RefLike | null | undefined;
      } & WindowLike)[]
    | null
    | undefined;
  readonly objects?: readonly (ObjectRef & ObjectOptions)[] | null | undefined;
  readonly grants?: readonly PolicyGrant[] | null | undefined;
}

interface PolicyRole {
  readonly id: string;
  readonly rules?: readonly RuleLike[] | undefined;
  readonly includes?: readonly string[] | undefined;
}

interface PolicyGrant extends RuleParts, WindowLike {
  readonly subject: RefLike;
  readonly permission: string;
  readonly object?: RefLike | null | undefined;
}

/**
 * A world with what `castellan seed` makes in an empty database, in the same order, whatever the order of the file.
 *
 * @throws CastellanError as the words of a world do, with the place in the file: `grants.3.subject`.
 * @example
 * const world = worldFromPolicy(parse(readFileSync('policy.yaml', 'utf8')));
 */
export function worldFromPolicy(policy: WorldPolicy, world = new World()): World {
  const { types, users, services, groups, roles, assignments, objects, grants } = policy;
  each('types', types, ({ id, ...options }) => world.type(id, options));
  const isFirst = ({ superuser }: UserOptions): boolean => superuser === true;
  each('users', users, ({ id, ...user }) => isFirst(user) && world.user(id ?? user.username, user));
  each('users', users, ({ id, ...user }) => !isFirst(user) && world.user(id ?? user.username, user));
  each('services', services, ({ id, ...service }) => world.service(id, service));
  // All of them first, so that their order does not matter; then what is in them.
  each('groups', groups, ({ id }) => world.group(id));
  each('groups', groups, ({ id, members }, path) => {
    each(`${path}.members`, members, (member) => world.addMember(id, member));
  });
  each('roles', roles, ({ id, rules }) => world.role(id, rules));
  each('roles', roles, ({ id, includes }) => includes && world.changeRole(id, { includes }));
  for (const [index, { type, id, ...options }] of parentsFirst(objects ?? []))
    atPath(`objects.${index}`, () => world.object({ type, id }, options));
  each('assignments', assignments, ({ subject, role, object, ...window }) => {
    world.assign(subject, role, object, window);
  });
  each('grants', grants, ({ subject, permission, object, ...options }) => {
    world.grant(subject, permission, object, options);
  });
  return world;
}

function each<Entry>(
  list: string,
  entries: readonly Entry[] | null | undefined,
  make: (entry: Entry, path: string) => unknown,
): void {
  for (const [index, entry] of (entries ?? []).entries()) {
    const path = `${list}.${index}`;
    atPath(path, () => make(entry, path));
  }
}

/** Level by level: those without a parent in the list, then what is below them. Those in a circle come last, and are refused. */
function parentsFirst(
  objects: readonly (ObjectRef & ObjectOptions)[],
): (readonly [number, ObjectRef & ObjectOptions])[] {
  const waiting = [...objects.entries()];
  const names = new Set(objects.map(refName));
  const isRoot = ({ parent }: ObjectOptions): boolean => !parent || !names.has(nameOf(parent));
  const below = new Map<string, (typeof waiting)[number][]>();
  for (const entry of waiting) {
    const [, { parent }] = entry;
    if (parent) below.set(nameOf(parent), [...(below.get(nameOf(parent)) ?? []), entry]);
  }
  const ordered = waiting.filter(([, object]) => isRoot(object));
  // Grows while it is walked.
  for (const [, object] of ordered) ordered.push(...(below.get(refName(object)) ?? []));
  const placed = new Set(ordered);
  return [...ordered, ...waiting.filter((entry) => !placed.has(entry))];
}

function nameOf(ref: RefLike): string {
  return typeof ref === 'string' ? ref : refName(ref);
}

function atPath(path: string, make: () => unknown): void {
  try {
    make();
  } catch (error) {
    if (!(error instanceof CastellanError)) throw error;
    // What is named by a path of its own within one of these lists has come through here before.
    const at = (own: string): string => (own.startsWith(`${path}.`) || own === path ? own : `${path}.${own}`);
    const own = error.faults.length > 0 ? error.faults : [{ path: '', message: error.detail }];
    const faults = own.map((fault) => ({ path: fault.path === '' ? path : at(fault.path), message: fault.message }));
    throw new CastellanError(error.code, `${faults[0]?.path}: ${faults[0]?.message}`, faults, { cause: error });
  }
}
