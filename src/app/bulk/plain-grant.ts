/** A grant that says no more than who may do what, and where. */
export interface PlainGrant {
  /** As `user:alice`. */
  readonly subject: string;
  readonly permission: string;
  /** As `post:123`; absent for everywhere. */
  readonly object: string | undefined;
}

// What needs no escape in JSON, and may stand in an id; C1 among the control characters, half pairs can't come from UTF-8.
const LETTER = String.raw`[^"\\\u0000-\u001f\u007f-\u009f]`;
const NAME = String.raw`[^":\\\u0000-\u001f\u007f-\u009f]{1,256}`;
const ID = `${LETTER}{1,256}`;
const LINE = new RegExp(
  `^\\{"kind":"grant","subject":"((?:user|group|service|role):${ID})","permission":"(${NAME}:${NAME})"(?:,"object":"(${NAME}:${ID})")?\\}$`,
);

/**
 * Reads the line of a plain grant, written as `dump` writes it: most lines of a large file are such, and this is much faster than the reader of
 * all rows. Undefined for every other line, which says nothing about it.
 */
export function readPlainGrant(line: string): PlainGrant | undefined {
  const found = LINE.exec(line);
  if (!found) return undefined;
  const [, subject = '', permission = '', object] = found;
  return { subject, permission, object };
}
