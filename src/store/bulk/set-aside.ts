import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';

/** An index or a key of a table: how it is taken away, and how it is made anew. */
interface Part {
  readonly drop: string;
  readonly make: string;
}

interface FoundPart extends Part {
  readonly refers: boolean;
  /** Has more to it than its definition says. */
  readonly odd: boolean;
}

// Those that rows may break come first, so that it shows early.
const PARTS = `SELECT part.drop, part.make, part.refers, whole.odd FROM (
    SELECT format('ALTER TABLE castellan.grants DROP CONSTRAINT %I', c.conname) AS drop,
      format('ALTER TABLE castellan.grants ADD CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid)) AS make,
      c.contype = 'f' AS refers, false AS is_unique, c.conindid AS index_id,
      obj_description(c.oid, 'pg_constraint') IS NOT NULL OR NOT c.convalidated
        OR EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgconstraint = c.oid AND t.tgenabled <> 'O') AS odd
    FROM pg_constraint c WHERE c.conrelid = 'castellan.grants'::regclass AND c.contype IN ('p', 'u', 'x', 'f')
    UNION ALL
    SELECT format('DROP INDEX castellan.%I', n.relname), pg_get_indexdef(i.indexrelid), false, i.indisunique, i.indexrelid, false
    FROM pg_index i JOIN pg_class n ON n.oid = i.indexrelid
    WHERE i.indrelid = 'castellan.grants'::regclass AND NOT EXISTS (
      SELECT 1 FROM pg_constraint c WHERE c.conrelid = i.indrelid AND c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
  ) part
  CROSS JOIN LATERAL (SELECT part.odd OR EXISTS (
    SELECT 1 FROM pg_index i JOIN pg_class n ON n.oid = i.indexrelid
    WHERE NOT part.refers AND i.indexrelid = part.index_id AND (n.reltablespace <> 0 OR i.indisclustered OR i.indisreplident
      OR NOT i.indisvalid OR obj_description(n.oid, 'pg_class') IS NOT NULL
      OR EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = n.oid AND coalesce(a.attstattarget, -1) <> -1))) AS odd) whole
  ORDER BY part.refers, part.is_unique DESC`;

// For the rest of the transaction, enough for some millions of rows; as much as is set, where that is more.
const ROOM_TO_SORT = `SELECT set_config('maintenance_work_mem', greatest(setting::bigint, 256 * 1024) || 'kB', true)
  FROM pg_settings WHERE name = 'maintenance_work_mem'`;

/**
 * The indexes and the keys of castellan.grants while rows are taken in without them: sorted once, an index of all rows takes a fraction of
 * what it takes to look for the place of each. By their definitions in the catalogue, so that those are kept that an operator has added.
 */
export class SetAside {
  private constructor(
    private readonly sql: SqlExecutor,
    private readonly parts: readonly Part[],
  ) {}

  /**
   * Sets them aside, and the foreign keys among them if that is asked, until they are made anew in the same transaction. Null, with nothing
   * changed, where one of them could not be made anew as it is.
   *
   * @throws an error of Postgres with the code 42501 where the role does not own the table, 2BP01 where something depends on one of them.
   */
  static async of(sql: SqlExecutor, { references }: { readonly references: boolean }): Promise<SetAside | null> {
    const found = (await run<FoundPart>(sql, PARTS)).filter(({ refers }) => references || !refers);
    if (found.some(({ odd }) => odd)) return null;
    for (const { drop } of found) await run(sql, drop);
    return new SetAside(sql, found);
  }

  /** Makes them anew. @throws an error of Postgres with the code 23505 where a unique one finds the same twice. */
  async makeAnew(): Promise<void> {
    await run(this.sql, ROOM_TO_SORT);
    for (const { make } of this.parts) await run(this.sql, make);
  }
}
