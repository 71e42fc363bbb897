import { once } from 'node:events';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { copyLine, type CopyValue } from './copy-text.js';

/** Where the rows of a batch wait: temporary tables of the connection that imports, emptied at the end of each transaction. */
const TABLES = {
  import_subjects: `line bigint, type text COLLATE "C", external_id text COLLATE "C", username text COLLATE "C", email text, description text,
    active bool, superuser bool, attributes jsonb`,
  import_objects: `line bigint, type text COLLATE "C", external_id text COLLATE "C", parent_type text COLLATE "C", parent_id text COLLATE "C",
    attributes jsonb`,
  import_new_objects: `id bigint, line bigint, type_id int, external_id text COLLATE "C", parent_type text COLLATE "C",
    parent_external_id text COLLATE "C", attributes jsonb`,
  import_memberships: `line bigint, group_id text COLLATE "C", member_type text COLLATE "C", member_id text COLLATE "C", from_provider bool`,
  import_assignments: `line bigint, id uuid, subject_type text COLLATE "C", subject_id text COLLATE "C", role text COLLATE "C",
    object_type text COLLATE "C", object_id text COLLATE "C", starts_at timestamptz, expires_at timestamptz`,
  import_grants: `id uuid, subject_id int, permission_id int, object_id bigint, reaches_below bool, variant text DEFAULT '',
    effect text DEFAULT 'allow', condition jsonb, fields text[] DEFAULT '{}', starts_at timestamptz, expires_at timestamptz`,
  import_made_grants: `subject_id int, permission_id int, place_id bigint, variant text`,
} as const;
export type StagingTable = keyof typeof TABLES;

/** Makes the staging tables of a connection. */
export async function createStaging(client: Pick<pg.Client, 'query'>): Promise<void> {
  const statements = Object.entries(TABLES).map(
    ([name, columns]) => `CREATE TEMPORARY TABLE ${name} (${columns}) ON COMMIT DELETE ROWS`,
  );
  await client.query(statements.join(';'));
}

// One chunk is what goes to the socket at once.
const CHUNK = 65_536;

/** Rows on their way to a staging table, as the text that COPY reads. */
export class Staged {
  #lines: string[] = [];
  #size = 0;
  #chunks: Buffer[] = [];
  rows = 0;

  constructor(
    private readonly table: StagingTable,
    private readonly columns: readonly string[],
  ) {}

  add(values: readonly CopyValue[]): void {
    const line = copyLine(values);
    this.#lines.push(line);
    this.#size += line.length;
    this.rows += 1;
    if (this.#size > CHUNK) this.#close();
  }

  /** Copies all rows into the table. */
  async copy(client: pg.Client): Promise<void> {
    if (this.rows === 0) return;
    this.#close();
    await copyInto(client, `COPY pg_temp.${this.table} (${this.columns.join(', ')}) FROM STDIN`, this.#chunks);
  }

  #close(): void {
    this.#chunks.push(Buffer.from(this.#lines.join('')));
    this.#lines = [];
    this.#size = 0;
  }
}

/** Sends the chunks to a COPY … FROM STDIN: how many rows it took. */
export async function copyInto(client: pg.Client, copy: string, chunks: Iterable<Buffer>): Promise<number> {
  const stream = client.query(copyFrom(copy));
  const finished = once(stream, 'finish');
  // Whoever waits for room hears of it first.
  finished.catch(() => {});
  for (const chunk of chunks) if (!stream.write(chunk)) await once(stream, 'drain');
  stream.end();
  await finished;
  return stream.rowCount ?? 0;
}
