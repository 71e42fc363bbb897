import { z } from 'zod';
import { invalidField } from '../core/errors.js';

// Date.parse alone would take "tomorrow 5" for a day in 2001, and a 30th of February for one in March.
const WRITTEN = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

/** Reads an instant with its zone, or a day as its beginning in UTC: in ISO 8601. @throws CastellanError `invalid_request`. */
export function readTime(option: string, text: string): string {
  if (WRITTEN.safeParse(text).success) return new Date(text).toISOString();
  throw invalidField(option, `must be a time, such as 2027-01-31T09:00:00Z; it is ${JSON.stringify(text)}`);
}
