import { isUtf8 } from 'node:buffer';
import { CastellanError } from '../core/errors.js';

/** How deep a body may nest. */
export const MAX_JSON_DEPTH = 16;

/**
 * Reads a JSON body, refusing what readers are known to disagree on: deep nesting, a name twice in one object, `__proto__`,
 * lone surrogates, NUL and bytes that are no UTF-8.
 *
 * @throws CastellanError `malformed_request`; the body itself is never echoed.
 * @see https://www.rfc-editor.org/rfc/rfc8259
 */
export function parseStrictJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw malformed('is not UTF-8');
  const text = body.toString('utf8');
  const escaped = text.includes('\\');
  // Before JSON.parse, which would go as deep as the text does, and would keep the last of two members alike.
  scan(text, escaped);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('is not JSON');
  }
  // Only an escape can smuggle either past the check of the bytes: a raw control character is no JSON.
  if (escaped) requireWellFormed(value);
  return value;
}

// Walks the text's structure, leaving its grammar to JSON.parse: strings are skipped whole, names are collected by object.
function scan(text: string, escaped: boolean): void {
  const names: (Set<string> | null)[] = [];
  let nameExpected = false;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case 0x22: {
        const end = endOfString(text, index);
        if (nameExpected) collectName(names.at(-1), text.slice(index, end + 1), escaped);
        nameExpected = false;
        index = end;
        break;
      }
      case 0x7b:
        names.push(new Set());
        nameExpected = true;
        if (names.length > MAX_JSON_DEPTH) throw malformed(`nests deeper than ${MAX_JSON_DEPTH}`);
        break;
      case 0x5b:
        names.push(null);
        if (names.length > MAX_JSON_DEPTH) throw malformed(`nests deeper than ${MAX_JSON_DEPTH}`);
        break;
      case 0x7d:
      case 0x5d:
        names.pop();
        nameExpected = false;
        break;
      case 0x2c:
        nameExpected = names.at(-1) instanceof Set;
        break;
      default:
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  throw malformed('is not JSON');
}

function collectName(names: Set<string> | null | undefined, literal: string, escaped: boolean): void {
  let name: unknown = literal.slice(1, -1);
  if (escaped && literal.includes('\\')) {
    try {
      name = JSON.parse(literal);
    } catch {
      throw malformed('is not JSON');
    }
  }
  if (typeof name !== 'string') return;
  if (name === '__proto__') throw malformed('has a member named __proto__');
  if (names?.has(name)) throw malformed('has an object with two members of the same name');
  names?.add(name);
}

function requireWellFormed(value: unknown): void {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw malformed('has a string with half a surrogate pair');
    if (value.includes('\u0000')) throw malformed('has a string with NUL in it');
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      requireWellFormed(name);
      requireWellFormed(member);
    }
  }
}

function malformed(fault: string): CastellanError {
  return new CastellanError('malformed_request', `The body ${fault}.`, [{ path: 'body', message: fault }]);
}
