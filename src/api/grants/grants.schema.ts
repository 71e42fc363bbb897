import { z } from 'zod';
import { refuseEmptyWindow, ruleParts, windowParts } from '../rule-parts.js';
import { holder, pageQuery, permission, ref, refText } from '../schemas.js';

/** The most grants that one batch may carry. */
export const MOST_GRANTS = 1000;

/** The members of a grant, for the schemas that say some of them in another way. */
export const grantParts = {
  subject: holder,
  permission,
  object: ref.nullable().optional(),
  ...ruleParts,
  ...windowParts,
};

export const newGrant = z.strictObject(grantParts).superRefine(refuseEmptyWindow).meta({ id: 'NewGrant' });
export type NewGrantBody = z.infer<typeof newGrant>;

export const grantBatch = z
  .strictObject({ grants: z.array(newGrant).min(1).max(MOST_GRANTS) })
  .meta({ id: 'GrantBatch' });
export type GrantBatchBody = z.infer<typeof grantBatch>;

export const grantsQuery = z.strictObject({
  ...pageQuery,
  subject: refText.optional(),
  object: refText.optional(),
  permission: permission.optional(),
});
export type GrantsQuery = z.infer<typeof grantsQuery>;
