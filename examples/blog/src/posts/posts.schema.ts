import { z } from 'zod';

const status = z.enum(['draft', 'published']);
const title = z.string().min(1).max(200);
const body = z.string().max(20_000);
const page = z.coerce.number().int().min(1).max(10_000).default(1);

export const newPost = z.strictObject({
  /** The creator may choose it. */
  id: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .exactOptional(),
  title,
  body: body.exactOptional(),
  status: status.exactOptional(),
  /** Users who may view it from the beginning. */
  sharedWith: z.array(z.string()).max(20).default([]),
});
export type NewPost = z.infer<typeof newPost>;

export const postPatch = z.strictObject({
  title: title.exactOptional(),
  body: body.exactOptional(),
  status: status.exactOptional(),
});
export type PostPatch = z.infer<typeof postPatch>;

export const postQuery = z.strictObject({
  page,
  pageSize: z.coerce.number().int().min(1).max(100).default(10),
  status: status.optional(),
  /** Words in the title or the body. */
  text: z.string().max(200).optional(),
});
export type PostQuery = z.infer<typeof postQuery>;
