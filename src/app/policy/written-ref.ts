import { z } from 'zod';
import { parseRef } from '../../core/identifiers.js';

/** A reference as `user:alice`, or by its parts. */
export const written = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .preprocess((value, context) => {
      if (typeof value !== 'string') return value;
      const parsed = parseRef(value);
      if (parsed) return parsed;
      context.addIssue({ code: 'custom', message: 'must be of the form type:id' });
      return z.NEVER;
    }, schema)
    .meta({ short: { pattern: '^[^:]+:.+$', examples: ['user:alice'] } });
