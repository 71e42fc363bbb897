import { z } from 'zod';
import { faultOfId, faultOfName, parsePermission, parseRef } from '../core/identifiers.js';
import type { JsonObject } from '../core/model.js';

const checked = (fault: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    const message = fault(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** An id: 1 to 256 characters, none of them a control character. */
export const id = checked(faultOfId);

/** The name of a type or an action: an id without a colon. */
export const name = checked(faultOfName);

/** A permission as it is written: `document:view`. */
export const permission = checked((text) => (parsePermission(text) ? undefined : 'must be of the form type:action'));

/** An object or a subject by type and id. */
export const ref = z.strictObject({ type: name, id });

/** Who can hold a rule. */
export const holder = z.strictObject({ type: z.enum(['user', 'group', 'service', 'role']), id });

/** Who can be assigned a role, or be a member of a group. */
export const member = z.strictObject({ type: z.enum(['user', 'group', 'service']), id });

/** A member of a group, named in the path beside the group's id. */
export const memberParams = z.object({ subjectType: member.shape.type, subjectId: id });
export type MemberParams = z.infer<typeof memberParams>;

/** `user:alice` in a query string, as a reference. */
export const refText = z.string().transform((text, context) => {
  const parsed = parseRef(text);
  if (parsed) return parsed;
  context.addIssue({ code: 'custom', message: 'must be of the form type:id' });
  return z.NEVER;
});

/** Attributes: any JSON object. How deep it may go is settled where the body is read. */
export const attributes = z.record(z.string(), z.json()) as z.ZodType<JsonObject>;

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
    .default(50),
  cursor: z.string().min(1).max(1000).optional(),
};

export const plainPageQuery = z.strictObject(pageQuery);
export type PlainPageQuery = z.infer<typeof plainPageQuery>;

/** `?total=true` counts all that the list holds. */
export const totalPart = {
  total: z
    .enum(['true', 'false'], 'must be true or false')
    .optional()
    .transform((text) => text === 'true'),
};

/** The query string of a list of what the caller may view. */
export const viewableQuery = z.strictObject({ ...pageQuery, ...totalPart });
export type ViewableQuery = z.infer<typeof viewableQuery>;

/** The id in a path that the guard does not read. */
export const idParams = z.object({ id });
export type IdParams = z.infer<typeof idParams>;
