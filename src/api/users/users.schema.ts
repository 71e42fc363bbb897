import { z } from 'zod';
import { faultOfLikeness, passwordSchema, type KnownNames } from '../../auth/password-rules.js';
import { attributes, id, name } from '../schemas.js';

// Basic ends the username at the first colon.
const username = name;

const email = z.email().max(320);

/** Refuses a password that is like the user it is for. */
export function refusePasswordLikeUser(
  user: KnownNames & { readonly password?: string | undefined },
  context: z.core.$RefinementCtx,
): void {
  const message = user.password === undefined ? undefined : faultOfLikeness(user.password, user);
  if (message !== undefined) context.addIssue({ code: 'custom', path: ['password'], message });
}

export const newUser = z
  .strictObject({
    id: id.optional(),
    username,
    email: email.nullish(),
    password: passwordSchema.optional(),
    active: z.boolean().default(true),
    superuser: z.boolean().default(false),
    attributes: attributes.default({}),
  })
  .superRefine(refusePasswordLikeUser)
  .meta({ id: 'NewUser' });
export type NewUserBody = z.infer<typeof newUser>;

/** A merge patch. The id of a user never changes. */
export const userPatch = z
  .strictObject({
    username: username.optional(),
    email: email.nullable().optional(),
    password: passwordSchema.optional(),
    active: z.boolean().optional(),
    superuser: z.boolean().optional(),
    attributes: attributes.optional(),
  })
  .meta({ id: 'UserPatch' });
export type UserPatch = z.infer<typeof userPatch>;
