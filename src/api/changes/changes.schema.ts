import { z } from 'zod';
import { instant } from '../rule-parts.js';
import { name, pageQuery, refText } from '../schemas.js';

export const changesQuery = z
  .strictObject({
    ...pageQuery,
    actor: refText.optional(),
    action: name.optional(),
    subject: refText.optional(),
    object: refText.optional(),
    from: instant.optional(),
    to: instant.optional(),
    order: z.enum(['newest', 'oldest'], 'must be newest or oldest').default('newest'),
    after: z
      .string()
      .regex(/^\d{1,18}$/, 'must be the id of a change')
      .optional(),
  })
  .superRefine(({ order, after }, context) => {
    if (after !== undefined && order === 'newest')
      context.addIssue({ code: 'custom', path: ['after'], message: 'goes with order=oldest' });
  });
export type ChangesQuery = z.infer<typeof changesQuery>;
