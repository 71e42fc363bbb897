import { z } from 'zod';
import { faultOfAttributes } from '../core/attribute-limit.js';
import { faultOfId, faultOfName, MAX_ID_LENGTH, parsePermission, parseRef } from '../core/identifiers.js';
import type { JsonObject } from '../core/model.js';

const checked = (fault: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    const message = fault(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** An id: 1 to 256 characters, none of them a control character. */
export const id = checked(faultOfId).meta({ minLength: 1, maxLength: MAX_ID_LENGTH });

/** The name of a type or an action: an id without a colon. */
export const name = checked(faultOfName).meta({ minLength: 1, maxLength: MAX_ID_LENGTH, pattern: '^[^:]+$' });

/** A permission as it is written: `document:view`. */
export const permission = checked((text) =>
  parsePermission(text) ? undefined : 'must be of the form type:action',
).meta({ description: 'An action on a resource type.', pattern: '^[^:]+:[^:]+$', examples: ['post:view'] });

/** An object or a subject by type and id. */
export const ref = z.strictObject({ type: name, id }).meta({ id: 'Reference' });

/** Who can hold a rule. */
export const holder = z
  .strictObject({ type: z.enum(['user', 'group', 'service', 'role']), id })
  .meta({ id: 'RuleHolder' });

/** Who can be assigned a role, or be a member of a group. */
export const member = z.strictObject({ type: z.enum(['user', 'group', 'service']), id }).meta({ id: 'Member' });

/** A member of a group, named in the path beside the group's id. */
export const memberParams = z.object({ subjectType: member.shape.type, subjectId: id });
export type MemberParams = z.infer<typeof memberParams>;

/** `user:alice` in a query string, as a reference. */
export const refText = z
  .string()
  .transform((text, context) => {
    const parsed = parseRef(text);
    if (parsed) return parsed;
    context.addIssue({ code: 'custom', message: 'must be of the form type:id' });
    return z.NEVER;
  })
  .meta({ description: 'By type and id, with a colon between them.', pattern: '^[^:]+:.+$' });

/** Attributes: any JSON object that is not too large. How deep it may go is settled where the body is read. */
export const attributes = z.record(z.string(), z.json()).superRefine((value, context) => {
  const message = faultOfAttributes(value);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
}) as z.ZodType<JsonObject>;

export const description = z
  .string()
  .max(1000)
  .refine((text) => !text.includes('\u0000'), 'must not contain NUL');

/** The part of a list's query string that every list has. */
export const pageQuery = {
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a whole number from 1 to 1000')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 1000, 'must be a whole number from 1 to 1000')
    .default(50)
    .meta({
      description: 'How many a page holds; 50 unless told.',
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      pattern: undefined,
    }),
  cursor: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .meta({ description: 'The `next` of the page before; the rest of the query stays as it was.' }),
};

export const plainPageQuery = z.strictObject(pageQuery);
export type PlainPageQuery = z.infer<typeof plainPageQuery>;

/** `?total=true` counts all that the list holds. */
export const totalPart = {
  total: z
    .enum(['true', 'false'], 'must be true or false')
    .optional()
    .transform((text) => text === 'true')
    .meta({ description: 'Whether all that the list holds is counted.' }),
};

/** The query string of a list of what the caller may view. */
export const viewableQuery = z.strictObject({ ...pageQuery, ...totalPart });
export type ViewableQuery = z.infer<typeof viewableQuery>;

/** The id in a path that the guard does not read. */
export const idParams = z.object({ id });
export type IdParams = z.infer<typeof idParams>;
