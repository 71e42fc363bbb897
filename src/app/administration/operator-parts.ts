import type { z } from 'zod';
import type { Author } from '../../core/caller.js';
import type { Writes } from '../../core/ports/writes.js';
import { refusal } from '../../nest/schema.pipe.js';
import type { Everything } from '../../store/everything.js';
import type { Store } from '../../store/store.js';

/** What the operator's own work is done with. */
export interface OperatorParts {
  readonly store: Store;
  readonly writes: Writes;
  readonly everything: Everything;
  /** Who stands behind one write. */
  readonly author: () => Author;
}

/** The body, read as the API would read it. @throws CastellanError `invalid_request`. */
export function fitting<Schema extends z.ZodType>(schema: Schema, body: object): z.output<Schema> {
  const read = schema.safeParse(body);
  if (!read.success) throw refusal('invalid_request', read.error.issues);
  return read.data;
}
