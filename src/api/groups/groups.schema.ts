import { z } from 'zod';
import { description, id } from '../schemas.js';

export const newGroup = z.strictObject({ id, description: description.nullish() });
export type NewGroupBody = z.infer<typeof newGroup>;

/** A merge patch. */
export const groupPatch = z.strictObject({ description: description.nullable().optional() });
export type GroupPatch = z.infer<typeof groupPatch>;
