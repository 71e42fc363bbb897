import { z } from 'zod';
import { assignmentParts } from '../../api/assignments/assignments.schema.js';
import { grantParts } from '../../api/grants/grants.schema.js';
import { groupPatch } from '../../api/groups/groups.schema.js';
import { objectPatch } from '../../api/objects/objects.schema.js';
import { rolePatch } from '../../api/roles/roles.schema.js';
import { refuseEmptyWindow, refuseLargeRules, ruleParts } from '../../api/rule-parts.js';
import { holder, id, member, name, permission, ref } from '../../api/schemas.js';
import { typePatch } from '../../api/types/types.schema.js';
import { refusePasswordLikeUser, userPatch } from '../../api/users/users.schema.js';
import { isBuiltInType } from '../../core/built-ins.js';
import { refName, type ObjectRef } from '../../core/model.js';
import { parentsFirst } from './parents-first.js';
import { policyTest } from './policy-tests-schema.js';
import { written } from './written-ref.js';

const type = typePatch.extend({ id: name });
const user = userPatch
  .extend({ id: id.optional(), username: userPatch.shape.username.unwrap() })
  .superRefine(refusePasswordLikeUser);
const service = userPatch.pick({ active: true, attributes: true }).extend({ id });
const group = groupPatch.extend({ id, members: z.array(written(member)).optional() });

const rule = z
  .preprocess(
    (value) => (typeof value === 'string' ? { permission: value } : value),
    z.strictObject({ permission, ...ruleParts }),
  )
  .meta({ short: { pattern: '^[^:]+:[^:]+$', examples: ['post:view'] } });
const role = rolePatch
  .extend({ id, rules: z.array(rule).max(1000).superRefine(refuseLargeRules).optional() })
  .superRefine(({ includes }, context) => {
    refuseRepeated(context, includes ?? [], (included) => included, ['includes']);
  });

const assignment = z
  .strictObject({ ...assignmentParts, subject: written(member), object: written(ref).nullish() })
  .superRefine(refuseEmptyWindow);

const object = objectPatch
  .extend({ type: name, id, parent: written(ref).nullish(), creator: written(member).optional() })
  .superRefine((body, context) => {
    if (isBuiltInType(body.type)) {
      context.addIssue({
        code: 'custom',
        path: ['type'],
        message: `objects of the type ${body.type} come and go with what they stand for`,
      });
    }
  });

const grant = z
  .strictObject({ ...grantParts, subject: written(holder), object: written(ref).nullish() })
  .superRefine(refuseEmptyWindow);

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

/** The contents of a policy file. What an entry does not name is left as it is, or made as it usually is. */
export const policyContents = z.strictObject({
  types: distinct(type, (entry) => entry.id),
  users: distinct(user, idOfUser),
  services: distinct(service, (entry) => entry.id),
  groups: distinct(group, (entry) => entry.id),
  roles: distinct(role, (entry) => entry.id),
  assignments: list(assignment),
  objects: distinct(object, refName).superRefine(refuseCircles),
  grants: list(grant),
  tests: distinct(policyTest, (entry) => entry.name),
  /** By what an editor finds the schema of a file in JSON; nothing is made of it. */
  $schema: z.string().optional(),
});
export type PolicyContents = Omit<z.infer<typeof policyContents>, '$schema'>;

export type PolicyType = PolicyContents['types'][number];
export type PolicyUser = PolicyContents['users'][number];
export type PolicyService = PolicyContents['services'][number];
export type PolicyGroup = PolicyContents['groups'][number];
export type PolicyRole = PolicyContents['roles'][number];
export type PolicyObject = PolicyContents['objects'][number];
export type PolicyAssignment = PolicyContents['assignments'][number];
export type PolicyGrant = PolicyContents['grants'][number];

/** Refuses objects of which the file says that they are below themselves. */
function refuseCircles(
  objects: readonly { type: string; id: string; parent?: ObjectRef | null | undefined }[],
  context: z.core.$RefinementCtx,
): void {
  for (const index of parentsFirst(objects).inCircles)
    context.addIssue({ code: 'custom', path: [index, 'parent'], message: 'is the object itself, or below it' });
}

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
