import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node, type Pair } from 'yaml';
import { MAX_JSON_DEPTH, parseStrictJson } from '../strict-json.js';
import { PolicyError, type PolicyPath, type PolicyProblem } from './policy-error.js';

/** A file and its list and its entry: what stands around that which a request's body would hold. */
const LEVELS_AROUND = 2;
const MOST_ALIASES = 10_000;
const MOST_VALUES = 5_000_000;

/** Something found to be wrong, by where it stands. */
export interface Finding {
  readonly path: PolicyPath;
  readonly message: string;
  /** The key of the map at `path` that the finding is about: one that is there and should not be, or the other way round. */
  readonly key?: string;
}

/** Where the entries of a policy stand, so that what is wrong with one can be told by its file, line and column. */
export interface PolicyPlaces {
  /** What people know it by: its path, or several. */
  readonly file: string;
  /** The error that tells of these findings, each with its file, line and column. */
  error(findings: readonly Finding[], code?: string, options?: ErrorOptions): PolicyError;
}

/** The text of a policy file, read as YAML 1.2 or JSON: what it says, and where it says it. */
export class PolicySource implements PolicyPlaces {
  /** What the file says; checked to be nothing but JSON values. */
  readonly value: unknown;
  #tree: { document: Document.Parsed; lines: LineCounter } | undefined;

  /** @throws PolicyError for text that is no YAML, or that readers would not agree on. */
  constructor(
    private readonly text: string,
    readonly file: string,
  ) {
    // Some hundred times faster; whatever it refuses is left for the other reader to explain.
    const json = text.startsWith('{') ? readJson(text) : undefined;
    this.value = json ?? this.#readYaml();
    const fault = faultOfValues(this.value, (path, value) => this.#isWrittenSo(path, value));
    if (fault) throw this.error([fault]);
  }

  /** The error that tells of these findings, each with its line and column. */
  error(findings: readonly Finding[], code?: string, options?: ErrorOptions): PolicyError {
    const problems = findings.map((finding) => this.#problem(finding));
    const inOrder = problems.toSorted(
      (one, other) => (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0),
    );
    return new PolicyError(this.file, inOrder, code, options);
  }

  /** Whether the file writes the number as it is kept, and as an export would: 1e300, but not 12345678901234567890. */
  #isWrittenSo(path: PolicyPath, value: number): boolean {
    const { node } = find(this.#parsed().document, path);
    const written = isScalar(node) ? (node.source ?? '') : '';
    if (!/^[-+]?\d+$/.test(written)) return written !== '';
    return written === String(value) || BigInt(written.replace('+', '')) === BigInt(value);
  }

  #problem({ path, message, key }: Finding): PolicyProblem {
    const { document } = this.#parsed();
    const { node, depth } = find(document, path);
    // A reference that is written as text has no parts to point at.
    const shown = key === undefined ? path.slice(0, depth) : [...path, key];
    const named = key !== undefined && isMap(node) ? node.items.find((pair) => keyOf(pair) === key) : undefined;
    const place = (named?.key as Node | undefined) ?? node;
    const said =
      isScalar(node) && isUnquoted(node, message)
        ? `${message}; quote it: "${node.source ?? String(node.value)}"`
        : message;
    return this.#problemAt(place?.range?.[0] ?? 0, shown.join('.'), said);
  }

  #problemAt(offset: number, path: string, message: string): PolicyProblem {
    const { line, col } = this.#parsed().lines.linePos(offset);
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1), path, message };
  }

  #parsed(): { document: Document.Parsed; lines: LineCounter } {
    if (this.#tree) return this.#tree;
    const lines = new LineCounter();
    // The schema is named because a %YAML 1.1 line in the file would turn `no` into false.
    const document = parseDocument(this.text, {
      version: '1.2',
      schema: 'core',
      merge: true,
      resolveKnownTags: false,
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
    });
    this.#tree = { document, lines };
    return this.#tree;
  }

  #readYaml(): unknown {
    const { document } = this.#parsed();
    const faults = [...document.errors, ...document.warnings];
    if (faults.length > 0) {
      throw new PolicyError(
        this.file,
        faults.map(({ code, message, pos }) => this.#problemAt(pos[0], '', explained(code, message))),
      );
    }
    try {
      return document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown;
    } catch (cause) {
      throw new PolicyError(
        this.file,
        [{ file: this.file, line: 1, column: 1, path: '', message: (cause as Error).message }],
        undefined,
        {
          cause,
        },
      );
    }
  }
}

function readJson(text: string): unknown {
  try {
    return parseStrictJson(Buffer.from(text));
  } catch {
    return undefined;
  }
}

function explained(code: string, message: string): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'this key is in the map twice';
    case 'MULTIPLE_DOCS':
      return 'a second document starts here; a policy file is one';
    case 'TAG_RESOLVE_FAILED':
      return `${message}; tags have no meaning here`;
    default:
      return message;
  }
}

/** The deepest node on the path that is there, and how many steps lead to it. */
function find(document: Document.Parsed, path: PolicyPath): { node: Node | null; depth: number } {
  let node: Node | null = document.contents;
  for (const [depth, step] of path.entries()) {
    const next = child(resolved(node, document), step, document);
    if (!next) return { node, depth };
    node = next;
  }
  return { node, depth: path.length };
}

function child(node: Node | null | undefined, step: string | number, document: Document.Parsed): Node | undefined {
  if (isSeq(node)) return node.items[Number(step)] as Node | undefined;
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => keyOf(item) === String(step));
  if (pair) return (pair.value ?? pair.key) as Node;
  for (const merged of node.items.filter((item) => keyOf(item) === '<<')) {
    const source = resolved(merged.value as Node, document);
    const found = isSeq(source)
      ? source.items.map((item) => child(resolved(item as Node, document), step, document)).find(Boolean)
      : child(source, step, document);
    if (found) return found;
  }
  return undefined;
}

function resolved(node: Node | null, document: Document.Parsed): Node | null | undefined {
  return isAlias(node) ? node.resolve(document) : node;
}

function keyOf({ key }: Pair): string {
  if (!isScalar(key)) return String(key);
  // The reader makes a symbol of a merge key.
  return typeof key.value === 'symbol' ? (key.value.description ?? '') : String(key.value);
}

// `id: 123` is a number to YAML, and what was meant is the text: only the text of the file knows whether 0123 or 123.
function isUnquoted(node: { value: unknown }, message: string): boolean {
  return message.startsWith('must be text') && (typeof node.value === 'number' || typeof node.value === 'boolean');
}

/** What no table could keep as it is written: half a surrogate pair, NUL, numbers beyond a double, nesting without end. */
function faultOfValues(top: unknown, isWrittenSo: (path: PolicyPath, value: number) => boolean): Finding | undefined {
  let values = 0;
  const faultOf = (value: unknown, path: PolicyPath): Finding | undefined => {
    values += 1;
    if (values > MOST_VALUES) return { path: [], message: 'holds too much, through its aliases' };
    if (typeof value === 'string') return faultOfText(value, path);
    if (typeof value === 'number') {
      if (!Number.isInteger(value) || Number.isSafeInteger(value) || isWrittenSo(path, value)) return undefined;
      return { path, message: 'is a number too large to be kept exactly; quote it' };
    }
    if (typeof value !== 'object' || value === null) return undefined;
    if (path.length > MAX_JSON_DEPTH + LEVELS_AROUND) return { path, message: 'nests too deep' };
    for (const [name, member] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
      const inName =
        typeof name !== 'string'
          ? undefined
          : name === '__proto__'
            ? { path, message: 'has a key __proto__' }
            : faultOfText(name, path);
      const fault = inName ?? faultOf(member, [...path, name]);
      if (fault) return fault;
    }
    return undefined;
  };
  return faultOf(top, []);
}

function faultOfText(text: string, path: PolicyPath): Finding | undefined {
  if (text.includes('\u0000')) return { path, message: 'must not contain NUL' };
  return text.isWellFormed() ? undefined : { path, message: 'must be well-formed Unicode' };
}
