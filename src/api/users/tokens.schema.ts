import { z } from 'zod';
import { windowParts } from '../rule-parts.js';
import { id, permission } from '../schemas.js';

const MOST_PERMISSIONS = 100;

const permissions = z
  .array(permission)
  .min(1, 'must name at least one permission; leave it out for all that the user may')
  .max(MOST_PERMISSIONS, `must name at most ${MOST_PERMISSIONS} permissions`)
  .transform((names) => [...new Set(names)]);

/**
 * The body of a new token. Without an expiry, or with null, it counts until it is deleted; without permissions, or with null, its user does
 * with it all that it may.
 */
export const newToken = z.strictObject({
  name: id,
  expiresAt: windowParts.expiresAt,
  permissions: permissions.nullable().optional(),
});
export type NewTokenBody = z.infer<typeof newToken>;

/** A user's token, named in the path beside the user's id. */
export const tokenParams = z.object({ id, tokenId: id });
export type TokenParams = z.infer<typeof tokenParams>;
