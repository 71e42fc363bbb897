import { z } from 'zod';
import { attributes, id, name, pageQuery, ref, totalPart } from '../schemas.js';

const parent = ref.nullable().optional();

export const newObject = z.strictObject({ id, attributes: attributes.default({}), parent }).meta({ id: 'NewObject' });
export type NewObjectBody = z.infer<typeof newObject>;

/** A merge patch, also within the attributes. A parent is replaced as a whole; null makes the object a root. */
export const objectPatch = z.strictObject({ attributes: attributes.optional(), parent }).meta({ id: 'ObjectPatch' });
export type ObjectPatch = z.infer<typeof objectPatch>;

/** `?cascade=true` deletes all that is below the object as well. */
export const objectDeletion = z.strictObject({
  cascade: z
    .enum(['true', 'false'], 'must be true or false')
    .optional()
    .transform((text) => text === 'true'),
});
export type ObjectDeletion = z.infer<typeof objectDeletion>;

const MOST_ATTRIBUTES = 8;

/** `?action=change` lists by another action; `?attributes.status=draft` narrows it, by up to 8 attributes. */
export const objectsQuery = z
  .looseObject({ ...pageQuery, ...totalPart, action: name.default('view') })
  .transform(({ limit, cursor, total, action, ...rest }, context) => {
    const narrowed = Object.entries(rest).map(([key, value]) => {
      const path = key.split('.');
      if (path[0] !== 'attributes' || path.length < 2 || path.includes('')) {
        context.addIssue({ code: 'custom', path: [key], message: 'is not a parameter of this list' });
      } else if (typeof value !== 'string' || value.includes('\u0000') || key.includes('\u0000')) {
        context.addIssue({ code: 'custom', path: [key], message: 'must be given once, as a plain value' });
      }
      return { path: path.slice(1), value: String(value) };
    });
    if (narrowed.length > MOST_ATTRIBUTES)
      context.addIssue({ code: 'custom', message: `must narrow by at most ${MOST_ATTRIBUTES} attributes` });
    return { limit, cursor, total, action, attributes: narrowed };
  });
export type ObjectsQuery = z.infer<typeof objectsQuery>;
