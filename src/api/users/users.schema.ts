import { z } from 'zod';
import { passwordSchema } from '../../auth/passwords.js';
import { attributes, id, name } from '../schemas.js';

// Basic ends the username at the first colon.
const username = name;

const email = z.email().max(320);

export const newUser = z.strictObject({
  id: id.optional(),
  username,
  email: email.nullish(),
  password: passwordSchema.optional(),
  active: z.boolean().default(true),
  superuser: z.boolean().default(false),
  attributes: attributes.default({}),
});
export type NewUserBody = z.infer<typeof newUser>;

/** A merge patch. The id of a user never changes. */
export const userPatch = z.strictObject({
  username: username.optional(),
  email: email.nullable().optional(),
  password: passwordSchema.optional(),
  active: z.boolean().optional(),
  superuser: z.boolean().optional(),
  attributes: attributes.optional(),
});
export type UserPatch = z.infer<typeof userPatch>;
