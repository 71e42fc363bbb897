import { isDeepStrictEqual } from 'node:util';
import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  YAMLSeq,
  type Document,
  type Node,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { canonicalJson } from '../../core/rule-key.js';
import { refName, type Json, type JsonObject, type SubjectRef } from '../../core/model.js';
import { parsePolicy, type Policy } from '../policy/parse-policy.js';
import { PolicyError } from '../policy/policy-error.js';
import type { ExportedEntries } from './export-policy.js';
import { asWritten, entryName } from './file-entries.js';
import { creatorsThatStand, withoutCreatorGrants } from './creator-grants.js';
import { keepingLineEndings } from './line-endings.js';
import { EXPORTED_KINDS, type ExportedKind } from './policy-entries.js';
import { CREATING, documentText, entryNode, memberNode } from './policy-text.js';

/** Of these the order says nothing, and each stays where it is written. */
const SETS: ReadonlySet<string> = new Set(['members', 'rules', 'includes']);

/**
 * The text of a policy file, changed to say what was exported: entries that remain stay where they are, with their comments; what
 * they say otherwise is changed in place; those that are gone go, and new ones come where their names would have them. What is
 * said by nothing in a database (tests, passwords, creators whose grants all stand) stays as it is, and so does how lines end.
 *
 * @throws PolicyError when the text is no policy, or could not be changed so that it says this.
 */
export function updatedPolicyText(text: string, file: string, exported: ExportedEntries): string {
  return keepingLineEndings(text, (plain) => updated(plain, file, exported));
}

function updated(text: string, file: string, exported: ExportedEntries): string {
  const policy = parsePolicy(text, file);
  const document = parseDocument(text, { ...CREATING, merge: true, resolveKnownTags: false, logLevel: 'error' });
  tellMergesFromText(document);
  const creators = creatorsThatStand(policy, exported);
  const wanted = withoutCreatorGrants(exported, creators);
  for (const [kind, entries] of wanted) updateList(document, kind, policy[kind], entries, creators.names);
  return checked(textOf(document, text, file), policy, wanted);
}

/** Has a key << that is text stay so: the writer makes a merge of every one. */
function tellMergesFromText({ schema }: Document.Parsed): void {
  const isMerge = ({ type, value }: Scalar): boolean => typeof value === 'symbol' || type === 'PLAIN';
  const stringify = (key: Scalar): string => (isMerge(key) ? '<<' : "'<<'");
  schema.tags = schema.tags.map((tag) =>
    tag.tag === 'tag:yaml.org,2002:merge' ? Object.assign({}, tag, { stringify }) : tag,
  );
}

function textOf(document: Document.Parsed, before: string, file: string): string {
  try {
    if (isJson(before)) return `${JSON.stringify(document.toJS(), null, 2)}\n`;
    return documentText(document);
  } catch (cause) {
    throw unchangeable(file, cause);
  }
}

// A map in braces may as well be YAML, and have comments.
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function updateList(
  document: Document.Parsed,
  kind: ExportedKind,
  before: readonly object[],
  entries: readonly JsonObject[],
  creators: ReadonlySet<string>,
): void {
  if (before.length === 0 && entries.length === 0) return;
  const list = listOf(document, kind);
  const written = before.map((entry, index): StandingEntry => {
    const said = asWritten(kind, entry);
    const name = entryName(kind, said);
    return { name, node: list.items[index] as Node, said, beside: besideOf(entry) };
  });
  const standing = new Map(written.map((entry) => [entry.name, entry]));
  const names = entries.map((entry) => entryName(kind, entry));
  const kept = new Set(names);
  const gone = new Set(written.filter(({ name }) => !kept.has(name)).map(({ node }) => node));
  const items = list.items.filter((item) => !gone.has(item as Node)) as Node[];
  let after = -1;
  for (const [index, entry] of entries.entries()) {
    const found = standing.get(names[index] ?? '');
    if (!found) {
      after += 1;
      items.splice(after, 0, entryNode(document, kind, entry));
      continue;
    }
    const keepsCreator = kind === 'objects' && creators.has(names[index] ?? '');
    const node = updateEntry(document, kind, found, entry, keepsCreator);
    after = items.indexOf(found.node);
    items[after] = node;
  }
  list.items = items;
}

/** An entry as it stands in the file. */
interface StandingEntry {
  readonly name: string;
  readonly node: Node;
  /** What of it would be exported, and what never is. */
  readonly said: JsonObject;
  readonly beside: { readonly password?: string; readonly creator?: string };
}

function besideOf(entry: object): StandingEntry['beside'] {
  const { password, creator } = entry as { password?: string; creator?: SubjectRef };
  return { ...(password === undefined ? {} : { password }), ...(creator ? { creator: refName(creator) } : {}) };
}

/** The list in the file, which is made where there is none. */
function listOf(document: Document.Parsed, kind: ExportedKind): YAMLSeq {
  const there = document.get(kind, true);
  if (isSeq(there)) {
    const [first] = there.items;
    // The reader gives a comment above the first entry to the list; whoever wrote it meant the entry.
    if (isNode(first) && there.commentBefore && !first.commentBefore) {
      first.commentBefore = there.commentBefore;
      there.commentBefore = null;
    }
    return there;
  }
  const made = new YAMLSeq(document.schema);
  document.set(kind, made);
  return made;
}

function updateEntry(
  document: Document.Parsed,
  kind: ExportedKind,
  { node, said, beside }: StandingEntry,
  entry: JsonObject,
  keepsCreator: boolean,
): Node {
  const differing = [...new Set([...Object.keys(said), ...Object.keys(entry)])].filter(
    (key) => !sameMember(key, said[key], entry[key]),
  );
  const dropsCreator = kind === 'objects' && !keepsCreator && isMap(node) && node.has('creator');
  if (differing.length === 0 && !dropsCreator) return node;
  // An alias, or what is merged into it, is shared: this entry has to say it by itself.
  if (!isMap(node) || isMerging(node)) {
    const { creator, ...others } = beside;
    const made = entryNode(document, kind, { ...entry, ...others, ...(keepsCreator ? { creator } : {}) });
    made.commentBefore = node.commentBefore ?? null;
    return made;
  }
  for (const key of differing) updateMember(document, node, key, said[key], entry[key]);
  if (dropsCreator) node.delete('creator');
  return node;
}

function isMerging(map: YAMLMap): boolean {
  return map.items.some(({ key }) => isScalar(key) && (key.value === '<<' || typeof key.value === 'symbol'));
}

function updateMember(
  document: Document.Parsed,
  map: YAMLMap,
  key: string,
  before: Json | undefined,
  wanted: Json | undefined,
): void {
  if (wanted === undefined) {
    map.delete(key);
    // Rules that are left out stay as they are, and a list without any is none.
    if (before !== undefined && key !== 'members' && Array.isArray(before)) map.set(key, memberNode(document, key, []));
    return;
  }
  const list = map.get(key, true);
  if (!SETS.has(key) || !isSeq(list) || !Array.isArray(before) || !Array.isArray(wanted)) {
    map.set(key, memberNode(document, key, wanted));
    return;
  }
  const names = new Set(wanted.map(canonicalJson));
  const had = new Set(before.map(canonicalJson));
  const additions = memberNode(
    document,
    key,
    wanted.filter((each) => !had.has(canonicalJson(each))),
  ) as YAMLSeq;
  list.items = [
    ...list.items.filter((_, index) => names.has(canonicalJson(before[index] ?? null))),
    ...additions.items,
  ];
}

function sameMember(key: string, one: Json | undefined, other: Json | undefined): boolean {
  if (!SETS.has(key) || !Array.isArray(one) || !Array.isArray(other)) return isDeepStrictEqual(one, other);
  const [ones, others] = [new Set(one.map(canonicalJson)), new Set(other.map(canonicalJson))];
  return ones.size === others.size && [...ones].every((each) => others.has(each));
}

/** Reads it back: what is written says what was exported, and all else as before, or is not written. */
function checked(text: string, before: Policy, wanted: ExportedEntries): string {
  const { file } = before.source;
  const policy = readBack(text, file);
  const others = [...EXPORTED_KINDS.filter((kind) => !wanted.has(kind)), 'tests' as const];
  const isKept = others.every((kind) => isDeepStrictEqual(policy[kind], before[kind]));
  if (!isKept || ![...wanted].every(([kind, entries]) => says(policy, kind, entries))) throw unchangeable(file);
  return text;
}

function readBack(text: string, file: string): Policy {
  try {
    return parsePolicy(text, file);
  } catch (cause) {
    throw unchangeable(file, cause);
  }
}

function says(policy: Policy, kind: ExportedKind, entries: readonly JsonObject[]): boolean {
  const said = (policy[kind] as readonly object[]).map((entry) => asWritten(kind, entry));
  const byName = new Map(said.map((entry) => [entryName(kind, entry), entry]));
  const isSaid = entries.every((entry) => {
    const found = byName.get(entryName(kind, entry)) ?? {};
    const keys = new Set([...Object.keys(found), ...Object.keys(entry)]);
    return [...keys].every((key) => sameMember(key, found[key], entry[key]));
  });
  return isSaid && byName.size === entries.length;
}

function unchangeable(file: string, cause?: unknown): PolicyError {
  const message =
    'can not be changed in place, because of its anchors and aliases: write them out, or export to another file';
  return new PolicyError(
    file,
    [{ file, line: undefined, column: undefined, path: '', message }],
    'unchangeable_policy',
    {
      cause,
    },
  );
}
