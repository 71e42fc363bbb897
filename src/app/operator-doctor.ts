import { randomUUID } from 'node:crypto';
import { operator } from '../core/caller.js';
import { examine, mend, type Mending } from '../store/doctor.js';
import type { PreparedDatabase } from './prepared-database.js';

export type { Fault, Mending } from '../store/doctor.js';

/** Examines the database, and mends what can be mended where that is asked for. */
export async function examineAsOperator(
  { url }: Pick<PreparedDatabase, 'url'>,
  options: { readonly fix: boolean },
): Promise<Mending> {
  if (options.fix) return mend(url, operator('cli', randomUUID()));
  return { ...(await examine(url)), mended: [] };
}
