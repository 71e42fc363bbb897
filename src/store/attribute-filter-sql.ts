import type { AttributeFilter } from '../core/ports/lists.js';
import type { SqlValues } from './condition-sql.js';

/** SQL for one attribute that must have a value, as a text or as the JSON that it reads as; about a row `o` of objects. */
export interface AttributeFilterSql {
  readonly holds: string;
  /** What an index serves of it. */
  readonly indexed: string;
}

/** Containment is what an index serves, equality what is meant: an array or an object contains more than itself. */
export function attributeFilterSql({ path, value }: AttributeFilter, values: SqlValues): AttributeFilterSql {
  const json = storableJson(value);
  const meant = [JSON.stringify(value), ...(json === null ? [] : [json])];
  const indexed = meant.map((each) => {
    const nested = path.toReversed().reduce((inner, step) => `{${JSON.stringify(step)}:${inner}}`, each);
    return `o.attributes @> ${values.add(nested, 'jsonb')}`;
  });
  const steps = values.add(path, 'text[]');
  const holds = meant.map(
    (each, index) => `(${indexed[index]} AND o.attributes #> ${steps} = ${values.add(each, 'jsonb')})`,
  );
  return { holds: `(${holds.join(' OR ')})`, indexed: `(${indexed.join(' OR ')})` };
}

// In a query string 3 may be meant as the number or as the text.
function storableJson(value: string): string | null {
  try {
    return JSON.stringify(JSON.parse(value, requireStorable));
  } catch {
    return null;
  }
}

// 1e999, half a surrogate pair and NUL are JSON that Postgres can't hold: no attribute has such a value.
function requireStorable(name: string, part: unknown): unknown {
  const texts = typeof part === 'string' ? [name, part] : [name];
  if (
    part === Infinity ||
    part === -Infinity ||
    texts.some((text) => !text.isWellFormed() || text.includes('\u0000'))
  ) {
    throw new RangeError('No attribute has such a value.');
  }
  return part;
}
