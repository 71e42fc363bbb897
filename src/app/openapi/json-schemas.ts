import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

/** A schema in the language of JSON Schema 2020-12, as OpenAPI 3.1 takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const DEFINITIONS = '#/$defs/';

/** Writes zod schemas as JSON Schema; those that have an id stand once, and are referred to. */
export class JsonSchemas {
  readonly #named = new Map<string, JsonSchema>();
  readonly #written = { input: new Map<z.ZodType, JsonSchema>(), output: new Map<z.ZodType, JsonSchema>() };

  /**
   * What a request may say (`input`), or what an answer says (`output`).
   *
   * @throws Error when two schemas go by one id.
   */
  of(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    let written = this.#written[io].get(schema);
    if (!written) this.#written[io].set(schema, (written = this.#write(schema, io)));
    return written;
  }

  /** The schemas that have an id, by it. */
  named(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#named].toSorted(([one], [other]) => (one < other ? -1 : 1)));
  }

  #write(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const { $schema: _dialect, $defs = {}, ...root } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
    for (const [id, definition] of Object.entries($defs)) if (!isNameless(id)) this.#keep(id, tidied(definition));
    return tidied(root);
  }

  #keep(id: string, { id: _id, ...schema }: JsonSchema): void {
    const before = this.#named.get(id);
    if (before && !isDeepStrictEqual(before, schema)) throw new Error(`Two schemas go by the id ${id}.`);
    this.#named.set(id, schema);
  }
}

// What zod gives a name of its own is JSON of any kind, which no schema has to spell out.
function isNameless(id: string): boolean {
  return id.startsWith('__schema');
}

function tidied(schema: object): JsonSchema {
  return tidy(schema) as JsonSchema;
}

function tidy(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(tidy);
  if (typeof part !== 'object' || part === null) return part;
  if ('$ref' in part && typeof part.$ref === 'string') return tidyReference(part.$ref, part);
  const kept = Object.entries(part).filter(([name, value]) => !isNoise(name, value, part));
  return Object.fromEntries(kept.map(([name, value]) => [name, tidy(value)]));
}

function tidyReference(to: string, part: object): unknown {
  const id = to.slice(DEFINITIONS.length);
  const { $ref: _ref, ...beside } = part as Record<string, unknown>;
  return isNameless(id) ? beside : { $ref: `#/components/schemas/${id}`, ...beside };
}

// A format says the same as its pattern, shorter; and every name of a member is a string.
function isNoise(name: string, value: unknown, of: object): boolean {
  if (value === undefined) return true;
  if (name === 'pattern') return 'format' in of;
  return name === 'propertyNames' && typeof value === 'object';
}
