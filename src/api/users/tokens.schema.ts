import { z } from 'zod';
import { windowParts } from '../rule-parts.js';
import { id } from '../schemas.js';

/** The body of a new token. Without an expiry, or with null, it counts until it is deleted. */
export const newToken = z.strictObject({ name: id, expiresAt: windowParts.expiresAt });
export type NewTokenBody = z.infer<typeof newToken>;

/** A user's token, named in the path beside the user's id. */
export const tokenParams = z.object({ id, tokenId: id });
export type TokenParams = z.infer<typeof tokenParams>;
