import type { Permission, SubjectRef } from './model.js';

/** The longest id, in Unicode code points. */
export const MAX_ID_LENGTH = 256;

// C0, DEL and C1: what a terminal, a log or a header could take for more than a letter.
// oxlint-disable-next-line no-control-regex -- finding control characters is the point
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** What is wrong with the id, in words that follow its name; undefined when it is fine. */
export function faultOfId(id: string): string | undefined {
  if (id.length === 0) return 'must not be empty';
  if (id.length > 2 * MAX_ID_LENGTH || (id.length > MAX_ID_LENGTH && [...id].length > MAX_ID_LENGTH)) {
    return `must have at most ${MAX_ID_LENGTH} characters`;
  }
  if (CONTROL.test(id)) return 'must not contain control characters';
  // Postgres would store U+FFFD for it, and two ids would become one.
  if (!id.isWellFormed()) return 'must be well-formed Unicode';
  return undefined;
}

/** What is wrong with the name of a type or an action; undefined when it is fine. */
export function faultOfName(name: string): string | undefined {
  return faultOfId(name) ?? (name.includes(':') ? 'must not contain ":"' : undefined);
}

/** Reads `document:view`; undefined when it is not of that form. */
export function parsePermission(text: string): Permission | undefined {
  const parts = splitAtColon(text);
  if (!parts || faultOfName(parts[0]) || faultOfName(parts[1])) return undefined;
  return { type: parts[0], action: parts[1] };
}

/** Reads `user:alice` or `post:123`: the id may contain colons, the type can't; undefined when it is not of that form. */
export function parseRef(text: string): SubjectRef | undefined {
  const parts = splitAtColon(text);
  if (!parts || faultOfName(parts[0]) || faultOfId(parts[1])) return undefined;
  return { type: parts[0], id: parts[1] };
}

function splitAtColon(text: string): [string, string] | undefined {
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)];
}
