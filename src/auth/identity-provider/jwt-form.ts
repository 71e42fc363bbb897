/** The longest token that is looked at, in characters. */
const MOST_CHARACTERS = 8 * 1024;

const FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const DEEPEST = 16;

/** A token as it is written: nothing of it is verified. */
export interface UnverifiedJwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Whether the text could be a JWT: three parts in base64url, as no token of our own has them. */
export function hasJwtForm(text: string): boolean {
  return text.length <= MOST_CHARACTERS && FORM.test(text);
}

/**
 * What the token says of itself; null for one that readers could disagree on: no UTF-8, no JSON object, or a member named twice.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8725#section-3.4
 */
export function readUnverified(token: string): UnverifiedJwt | null {
  const [header, claims] = token.split('.', 2).map(objectIn);
  return header && claims ? { header, claims } : null;
}

function objectIn(part: string): Record<string, unknown> | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(part, 'base64url'));
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return isPlain(text) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const PARTS = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/** Whether a JSON text is not too deep, and names no member of one object twice. */
function isPlain(text: string): boolean {
  const open: (Set<string> | null)[] = [];
  let last = '';
  for (const [part] of text.matchAll(PARTS)) {
    if (part === '{' || part === '[') open.push(part === '{' ? new Set() : null);
    else if (part === '}' || part === ']') open.pop();
    else if (part === ':') {
      const name = JSON.parse(last) as string;
      const names = open.at(-1);
      if (names?.has(name)) return false;
      names?.add(name);
    }
    if (open.length > DEEPEST) return false;
    last = part;
  }
  return true;
}
