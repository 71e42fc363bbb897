import { DEFAULT_ACTIONS, DEFAULT_CREATOR_ACTIONS } from '../../core/built-ins.js';
import type { Json, JsonObject } from '../../core/model.js';
import { canonicalJson } from '../../core/rule-key.js';
import type { Policy } from '../policy/parse-policy.js';
import { idOfUser } from '../policy/policy-schema.js';
import { WRITTEN, type ExportedKind } from './policy-entries.js';

type Entry<Kind extends ExportedKind> = Policy[Kind][number];

/** What an entry of a file says, in the form in which it would be exported: two that say the same are the same. */
export function asWritten(kind: ExportedKind, entry: object): JsonObject {
  return (FORMS[kind] as (of: object) => JsonObject)(entry);
}

const FORMS: { readonly [Kind in ExportedKind]: (entry: Entry<Kind>) => JsonObject } = {
  types: ({ id, actions = [...DEFAULT_ACTIONS], mode = 'union', creatorActions }) =>
    WRITTEN.types({
      id,
      actions,
      mode,
      creatorActions: creatorActions ?? DEFAULT_CREATOR_ACTIONS.filter((action) => actions.includes(action)),
    }),
  users: (user) => {
    const { username, email = null, active = true, superuser = false, attributes = {} } = user;
    return WRITTEN.users({ id: idOfUser(user), username, email, active, superuser, attributes });
  },
  services: ({ id, active = true, attributes = {} }) => WRITTEN.services({ id, active, attributes }),
  groups: ({ id, description = null, members = [] }) => WRITTEN.groups({ id, description, members }),
  roles: ({ id, description = null, rules = [], includes = [] }) =>
    WRITTEN.roles({
      id,
      description,
      rules: rules.map(({ permission, effect = 'allow', condition = null, fields }) => ({
        permission,
        effect,
        condition: condition ?? null,
        fields: fields ?? [],
      })),
      includes,
    }),
  assignments: ({ subject, role, object, startsAt = null, expiresAt = null }) =>
    WRITTEN.assignments({ subject, role, object: object ?? null, startsAt, expiresAt }),
  objects: ({ type, id, parent, attributes = {} }) => WRITTEN.objects({ type, id, parent: parent ?? null, attributes }),
  grants: ({ subject, permission, object, effect = 'allow', condition, fields, startsAt = null, expiresAt = null }) =>
    WRITTEN.grants({
      subject,
      permission,
      object: object ?? null,
      effect,
      condition: condition ?? null,
      fields: fields ?? [],
      startsAt,
      expiresAt,
    }),
};

/** By what an entry is told from the others of its list; of those that have no name, all that they say. */
export function entryName(kind: ExportedKind, entry: JsonObject): string {
  const named = NAMES[kind];
  return named ? canonicalJson(named(entry)) : canonicalJson({ ...entry, fields: sortedFields(entry['fields']) });
}

function sortedFields(fields: Json | undefined): Json {
  return Array.isArray(fields) ? fields.map(String).toSorted((one, other) => (one < other ? -1 : 1)) : null;
}

const NAMES: { readonly [Kind in ExportedKind]: ((entry: JsonObject) => Json) | null } = {
  types: ({ id }) => id ?? null,
  users: ({ id, username }) => id ?? username ?? null,
  services: ({ id }) => id ?? null,
  groups: ({ id }) => id ?? null,
  roles: ({ id }) => id ?? null,
  assignments: null,
  objects: ({ type, id }) => [type ?? null, id ?? null],
  grants: null,
};
