import { z } from 'zod';
import { PASSWORD_LENGTH, passwordSchema } from '../../auth/password-rules.js';
import { MAX_ID_LENGTH } from '../../core/identifiers.js';

// Lengths in UTF-16 units, twice what may be set in code points: whoever has a password can send it.
const username = z
  .string()
  .min(1)
  .max(2 * MAX_ID_LENGTH);
const password = z
  .string()
  .min(1)
  .max(2 * PASSWORD_LENGTH.max);

/** The body of a sign-in. */
export const signInSchema = z.strictObject({ username, password }).meta({ id: 'SignIn' });
export type SignInBody = z.infer<typeof signInSchema>;

/** The body of a change of one's own password. */
export const passwordChangeSchema = z
  .strictObject({ oldPassword: password, newPassword: passwordSchema })
  .meta({ id: 'PasswordChange' });
export type PasswordChangeBody = z.infer<typeof passwordChangeSchema>;
