import { z } from 'zod';
import { assignmentParts } from '../../api/assignments/assignments.schema.js';
import { grantParts } from '../../api/grants/grants.schema.js';
import { groupPatch } from '../../api/groups/groups.schema.js';
import { objectPatch } from '../../api/objects/objects.schema.js';
import { rolePatch } from '../../api/roles/roles.schema.js';
import { refuseEmptyWindow, refuseLargeRules, ruleParts } from '../../api/rule-parts.js';
import { holder, id, member, name, permission, ref } from '../../api/schemas.js';
import { typePatch } from '../../api/types/types.schema.js';
import { userPatch } from '../../api/users/users.schema.js';
import { isBuiltInType } from '../../core/built-ins.js';
import { BULK_KINDS, type BulkKind, type BulkRow } from '../../store/bulk/bulk-rows.js';
import { written } from '../policy/written-ref.js';

const type = typePatch.extend({ kind: z.literal('type'), id: name }).superRefine((row, context) => {
  if (isBuiltInType(row.id)) context.addIssue({ code: 'custom', path: ['id'], message: 'is a built-in type' });
});

// Passwords are for people to set: no file of rows holds any.
const user = userPatch
  .omit({ password: true })
  .extend({ kind: z.literal('user'), id: id.optional(), username: userPatch.shape.username.unwrap() })
  .transform((row) => ({ ...row, id: row.id ?? row.username }));
const service = userPatch.pick({ active: true, attributes: true }).extend({ kind: z.literal('service'), id });
const group = groupPatch.extend({ kind: z.literal('group'), id });

const rule = z.preprocess(
  (value) => (typeof value === 'string' ? { permission: value } : value),
  z.strictObject({ permission, ...ruleParts }),
);
const role = rolePatch.extend({
  kind: z.literal('role'),
  id,
  rules: z.array(rule).max(1000).superRefine(refuseLargeRules).optional(),
});

const object = objectPatch
  .extend({ kind: z.literal('object'), type: name, id, parent: written(ref).nullish() })
  .superRefine((row, context) => {
    if (!isBuiltInType(row.type)) return;
    const message = `objects of the type ${row.type} come and go with what they stand for`;
    context.addIssue({ code: 'custom', path: ['type'], message });
  });

const membership = z.strictObject({
  kind: z.literal('membership'),
  group: id,
  member: written(member),
  fromProvider: z.boolean().optional(),
});

const assignment = z
  .strictObject({
    kind: z.literal('assignment'),
    ...assignmentParts,
    subject: written(member),
    object: written(ref).nullish(),
  })
  .superRefine(refuseEmptyWindow);

const grant = z
  .strictObject({ kind: z.literal('grant'), ...grantParts, subject: written(holder), object: written(ref).nullish() })
  .superRefine(refuseEmptyWindow);

/** What a row of each kind may say: the same as a policy file and the API take, and nothing else. */
const SCHEMAS: Readonly<Record<BulkKind, z.ZodType>> = {
  type,
  user,
  service,
  group,
  role,
  object,
  membership,
  assignment,
  grant,
};

/** A row that is in order, or what is wrong with it in words. */
export type ReadRow = { readonly row: BulkRow } | { readonly code: string; readonly reason: string };

/** Reads a row from its value. */
export function readRow(value: unknown): ReadRow {
  const row = unwrapped(value);
  const kind = kindOf(row);
  if (kind === undefined) return { code: 'invalid_request', reason: `kind: must be one of ${BULK_KINDS.join(', ')}.` };
  const result = SCHEMAS[kind].safeParse(row);
  if (result.success) return { row: result.data as BulkRow };
  const faults = result.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  return { code: 'invalid_request', reason: `${faults.join('; ')}.` };
}

function kindOf(row: unknown): BulkKind | undefined {
  const kind: unknown = typeof row === 'object' && row !== null ? (row as { kind?: unknown }).kind : undefined;
  return BULK_KINDS.find((each) => each === kind);
}

// A line of a rejects file holds the row that was rejected, to be mended there and imported from there.
function unwrapped(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || 'kind' in value || !('reason' in value)) return value;
  // It may have been rejected a second time since.
  return unwrapped((value as { row?: unknown }).row);
}
