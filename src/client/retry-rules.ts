import { UnavailableError } from './api-errors.js';
import { NetworkError, UnexpectedAnswerError } from './client-errors.js';

/**
 * What a second attempt of a call could do.
 *
 * - `harmless`: it reads (GET, and the POSTs that only ask), or it sets what the first attempt set (PUT, DELETE).
 * - `doubling`: it makes or changes something (POST, PATCH). It is only tried again where the first attempt surely did nothing: no
 *   connection came about, or the service said `overloaded`, which ends before or with a transaction that is rolled back. Not
 *   after `database_unavailable` (the connection may have broken while a commit was on its way), nor after an answer of a proxy.
 * - `single`: it changes what later attempts would be signed in by.
 */
export type Repetition = 'harmless' | 'doubling' | 'single';

const GATEWAY_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2000;

/**
 * The pause before the next attempt, in milliseconds; null when there must be none. What the service refused (4xx) or failed at (500)
 * it would refuse or fail at again, and time that is up is up.
 */
export function pauseAfter(error: unknown, repetition: Repetition, attempts: number): number | null {
  if (!mayRepeat(error, repetition)) return null;
  const growing = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempts - 1));
  // Clients that were refused together must not come back together.
  const spread = growing * (0.5 + Math.random() / 2);
  return spread + 1000 * (retryAfterOf(error) ?? 0);
}

function mayRepeat(error: unknown, repetition: Repetition): boolean {
  if (repetition === 'single') return false;
  if (error instanceof NetworkError) return repetition === 'harmless' || error.neverSent;
  if (error instanceof UnavailableError) return repetition === 'harmless' || error.code === 'overloaded';
  return repetition === 'harmless' && error instanceof UnexpectedAnswerError && GATEWAY_STATUSES.has(error.status);
}

function retryAfterOf(error: unknown): number | null {
  return error instanceof UnavailableError || error instanceof UnexpectedAnswerError ? error.retryAfter : null;
}
