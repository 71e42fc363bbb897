import { z } from 'zod';
import { parentPart } from '../not-yet.js';
import { attributes, id, name, pageQuery } from '../schemas.js';

export const newObject = z.strictObject({ id, attributes: attributes.default({}), ...parentPart });
export type NewObjectBody = z.infer<typeof newObject>;

/** A merge patch, also within the attributes. */
export const objectPatch = z.strictObject({ attributes: attributes.optional(), ...parentPart });
export type ObjectPatch = z.infer<typeof objectPatch>;

const MOST_ATTRIBUTES = 8;

/** `?action=change` lists by another action; `?attributes.status=draft` narrows it, by up to 8 attributes. */
export const objectsQuery = z
  .looseObject({ ...pageQuery, action: name.default('view') })
  .transform(({ limit, cursor, action, ...rest }, context) => {
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
    return { limit, cursor, action, attributes: narrowed };
  });
export type ObjectsQuery = z.infer<typeof objectsQuery>;
