import { randomBytes, timingSafeEqual } from 'node:crypto';
import { CastellanError } from '../core/errors.js';
import { SAFE_VERBS } from '../nest/verb-actions.js';

/** A token that only the session's own pages can know: 256 random bits. */
export function newCsrfToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Refuses an unsafe request of a session that doesn't carry the session's token in `X-CSRF-Token`.
 *
 * @throws CastellanError `csrf_token`.
 */
export function requireCsrfToken(
  request: { readonly method: string; readonly headers: { readonly [name: string]: unknown } },
  token: string,
): void {
  if (SAFE_VERBS.has(request.method)) return;
  const sent = request.headers['x-csrf-token'];
  if (typeof sent !== 'string' || !sameText(sent, token)) {
    throw new CastellanError(
      'csrf_token',
      'Send the csrfToken of the sign-in (or of GET /api/v1/auth/me) as X-CSRF-Token.',
    );
  }
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
