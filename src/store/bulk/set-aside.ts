import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';

/** An index or a key of a table: how it is taken away, and how it is made anew. */
interface Part {
  readonly drop: string;
  readonly make: string;
  readonly kind: 'primary' | 'other' | 'reference';
}

interface FoundPart extends Part {
  /** Has more to it than its definition says. */
  readonly odd: boolean;
}

// Those that rows may break come before others, so that it shows early.
const PARTS = `WITH part AS (
    SELECT format('ALTER TABLE castellan.grants DROP CONSTRAINT %I', c.conname) AS drop,
      format('ALTER TABLE castellan.grants ADD CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid)) AS make,
      CASE c.contype WHEN 'p' THEN 'primary' WHEN 'f' THEN 'reference' ELSE 'other' END AS kind,
      c.conname AS name, true AS is_unique, CASE WHEN c.contype <> 'f' THEN c.conindid END AS index_id,
      obj_description(c.oid, 'pg_constraint') IS NOT NULL OR NOT c.convalidated
        OR EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgconstraint = c.oid AND t.tgenabled <> 'O')
        OR c.contype = 'f' AND c.confrelid <> ALL ('{castellan.subjects,castellan.permissions,castellan.objects}'::regclass[])
        OR EXISTS (SELECT 1 FROM pg_class n WHERE c.contype <> 'f' AND n.oid = c.conindid AND n.reloptions IS NOT NULL) AS odd
    FROM pg_constraint c WHERE c.conrelid = 'castellan.grants'::regclass AND c.contype IN ('p', 'u', 'x', 'f')
    UNION ALL
    SELECT format('DROP INDEX castellan.%I', n.relname), pg_get_indexdef(i.indexrelid), 'other', n.relname, i.indisunique, i.indexrelid, false
    FROM pg_index i JOIN pg_class n ON n.oid = i.indexrelid
    WHERE i.indrelid = 'castellan.grants'::regclass AND NOT EXISTS (
      SELECT 1 FROM pg_constraint c WHERE c.conrelid = i.indrelid AND c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
  )
  SELECT drop, make, kind, odd OR EXISTS (
    SELECT 1 FROM pg_index i JOIN pg_class n ON n.oid = i.indexrelid
    WHERE i.indexrelid = index_id AND (n.reltablespace <> 0 OR i.indisclustered OR i.indisreplident
      OR NOT i.indisvalid OR obj_description(n.oid, 'pg_class') IS NOT NULL
      OR EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = n.oid AND coalesce(a.attstattarget, -1) <> -1)
      OR EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = n.oid AND d.deptype = 'x'))) AS odd
  FROM part ORDER BY is_unique DESC, name`;

// For the rest of the transaction: room for some millions of rows, or as much as is set where that is more; and where indexes go that name no place.
const ROOM_TO_SORT = `SELECT set_config('maintenance_work_mem', greatest(setting::bigint, 256 * 1024) || 'kB', true), set_config('default_tablespace', '', true)
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
   * @throws an error of Postgres where the role does not own the table, or something depends on one of them.
   */
  static async of(sql: SqlExecutor, { references }: { readonly references: boolean }): Promise<SetAside | null> {
    const found = (await run<FoundPart>(sql, PARTS)).filter(({ kind }) => references || kind !== 'reference');
    if (found.some(({ odd }) => odd)) return null;
    for (const { drop } of found) await run(sql, drop);
    return new SetAside(sql, found);
  }

  /** Makes the primary key anew: what tells the rows from one another, also to those whom a publication tells of deletions. */
  async makePrimaryKey(): Promise<void> {
    await run(this.sql, ROOM_TO_SORT);
    await this.#make('primary');
  }

  /** Makes all others anew. @throws an error of Postgres where a unique one finds the same twice (`uniqueViolation`). */
  async makeOthers(): Promise<void> {
    await this.#make('other');
    await this.#make('reference');
  }

  async #make(kind: Part['kind']): Promise<void> {
    for (const part of this.parts) if (part.kind === kind) await run(this.sql, part.make);
  }
}
