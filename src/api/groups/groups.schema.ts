import { z } from 'zod';
import { description, id } from '../schemas.js';

export const newGroup = z.strictObject({ id, description: description.nullish() }).meta({ id: 'NewGroup' });
export type NewGroupBody = z.infer<typeof newGroup>;

/** A merge patch. */
export const groupPatch = z.strictObject({ description: description.nullable().optional() }).meta({ id: 'GroupPatch' });
export type GroupPatch = z.infer<typeof groupPatch>;
