import { Document, isCollection, isMap, isScalar, isSeq, visit, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import type { JsonObject } from '../../core/model.js';
import type { ExportedKind } from './policy-entries.js';

/** Entries of these lists stand on one line each. */
const ONE_LINERS: ReadonlySet<string> = new Set(['assignments', 'grants']);
const BLOCKS: ReadonlySet<string> = new Set(['members', 'rules', 'attributes']);

/** How text is written: nothing is folded, and what older readers of YAML take for something else is quoted. */
const TO_STRING = { lineWidth: 0, minContentWidth: 0, singleQuote: true } as const;
export const CREATING = { version: '1.2', schema: 'core', compat: 'yaml-1.1', aliasDuplicateObjects: false } as const;

/** The entry as a node of YAML: on one line where that is easily read. */
export function entryNode(document: Document, kind: ExportedKind, entry: JsonObject): Node {
  const node = document.createNode(entry, { aliasDuplicateObjects: false });
  if (!isMap(node)) return node;
  if (ONE_LINERS.has(kind)) node.flow = true;
  for (const { key, value } of node.items) styled(String(isScalar(key) ? key.value : key), value);
  return node;
}

/** What one key of an entry holds as a node of YAML, in the same style. */
export function memberNode(document: Document, key: string, value: unknown): Node {
  const node = document.createNode(value, { aliasDuplicateObjects: false });
  styled(key, node);
  return node;
}

function styled(key: string, value: unknown): void {
  if (!isCollection(value)) return;
  if (!BLOCKS.has(key)) value.flow = true;
  else if (isSeq(value)) for (const item of value.items) if (isCollection(item)) item.flow = true;
}

/** The text of the document: lists on one line are written `[a, b]`, and maps `{ a: b }`. */
export function documentText(document: Document): string {
  const padded = (node: YAMLSeq | YAMLMap, padding: string): void => {
    const own = node.toString.bind(node);
    node.toString = (context, ...rest) => own(context && { ...context, flowCollectionPadding: padding }, ...rest);
  };
  visit(document, { Seq: (_, node) => padded(node, ''), Map: (_, node) => padded(node, ' ') });
  return document.toString(TO_STRING);
}

/** The lines of one entry in its list. */
export function entryText(kind: ExportedKind, entry: JsonObject): string {
  const document = new Document(null, CREATING);
  document.contents = document.createNode([]) as never;
  (document.contents as unknown as { items: Node[] }).items.push(entryNode(document, kind, entry));
  // By line feeds alone: to a pattern, what U+2028 parts are lines too, and to YAML it is text.
  return documentText(document).replace(/(?<=^|\n)(?!\n|$)/g, '  ');
}

/** The first line of a policy file, by which an editor finds its schema: that of the package as it is installed, so of the version in use, and without a network. */
export function schemaLine(path = 'node_modules/castellan/schema/castellan.schema.json'): string {
  return `# yaml-language-server: $schema=${path}\n`;
}
