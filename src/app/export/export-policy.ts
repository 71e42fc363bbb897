import type { JsonObject } from '../../core/model.js';
import { readPolicy, type BesidePolicy, type PolicySnapshot } from '../../store/policy-reader.js';
import type { Store } from '../../store/store.js';
import { EXPORTED_KINDS, WRITTEN, type ExportedKind } from './policy-entries.js';
import { entryText, schemaLine } from './policy-text.js';

export { EXPORTED_KINDS, type ExportedKind } from './policy-entries.js';

/** The form of a policy file: YAML, or JSON with this schema named in it. */
export type ExportForm = 'yaml' | 'json';

/** The entries of the lists that are exported. */
export type ExportedEntries = ReadonlyMap<ExportedKind, readonly JsonObject[]>;

/** What is told beside the policy itself. */
export interface ExportSummary extends BesidePolicy {
  /** Of the text, in bytes. */
  readonly size: number;
}

/**
 * Writes the policy that the database holds as a policy file, piece by piece, as one instant held it.
 *
 * @param write takes a piece of the text; false when nobody reads any more.
 * @throws CastellanError `database_unavailable`, `overloaded`.
 */
export function exportPolicy(
  store: Store,
  { kinds, form }: { readonly kinds: readonly ExportedKind[]; readonly form: ExportForm },
  write: (text: string) => Promise<boolean>,
): Promise<ExportSummary> {
  return readPolicy(store.database, async (snapshot) => {
    let size = 0;
    for await (const text of form === 'yaml' ? yamlOf(snapshot, kinds) : jsonOf(snapshot, kinds)) {
      size += Buffer.byteLength(text);
      if (!(await write(text))) break;
    }
    return { ...(await snapshot.beside()), size };
  });
}

/** The same as entries. @throws CastellanError `database_unavailable`, `overloaded`. */
export function exportedEntries(
  store: Store,
  kinds: readonly ExportedKind[],
): Promise<{ entries: ExportedEntries; beside: BesidePolicy }> {
  return readPolicy(store.database, async (snapshot) => {
    const entries = new Map<ExportedKind, JsonObject[]>();
    for (const kind of inOrder(kinds)) {
      const all: JsonObject[] = [];
      for await (const some of entriesOf(snapshot, kind)) all.push(...some);
      entries.set(kind, all);
    }
    return { entries, beside: await snapshot.beside() };
  });
}

async function* yamlOf(snapshot: PolicySnapshot, kinds: readonly ExportedKind[]): AsyncGenerator<string> {
  yield schemaLine();
  let some = false;
  for (const kind of inOrder(kinds)) {
    let begun = false;
    for await (const entries of entriesOf(snapshot, kind)) {
      yield (begun ? '' : `\n${kind}:\n`) + entries.map((entry) => entryText(kind, entry)).join('');
      begun = true;
      some = true;
    }
  }
  if (!some) yield '{}\n';
}

async function* jsonOf(snapshot: PolicySnapshot, kinds: readonly ExportedKind[]): AsyncGenerator<string> {
  // A line for each piece, so that a reader that takes lines can take it.
  yield `{"$schema":${JSON.stringify(SCHEMA_PATH)}\n`;
  for (const kind of inOrder(kinds)) {
    let begun = false;
    for await (const entries of entriesOf(snapshot, kind)) {
      yield (
        (begun ? ',' : `,${JSON.stringify(kind)}:[`) + `${entries.map((entry) => JSON.stringify(entry)).join(',')}\n`
      );
      begun = true;
    }
    if (begun) yield ']\n';
  }
  yield '}\n';
}

const SCHEMA_PATH = 'node_modules/castellan/schema/castellan.schema.json';

async function* entriesOf(snapshot: PolicySnapshot, kind: ExportedKind): AsyncGenerator<JsonObject[]> {
  const written = WRITTEN[kind] as (row: unknown) => JsonObject;
  for await (const rows of snapshot.rowsOf(kind)) yield (rows as readonly unknown[]).map(written);
}

function inOrder(kinds: readonly ExportedKind[]): ExportedKind[] {
  return EXPORTED_KINDS.filter((kind) => kinds.includes(kind));
}
