import { DEFAULT_ACTIONS, DEFAULT_CREATOR_ACTIONS } from '../../core/built-ins.js';
import { refName, type Json, type JsonObject } from '../../core/model.js';
import type { PolicyRows, RuleRow, WindowColumns } from '../../store/policy-reader.js';

/** The lists of a policy file, in the order in which they are written. */
export const EXPORTED_KINDS = [
  'types',
  'users',
  'services',
  'groups',
  'roles',
  'assignments',
  'objects',
  'grants',
] as const;
export type ExportedKind = (typeof EXPORTED_KINDS)[number];

type Written = { readonly [Kind in ExportedKind]: (row: PolicyRows[Kind]) => JsonObject };

/** What an entry of a policy file says of a row: short forms, and nothing that goes without saying. */
export const WRITTEN: Written = {
  types: ({ id, actions, mode, creatorActions }) =>
    stated({
      id,
      actions: sameList(actions, DEFAULT_ACTIONS) ? undefined : [...actions],
      mode: mode === 'union' ? undefined : mode,
      creatorActions: sameList(
        creatorActions,
        DEFAULT_CREATOR_ACTIONS.filter((action) => actions.includes(action)),
      )
        ? undefined
        : [...creatorActions],
    }),
  users: ({ id, username, email, active, superuser, attributes }) =>
    stated({
      username,
      id: id === username ? undefined : id,
      email: email ?? undefined,
      active: active ? undefined : false,
      superuser: superuser ? true : undefined,
      attributes: filled(attributes),
    }),
  services: ({ id, active, attributes }) =>
    stated({ id, active: active ? undefined : false, attributes: filled(attributes) }),
  groups: ({ id, description, members }) =>
    stated({ id, description: description ?? undefined, members: listed(members.map(refName)) }),
  roles: ({ id, description, rules, includes }) =>
    stated({
      id,
      description: description ?? undefined,
      rules: listed(rules.map(writtenRule)),
      includes: listed([...includes]),
    }),
  assignments: ({ subject, role, object, ...window }) =>
    stated({ subject: refName(subject), role, object: object ? refName(object) : undefined, ...writtenWindow(window) }),
  objects: ({ type, id, parent, attributes }) =>
    stated({ type, id, parent: parent ? refName(parent) : undefined, attributes: filled(attributes) }),
  grants: ({ subject, object, permission, effect, condition, fields, ...window }) =>
    stated({
      subject: refName(subject),
      permission,
      object: object ? refName(object) : undefined,
      ...ruleLimits({ effect, condition, fields }),
      ...writtenWindow(window),
    }),
};

function writtenRule({ permission, ...limits }: RuleRow): Json {
  const said = stated(ruleLimits(limits));
  return Object.keys(said).length === 0 ? permission : { permission, ...said };
}

type Stated = Record<string, Json | undefined>;

function ruleLimits({ effect, condition, fields }: Omit<RuleRow, 'permission'>): Stated {
  return {
    effect: effect === 'deny' ? effect : undefined,
    condition: condition ?? undefined,
    fields: listed([...fields]),
  };
}

function writtenWindow({ startsAt, expiresAt }: WindowColumns): Stated {
  return { startsAt: startsAt ?? undefined, expiresAt: expiresAt ?? undefined };
}

function stated(members: Stated): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as JsonObject;
}

function filled(attributes: JsonObject): JsonObject | undefined {
  return Object.keys(attributes).length > 0 ? attributes : undefined;
}

function listed(entries: Json[]): Json[] | undefined {
  return entries.length > 0 ? entries : undefined;
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((member, index) => member === other[index]);
}
