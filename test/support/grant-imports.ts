import { afterEach, beforeEach } from 'vitest';
import type { ImportEvent, ImportState } from '../../src/app/bulk/operator-import.js';
import { examine } from '../../src/store/doctor.js';
import { importRows, type ImportSetting } from './imported-rows.js';
import { createTestDatabase, type TestDatabase } from './postgres.js';
import { query } from './query.js';
import { temporaryFolder, type TemporaryFolder } from './temporary-folder.js';

const PEOPLE = 7;
const POSTS = 1000;
const SURROUNDINGS = [
  '{"kind":"type","id":"post"}',
  '{"kind":"user","username":"root","superuser":true}',
  ...Array.from({ length: PEOPLE }, (_, n) => `{"kind":"user","username":"u${n}"}`),
  ...Array.from({ length: POSTS }, (_, n) => `{"kind":"object","type":"post","id":"${n}"}`),
];

/** How many grants there can be, of each person on each post. */
export const GRANTS = PEOPLE * POSTS;

/** The line of the nth. */
export const grant = (n: number): string =>
  `{"kind":"grant","subject":"user:u${n % PEOPLE}","permission":"post:view","object":"post:${Math.floor(n / PEOPLE)}"}`;

/** Their lines. */
export const grants = (from = 0, to = GRANTS): string[] => Array.from({ length: to - from }, (_, n) => grant(from + n));

const DEFINITIONS = `SELECT pg_get_indexdef(indexrelid) AS definition, indisunique, indisprimary, indisvalid, NULL AS validated
    FROM pg_index WHERE indrelid = 'castellan.grants'::regclass
  UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid), NULL, NULL, NULL, convalidated
    FROM pg_constraint WHERE conrelid = 'castellan.grants'::regclass
  ORDER BY 1`;

type Rows = Record<string, unknown>[];

/** A database for each test, with people and posts but no grants, and what imports did to it. */
export class GrantImports {
  #database!: TestDatabase;
  #folder!: TemporaryFolder;
  #events: ImportEvent[] = [];
  /** As it was when all batches were kept, the last time. */
  kept: ImportState | undefined;

  constructor() {
    beforeEach(async () => {
      this.#database = await createTestDatabase();
      this.#folder = await temporaryFolder('grant-load');
      await this.run(SURROUNDINGS, { batchSize: 2000 });
    });
    afterEach(async () => {
      await this.#database.drop();
      await this.#folder.remove();
    });
  }

  get url(): string {
    return this.#database.databaseUrl;
  }

  get folder(): string {
    return this.#folder.path;
  }

  run(lines: readonly string[], setting: Partial<ImportSetting> = {}): Promise<ImportState> {
    this.#events = [];
    this.kept = undefined;
    return importRows(lines, {
      url: this.url,
      folder: this.folder,
      batchSize: 200,
      ...setting,
      tell: (state, event, stop) => {
        this.#events.push(event);
        if (event === 'kept') this.kept = state;
        setting.tell?.(state, event, stop);
      },
    });
  }

  /** How often that happened in the last one. */
  happened(event: ImportEvent): number {
    return this.#events.filter((each) => each === event).length;
  }

  query(sql: string): Promise<Rows> {
    return query(this.url, sql);
  }

  /** Changes the database by a statement that is made of `%I`, its name. */
  async alterDatabase(change: string): Promise<void> {
    const statement = `ALTER DATABASE %I ${change}`.replaceAll("'", "''");
    await this.query(`DO $$ BEGIN EXECUTE format('${statement}', current_database()); END $$`);
  }

  async count(what: string): Promise<unknown> {
    const [row] = await this.query(`SELECT count(*)::int AS n FROM ${what}`);
    return row?.['n'];
  }

  async faults(): Promise<unknown> {
    return (await examine(this.url)).faults;
  }

  /** The indexes and constraints of the table. */
  definitions(): Promise<Rows> {
    return this.query(DEFINITIONS);
  }
}
