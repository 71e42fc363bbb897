import { z } from 'zod';
import { newAssignment } from '../../api/assignments/assignments.schema.js';
import { newGrant } from '../../api/grants/grants.schema.js';
import { groupPatch } from '../../api/groups/groups.schema.js';
import { refuseNotYet, ruleParts } from '../../api/not-yet.js';
import { objectPatch } from '../../api/objects/objects.schema.js';
import { rolePatch } from '../../api/roles/roles.schema.js';
import { holder, id, member, name, permission, ref } from '../../api/schemas.js';
import { typePatch } from '../../api/types/types.schema.js';
import { userPatch } from '../../api/users/users.schema.js';
import { isBuiltInType } from '../../core/built-ins.js';
import { CastellanError } from '../../core/errors.js';
import { parseRef } from '../../core/identifiers.js';
import { refName } from '../../core/model.js';

/** A reference as `user:alice`, or by its parts. */
const written = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value, context) => {
    if (typeof value !== 'string') return value;
    const parsed = parseRef(value);
    if (parsed) return parsed;
    context.addIssue({ code: 'custom', message: 'must be of the form type:id' });
    return z.NEVER;
  }, schema);

/** Refuses by name what is in the contract and not decided on yet, as the REST API does. */
const decided = <Schema extends z.ZodType<object>>(schema: Schema) =>
  schema.superRefine((body, context) => {
    try {
      refuseNotYet(body);
    } catch (error) {
      if (!(error instanceof CastellanError)) throw error;
      for (const { path, message } of error.faults) context.addIssue({ code: 'custom', path: [path], message });
    }
  });

const type = decided(typePatch.extend({ id: name }));
const user = userPatch.extend({ id: id.optional(), username: userPatch.shape.username.unwrap() });
const group = groupPatch.extend({ id, members: z.array(written(member)).optional() });

const rule = z.preprocess(
  (value) => (typeof value === 'string' ? { permission: value } : value),
  decided(z.strictObject({ permission, ...ruleParts })),
);
const role = rolePatch
  .extend({ id, rules: z.array(rule).max(1000).optional() })
  .superRefine(({ includes }, context) => {
    refuseRepeated(context, includes ?? [], (included) => included, ['includes']);
  });

const assignment = decided(
  newAssignment.extend({ subject: written(member), object: written(ref).nullish() }),
).superRefine(({ object }, context) => {
  if (object)
    context.addIssue({
      code: 'custom',
      path: ['object'],
      message: 'assigning a role on one object is not supported yet',
    });
});

const object = decided(objectPatch.extend({ type: name, id, creator: written(member).optional() })).superRefine(
  (body, context) => {
    if (isBuiltInType(body.type)) {
      context.addIssue({
        code: 'custom',
        path: ['type'],
        message: `objects of the type ${body.type} come and go with what they stand for`,
      });
    }
  },
);

const grant = decided(newGrant.extend({ subject: written(holder), object: written(ref).nullish() }));

/** A list, each of whose entries is about another thing. A key without a value is an empty list. */
const distinct = <Schema extends z.ZodType>(entry: Schema, keyOf: (entry: z.output<Schema>) => string) =>
  z
    .array(entry)
    .nullish()
    .transform((entries) => entries ?? [])
    .superRefine((entries, context) => refuseRepeated(context, entries, keyOf, []));

const list = <Schema extends z.ZodType>(entry: Schema) =>
  z
    .array(entry)
    .nullish()
    .transform((entries) => entries ?? []);

/** The contents of a seed file. What an entry does not name is left as it is, or made as it usually is. */
export const seedContents = z.strictObject({
  types: distinct(type, (entry) => entry.id),
  users: distinct(user, idOfUser),
  groups: distinct(group, (entry) => entry.id),
  roles: distinct(role, (entry) => entry.id),
  assignments: list(assignment),
  objects: distinct(object, refName),
  grants: list(grant),
});
export type SeedContents = z.infer<typeof seedContents>;

export type SeedType = SeedContents['types'][number];
export type SeedUser = SeedContents['users'][number];
export type SeedGroup = SeedContents['groups'][number];
export type SeedRole = SeedContents['roles'][number];
export type SeedObject = SeedContents['objects'][number];
export type SeedGrant = SeedContents['grants'][number];

/** The id of a user is its username unless it has one of its own. */
export function idOfUser(entry: { readonly id?: string | undefined; readonly username: string }): string {
  return entry.id ?? entry.username;
}

function refuseRepeated<Entry>(
  context: z.core.$RefinementCtx,
  entries: readonly Entry[],
  keyOf: (entry: Entry) => string,
  path: readonly string[],
): void {
  const seen = new Map<string, number>();
  for (const [index, entry] of entries.entries()) {
    const key = keyOf(entry);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else
      context.addIssue({
        code: 'custom',
        path: [...path, index],
        message: `${key} is in this list twice (first at ${first})`,
      });
  }
}
