import { z } from 'zod';
import { CONDITION_DEFINITIONS } from './condition-json-schema.js';
import { describedKey } from './policy-key-descriptions.js';
import { policyContents } from './policy-schema.js';

/** A node of a JSON Schema. */
export interface SchemaNode {
  [keyword: string]: unknown;
  properties?: Record<string, SchemaNode>;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
}

const TITLE = 'Castellan policy file';
const DESCRIPTION =
  'Who may do what: types, users, services, groups, roles, assignments, objects and grants, and tests of them.';

/**
 * The JSON Schema of a policy file, made of what reads one, with a description at every key. What takes more than a schema, such as
 * whether a name is in a list twice, only the reader tells.
 *
 * @see https://json-schema.org/draft/2020-12
 */
export function policyJsonSchema(): SchemaNode {
  const { $schema, ...made } = toJsonSchema(policyContents);
  described(made, []);
  return { $schema, title: TITLE, description: DESCRIPTION, ...made, $defs: CONDITION_DEFINITIONS };
}

function toJsonSchema(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
    // Names are for the schemas of the API, where each has a place of its own.
    metadata: NAMELESS,
    override: ({ zodSchema, jsonSchema }) => {
      const node = jsonSchema as SchemaNode;
      const short = node['short'] as SchemaNode | undefined;
      if (short) {
        const { $schema: _, ...whole } = toJsonSchema(innermost(zodSchema as unknown as z.ZodType));
        replace(node, { anyOf: [{ type: 'string', minLength: 1, ...short }, whole] });
      }
    },
  }) as SchemaNode;
}

const NAMELESS = {
  get: (schema: z.ZodType): object | undefined => {
    const { id: _, ...rest } = z.globalRegistry.get(schema) ?? {};
    return rest;
  },
  has: (schema: z.ZodType): boolean => z.globalRegistry.has(schema),
} as unknown as typeof z.globalRegistry;

/** What a value has to be once its short forms are written out. */
function innermost(schema: z.ZodType): z.ZodType {
  const out = schema instanceof z.ZodPipe ? (schema.out as z.ZodType) : undefined;
  return out ? innermost(out) : schema;
}

function replace(node: SchemaNode, by: SchemaNode): void {
  for (const key of Object.keys(node)) delete node[key];
  Object.assign(node, by);
}

/** Puts its description at each key, and the schema of conditions in its places. */
function described(node: SchemaNode, path: readonly string[]): void {
  // Attributes are any JSON.
  if (node['additionalProperties'] !== false && node['type'] === 'object') replace(node, { type: 'object' });
  delete node['$defs'];
  for (const part of node.anyOf ?? []) described(part, path);
  if (node.items) described(node.items, path);
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const at = [...path, key];
    described(child, at);
    if (key === 'condition') replace(child, { anyOf: [{ $ref: '#/$defs/condition' }, { type: 'null' }] });
    const description = describedKey(at);
    if (description !== undefined) child['description'] = description;
  }
}
