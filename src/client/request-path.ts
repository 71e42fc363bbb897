import { UnaddressableIdError } from './client-errors.js';
import { urlText } from './url-text.js';

// Every URL parser reads these as ways up, encoded or not: sent, they would reach another route.
const DOTS = new Set(['.', '..']);

/**
 * Writes a path: what is put in is one segment of it, whatever it holds.
 *
 * @throws UnaddressableIdError for what no segment can be.
 * @example requestPath`/api/v1/users/${'a/b'}` // '/api/v1/users/a%2Fb'
 */
export function requestPath(texts: TemplateStringsArray, ...segments: readonly string[]): string {
  return String.raw({ raw: texts }, ...segments.map(segment));
}

function segment(text: string): string {
  if (typeof text !== 'string') throw new UnaddressableIdError(`must be a text, and not ${typeof text}`);
  // A path with two slashes in a row is another one to some proxies.
  if (text === '') throw new UnaddressableIdError('must not be empty');
  if (DOTS.has(text)) throw new UnaddressableIdError(`must not be "${text}", which is a way up`);
  return urlText(text);
}
