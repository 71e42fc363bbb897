import { z } from 'zod';
import { ruleParts, windowParts } from '../not-yet.js';
import { holder, pageQuery, permission, ref, refText } from '../schemas.js';

/** The most grants that one batch may carry. */
export const MOST_GRANTS = 1000;

export const newGrant = z.strictObject({
  subject: holder,
  permission,
  object: ref.nullable().optional(),
  ...ruleParts,
  ...windowParts,
});
export type NewGrantBody = z.infer<typeof newGrant>;

export const grantBatch = z.strictObject({ grants: z.array(newGrant).min(1).max(MOST_GRANTS) });
export type GrantBatchBody = z.infer<typeof grantBatch>;

export const grantsQuery = z.strictObject({
  ...pageQuery,
  subject: refText.optional(),
  object: refText.optional(),
  permission: permission.optional(),
});
export type GrantsQuery = z.infer<typeof grantsQuery>;
