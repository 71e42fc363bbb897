import { randomUUID } from 'node:crypto';
import { operator } from '../core/caller.js';
import { collectExpired, type Collected, type CollectOptions } from '../store/collect-expired.js';
import type { PreparedDatabase } from './prepared-database.js';

export type { Collected } from '../store/collect-expired.js';

/** Removes from the database what is over. @throws as {@link collectExpired}. */
export function collectAsOperator({ url }: Pick<PreparedDatabase, 'url'>, options: CollectOptions): Promise<Collected> {
  return collectExpired(url, operator('cli', randomUUID()), options);
}
