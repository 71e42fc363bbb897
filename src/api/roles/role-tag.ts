import { createHash } from 'node:crypto';
import { CastellanError } from '../../core/errors.js';
import type { RoleRecord } from '../../core/ports/roles.js';

/**
 * The entity tag of a role: the same for as long as the role says the same.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.etag
 */
export function roleTag({ id, description, rules, includes }: RoleRecord): string {
  const said = JSON.stringify([id, description, rules, includes]);
  return `"${createHash('sha256').update(said).digest('base64url').slice(0, 27)}"`;
}

/**
 * Makes sure that the role is what the author has seen of it.
 *
 * @param ifMatch the header: entity tags, or `*` for any role.
 * @throws CastellanError `changed_meanwhile`.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.if-match
 */
export function requireTag(ifMatch: string | undefined, role: RoleRecord): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const seen = ifMatch.split(',').map((tag) => tag.trim());
  if (seen.includes(roleTag(role))) return;
  throw new CastellanError(
    'changed_meanwhile',
    'If-Match: the role says something else by now. Read it again, and make the change of that.',
  );
}
