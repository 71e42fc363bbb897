import { z } from 'zod';
import { invalidField } from '../core/errors.js';
import { isCommonPassword } from './common-passwords.js';

/** The shortest and the longest password, in Unicode code points. @see https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver */
export const PASSWORD_LENGTH = { min: 8, max: 1024 } as const;

/** How much of a password and of what its user is called may be the same. */
const MOST_LIKENESS = 0.7;

// RFC 7617 lets no control character into Basic, so a password with one could sign in by one way only.
// oxlint-disable-next-line no-control-regex -- finding control characters is the point
const CONTROL = /[\u0000-\u001f\u007f]/;

/** What others know a user by. */
export interface KnownNames {
  readonly id?: string | undefined;
  readonly username?: string | undefined;
  readonly email?: string | null | undefined;
}

/** What is wrong with a password that is to be set, whoever it is for, in words that follow its name; undefined when it is fine. */
export function faultOfPassword(password: string): string | undefined {
  const { min, max } = PASSWORD_LENGTH;
  if (password.length > 2 * max) return `must have at most ${max} characters`;
  const length = [...password].length;
  if (length < min) return `must have at least ${min} characters`;
  if (length > max) return `must have at most ${max} characters`;
  if (!password.isWellFormed()) return 'must be well-formed Unicode';
  if (CONTROL.test(password)) return 'must not contain control characters';
  if (/^\p{Nd}+$/u.test(password)) return 'must not be all digits';
  if (isCommonPassword(password)) return 'must not be one of the most common passwords';
  return undefined;
}

/**
 * Whether the password is too much like what others know its user by, or like a part of that; in words that follow its name.
 *
 * @see https://docs.djangoproject.com/en/5.2/topics/auth/passwords/#django.contrib.auth.password_validation.UserAttributeSimilarityValidator
 */
export function faultOfLikeness(password: string, { username, email, id }: KnownNames): string | undefined {
  const own = folded(password);
  for (const [name, value] of Object.entries({ username, email, id })) {
    if (value === undefined || value === null) continue;
    const whole = folded(value);
    const parts = [whole, ...whole.split('@'), ...whole.split(/[^\p{L}\p{N}\p{M}_]+/u)];
    if (parts.some((part) => likeness(own, part) >= MOST_LIKENESS)) return `must not be like the ${name}`;
  }
  return undefined;
}

/** @throws CastellanError `invalid_request` naming the path, for a password that is too much like its user. */
export function requireUnlikeUser(path: string, password: string, names: KnownNames): void {
  const fault = faultOfLikeness(password, names);
  if (fault !== undefined) throw invalidField(path, fault);
}

/** A password that is to be set, as part of a request's schema; whether it is like its user is for whoever knows the user. */
export const passwordSchema = z.string().superRefine((password, context) => {
  const message = faultOfPassword(password);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

function folded(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

// Twice the characters that both have, in whatever order, by those of both: what Python's difflib calls quick_ratio. Unlike the ratio
// proper it takes no longer for texts that were made to take long, and finds a name that is turned around, too.
function likeness(one: string, other: string): number {
  if (other === '') return 0;
  const left = new Map<string, number>();
  let length = 0;
  for (const character of other) {
    left.set(character, (left.get(character) ?? 0) + 1);
    length += 1;
  }
  let shared = 0;
  for (const character of one) {
    length += 1;
    const count = left.get(character) ?? 0;
    if (count === 0) continue;
    shared += 1;
    left.set(character, count - 1);
  }
  return (2 * shared) / length;
}
