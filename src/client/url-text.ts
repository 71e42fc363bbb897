import { UnaddressableIdError } from './client-errors.js';

/** Encodes a text for any part of a URL. @throws UnaddressableIdError where the URL would say another text. */
export function urlText(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    throw new UnaddressableIdError('must be well-formed Unicode');
  }
}
