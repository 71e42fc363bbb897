import { z } from 'zod';
import { DEFAULT_ACTIONS, DEFAULT_CREATOR_ACTIONS } from '../../core/built-ins.js';
import { name } from '../schemas.js';

// Whatever may not be viewed is not there: without the action, nobody could reach the objects.
const actions = z
  .array(name)
  .max(200)
  .refine((names) => names.includes('view'), 'must include view');
const creatorActions = z.array(name).max(200);
const mode = z.enum(['union', 'both', 'object']).optional();

export const newType = z
  .strictObject({
    id: name,
    actions: actions.default([...DEFAULT_ACTIONS]),
    creatorActions: creatorActions.optional(),
    mode,
  })
  .transform((type) => ({
    ...type,
    creatorActions: type.creatorActions ?? DEFAULT_CREATOR_ACTIONS.filter((action) => type.actions.includes(action)),
  }))
  .meta({ id: 'NewType' });
export type NewTypeBody = z.infer<typeof newType>;

/** A merge patch: actions and creator's actions are replaced as a whole. */
export const typePatch = z
  .strictObject({
    actions: actions.optional(),
    creatorActions: creatorActions.optional(),
    mode,
  })
  .meta({ id: 'TypePatch' });
export type TypePatch = z.infer<typeof typePatch>;
