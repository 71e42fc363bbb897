import type { JsonObject } from './model.js';

/** The most that the attributes of one thing may take as JSON in UTF-8, in bytes, however they came about. */
export const MOST_ATTRIBUTE_BYTES = 64 * 1024;

const TOO_LARGE = `must take at most ${MOST_ATTRIBUTE_BYTES} bytes in all`;
const MOST_BYTES_A_UNIT = 3;

/** What is wrong with the size of attributes, in words that follow their name; undefined when it is fine. */
export function faultOfAttributes(attributes: JsonObject): string | undefined {
  return faultOfAttributesText(JSON.stringify(attributes));
}

/** The same of the JSON that they are written as. */
export function faultOfAttributesText(json: string): string | undefined {
  if (json.length * MOST_BYTES_A_UNIT <= MOST_ATTRIBUTE_BYTES) return undefined;
  return new TextEncoder().encode(json).length > MOST_ATTRIBUTE_BYTES ? TOO_LARGE : undefined;
}
