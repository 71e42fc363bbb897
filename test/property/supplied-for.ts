import { valuesOf } from './arbitrary-conditions.js';
import type { Draw } from './draw.js';
import type { Supplied } from './oracle.js';
import type { Json, JsonObject } from './world.js';

/** Properties at the paths that a condition asks about, with values that it may well be true of, or false. */
export function suppliedFor(condition: JsonObject, names: readonly string[], draw: Draw): Supplied {
  const { paths, values } = partsOf(condition);
  const supplied: Record<string, JsonObject> = {};
  for (const path of paths) {
    const [root = '', name = '', ...rest] = path.split('.');
    const likely = [...values, ...values, ...valuesOf(names, name), 'a'];
    const value = rest.reduceRight<Json>((inner, step) => ({ [step]: inner }), draw.of(likely));
    if (!draw.once(4)) supplied[root] = { ...supplied[root], [name]: value };
  }
  return supplied;
}

/** The paths of a condition, and the values that it compares with. */
function partsOf(condition: Json): { readonly paths: readonly string[]; readonly values: readonly Json[] } {
  if (Array.isArray(condition)) {
    const parts = condition.map(partsOf);
    return {
      paths: parts.flatMap(({ paths }) => paths),
      values: [condition, ...parts.flatMap(({ values }) => values)],
    };
  }
  if (typeof condition !== 'object' || condition === null) return { paths: [], values: [condition] };
  const parts = Object.entries(condition).map(([key, value]) => {
    if (key === '$ref') return { paths: [value as string], values: [] };
    const inner = partsOf(value);
    return { paths: [...(key.includes('.') ? [key] : []), ...inner.paths], values: inner.values };
  });
  return { paths: parts.flatMap(({ paths }) => paths), values: parts.flatMap(({ values }) => values) };
}
