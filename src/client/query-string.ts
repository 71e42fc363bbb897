import { urlText } from './url-text.js';

/**
 * Writes a query, from its `?` on; empty when nothing is asked. What is undefined is left out, a reference is written `user:alice`,
 * and each of `attributes` as a parameter of its own.
 *
 * @throws UnaddressableIdError for a text that a URL can't hold.
 */
export function queryString(query: object): string {
  const parameters = parametersOf(query).map(([name, value]) => `${urlText(name)}=${urlText(String(value))}`);
  return parameters.length === 0 ? '' : `?${parameters.join('&')}`;
}

function parametersOf(query: object): [name: string, value: unknown][] {
  return Object.entries(query).flatMap(([name, value]: [string, unknown]): [string, unknown][] => {
    if (value === undefined) return [];
    if (typeof value !== 'object' || value === null) return [[name, value]];
    if (name === 'attributes') return parametersOf(value).map(([path, each]) => [`attributes.${path}`, each]);
    const { type, id } = value as { type: string; id: string };
    return [[name, `${type}:${id}`]];
  });
}
