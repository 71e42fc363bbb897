import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';

/** What rows refer to by `type:id`, each name once, and told from there by its number. The type holds no colon, and no part a control character. */
export class Names {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];

  #last = -1;

  /** The number of a name, from 0. */
  numberOf(name: string): number {
    // Rows of one thing stand together in most files.
    if (this.#names[this.#last] === name) return this.#last;
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#names.length;
      this.#numbers.set(name, number);
      this.#names.push(name);
    }
    this.#last = number;
    return number;
  }

  get all(): readonly string[] {
    return this.#names;
  }
}

/** The type and the id of a name. */
export function partsOf(name: string): { readonly type: string; readonly id: string } {
  const colon = name.indexOf(':');
  return { type: name.slice(0, colon), id: name.slice(colon + 1) };
}

// Arrays of thousands are cut and joined much faster than they are written and read one by one; a line break stands in no name.
const ASKED = `unnest(string_to_array($1, E'\\n'), string_to_array($2, E'\\n')) WITH ORDINALITY AS q(type, id, n)`;
const IDS = (id: string): string => `string_agg(coalesce(${id}, 0)::text, ',' ORDER BY q.n) AS ids`;

const SUBJECTS = `SELECT ${IDS('s.id')} FROM ${ASKED} LEFT JOIN castellan.subjects s ON s.type = q.type AND s.external_id = q.id`;

const PERMISSIONS = `SELECT ${IDS('p.id')} FROM ${ASKED}
  LEFT JOIN castellan.types t ON t.name = q.type LEFT JOIN castellan.permissions p ON p.type_id = t.id AND p.action = q.id`;

// One search through the index for all of a type: a batch names few of all that there may be.
const OBJECTS = `SELECT string_agg(o.external_id || E'\\t' || o.id, E'\\n') AS found FROM castellan.objects o
  WHERE o.type_id = (SELECT id FROM castellan.types WHERE name = $1) AND o.external_id = ANY(string_to_array($2, E'\\n'))`;

const REACHING = `SELECT string_agg(q.id::text, ',') AS ids FROM unnest(string_to_array($1, ',')::bigint[]) AS q(id)
  WHERE EXISTS (SELECT 1 FROM castellan.objects c WHERE c.parent_id = q.id)`;

/** The internal ids of names, by their numbers; 0 where there is no such thing. */
export type Ids = readonly number[];

const UNKNOWN = -1;
// Some megabytes.
const MOST_KNOWN = 100_000;

/** Ids that were found, by their names, to be asked for once for as long as nobody can take away what has them. */
export class KnownIds {
  readonly subjects = new Map<string, number>();
  readonly permissions = new Map<string, number>();
}

export async function findSubjects(sql: SqlExecutor, names: Names, known: KnownIds): Promise<Ids> {
  return find(sql, SUBJECTS, names, known.subjects);
}

export async function findPermissions(sql: SqlExecutor, names: Names, known: KnownIds): Promise<Ids> {
  return find(sql, PERMISSIONS, names, known.permissions);
}

export async function findObjects(sql: SqlExecutor, names: Names): Promise<Ids> {
  const idsByType = new Map<string, string[]>();
  for (const { type, id } of names.all.map(partsOf)) {
    const asked = idsByType.get(type);
    if (asked) asked.push(id);
    else idsByType.set(type, [id]);
  }
  const ids = new Map<string, number>();
  for (const [type, asked] of idsByType) {
    const [answer] = await run<{ found: string | null }>(sql, OBJECTS, [type, asked.join('\n')]);
    for (const line of answer?.found?.split('\n') ?? []) {
      const tab = line.lastIndexOf('\t');
      ids.set(`${type}:${line.slice(0, tab)}`, Number(line.slice(tab + 1)));
    }
  }
  return names.all.map((name) => ids.get(name) ?? 0);
}

/** Which of the objects have others below them. */
export async function findReaching(sql: SqlExecutor, objects: Ids): Promise<ReadonlySet<number>> {
  const [answer] = await run<{ ids: string | null }>(sql, REACHING, [objects.filter((id) => id !== 0).join(',')]);
  return new Set(answer?.ids?.split(',').map(Number));
}

async function find(sql: SqlExecutor, query: string, names: Names, known: Map<string, number>): Promise<Ids> {
  const ids = names.all.map((name) => known.get(name) ?? UNKNOWN);
  const unknown = [...ids.keys()].filter((n) => ids[n] === UNKNOWN);
  if (unknown.length === 0) return ids;
  const asked = unknown.map((n) => names.all[n] ?? '');
  const parts = asked.map(partsOf);
  const [answer] = await run<{ readonly ids: string }>(sql, query, [
    parts.map(({ type }) => type).join('\n'),
    parts.map(({ id }) => id).join('\n'),
  ]);
  const found = answer?.ids.split(',').map(Number) ?? [];
  if (known.size + asked.length > MOST_KNOWN) known.clear();
  for (const [at, n] of unknown.entries()) {
    const id = found[at] ?? 0;
    ids[n] = id;
    known.set(asked[at] ?? '', id);
  }
  return ids;
}
