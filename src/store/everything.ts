import type { AssignmentFilter, AssignmentRecord } from '../core/ports/assignments.js';
import type { GrantFilter, GrantRecord } from '../core/ports/grants.js';
import type { Page } from '../core/ports/lists.js';
import type { ObjectRecord } from '../core/ports/objects.js';
import type { JsonObject, ObjectRef, SubjectRef } from '../core/model.js';
import { parsePermission } from '../core/identifiers.js';
import { TranslatingExecutor } from './connections.js';
import type { Database } from './database.js';
import { PgExecutor, type SqlExecutor } from './executor.js';
import { findGrants, inUtc } from './records/grant-rows.js';

/** Which part of a list: `after` is the `next` of the page before. */
export interface PageOfAll {
  readonly limit: number;
  readonly after?: string | undefined;
}

interface Row {
  readonly position: string;
}

/** Lists what there is, in the order in which it was made, without asking who may see it: for an operator. */
export class Everything {
  readonly #sql: SqlExecutor;

  constructor(database: Pick<Database, 'pool'>) {
    this.#sql = new TranslatingExecutor(new PgExecutor(database.pool));
  }

  /** The ids of the users, groups, services or roles. @throws CastellanError `database_unavailable`, `overloaded`. */
  async subjects(type: string, { limit, after = '0' }: PageOfAll): Promise<Page<string>> {
    const rows = await this.#sql.query<Row & { id: string }>(
      {
        text: `SELECT s.id::text AS position, s.external_id AS id FROM castellan.subjects s
          WHERE s.type = $1::text AND s.id > $2::int ORDER BY s.id LIMIT $3::int`,
      },
      [type, after, limit + 1],
    );
    return pageOf(rows, limit, ({ id }) => id);
  }

  /** The ids of the resource types. @throws CastellanError as `subjects` does. */
  async types({ limit, after = '0' }: PageOfAll): Promise<Page<string>> {
    const rows = await this.#sql.query<Row & { id: string }>(
      {
        text: `SELECT t.id::text AS position, t.name AS id FROM castellan.types t
          WHERE t.id > $1::int ORDER BY t.id LIMIT $2::int`,
      },
      [after, limit + 1],
    );
    return pageOf(rows, limit, ({ id }) => id);
  }

  /** The objects of a type. @throws CastellanError as `subjects` does. */
  async objects(type: string, { limit, after = '0' }: PageOfAll): Promise<Page<ObjectRecord>> {
    interface ObjectRow extends Row {
      readonly id: string;
      readonly attributes: JsonObject;
      readonly parent_type: string | null;
      readonly parent_id: string | null;
    }
    const rows = await this.#sql.query<ObjectRow>(
      {
        text: `SELECT o.id::text AS position, o.external_id AS id, o.attributes, pt.name AS parent_type, p.external_id AS parent_id
          FROM castellan.objects o
          LEFT JOIN castellan.objects p ON p.id = o.parent_id LEFT JOIN castellan.types pt ON pt.id = p.type_id
          WHERE o.type_id = (SELECT id FROM castellan.types WHERE name = $1::text) AND o.id > $2::bigint
          ORDER BY o.id LIMIT $3::int`,
      },
      [type, after, limit + 1],
    );
    return pageOf(rows, limit, (row) => ({
      type,
      id: row.id,
      parent: refOf(row.parent_type, row.parent_id),
      attributes: row.attributes,
    }));
  }

  /** How many objects there are of a type. @throws CastellanError as `subjects` does. */
  countObjects(type: string): Promise<number> {
    return this.#count(
      'SELECT count(*)::text AS n FROM castellan.objects o JOIN castellan.types t ON t.id = o.type_id WHERE t.name = $1::text',
      [type],
    );
  }

  /** How many objects are below one, at whatever depth. @throws CastellanError as `subjects` does. */
  countBelow({ type, id }: ObjectRef): Promise<number> {
    return this.#count(
      `SELECT count(*)::text AS n FROM castellan.ancestry an WHERE an.ancestor_id = (
        SELECT o.id FROM castellan.objects o JOIN castellan.types t ON t.id = o.type_id
        WHERE t.name = $1::text AND o.external_id = $2::text)`,
      [type, id],
    );
  }

  /** How many groups the subject is in directly. @throws CastellanError as `subjects` does. */
  countGroupsWith({ type, id }: SubjectRef): Promise<number> {
    return this.#count(
      `SELECT count(*)::text AS n FROM castellan.memberships m JOIN castellan.subjects s ON s.id = m.member_id
        WHERE s.type = $1::text AND s.external_id = $2::text`,
      [type, id],
    );
  }

  /** How many tokens the user has. @throws CastellanError as `subjects` does. */
  countTokens(user: string): Promise<number> {
    return this.#count(
      `SELECT count(*)::text AS n FROM castellan.tokens t JOIN castellan.subjects s ON s.id = t.subject_id
        WHERE s.type = 'user' AND s.external_id = $1::text`,
      [user],
    );
  }

  /** The grants that the filter keeps. @throws CastellanError as `subjects` does. */
  async grants(filter: GrantFilter, { limit, after }: PageOfAll): Promise<Page<GrantRecord>> {
    const { type = null, action = null } =
      filter.permission === undefined ? {} : (parsePermission(filter.permission) ?? { type: '', action: '' });
    const rows = await this.#sql.query<Row>(
      {
        text: `SELECT g.id::text AS position FROM castellan.grants g
          JOIN castellan.permissions p ON p.id = g.permission_id JOIN castellan.types pt ON pt.id = p.type_id
          WHERE ${HELD_BY('g')} AND ${PLACED_ON('g')}
            AND ($5::text IS NULL OR pt.name = $5::text) AND ($6::text IS NULL OR p.action = $6::text)
            AND ($7::uuid IS NULL OR g.id > $7::uuid)
          ORDER BY g.id LIMIT $8::int`,
      },
      [...named(filter), type, action, after ?? null, limit + 1],
    );
    const page = pageOf(rows, limit, ({ position }) => position);
    return { items: await findGrants(this.#sql, page.items), next: page.next };
  }

  /** The assignments that the filter keeps. @throws CastellanError as `subjects` does. */
  async assignments(filter: AssignmentFilter, { limit, after }: PageOfAll): Promise<Page<AssignmentRecord>> {
    interface AssignmentRow extends Row, Record<`${'subject' | 'object'}_${'type' | 'id'}`, string | null> {
      readonly role: string;
      readonly starts_at: string | null;
      readonly expires_at: string | null;
    }
    const rows = await this.#sql.query<AssignmentRow>(
      {
        text: `SELECT a.id::text AS position, s.type AS subject_type, s.external_id AS subject_id, r.external_id AS role,
            ot.name AS object_type, o.external_id AS object_id, ${inUtc('a.starts_at')} AS starts_at, ${inUtc('a.expires_at')} AS expires_at
          FROM castellan.assignments a
          JOIN castellan.subjects s ON s.id = a.subject_id JOIN castellan.subjects r ON r.id = a.role_id
          LEFT JOIN castellan.objects o ON o.id = a.object_id LEFT JOIN castellan.types ot ON ot.id = o.type_id
          WHERE ${HELD_BY('a')} AND ${PLACED_ON('a')}
            AND ($5::text IS NULL OR r.external_id = $5::text) AND ($6::uuid IS NULL OR a.id > $6::uuid)
          ORDER BY a.id LIMIT $7::int`,
      },
      [...named(filter), filter.role ?? null, after ?? null, limit + 1],
    );
    return pageOf(rows, limit, (row) => ({
      id: row.position,
      subject: { type: row.subject_type ?? '', id: row.subject_id ?? '' },
      role: row.role,
      object: refOf(row.object_type, row.object_id),
      startsAt: row.starts_at,
      expiresAt: row.expires_at,
    }));
  }

  async #count(text: string, values: readonly string[]): Promise<number> {
    const [row] = await this.#sql.query<{ n: string }>({ text }, values);
    return Number(row?.n ?? 0);
  }
}

// Planned for the values of each call (the statements have no name), so what is not asked for falls away.
const HELD_BY = (row: string): string => `($1::text IS NULL OR ${row}.subject_id = (
  SELECT id FROM castellan.subjects WHERE type = $1::text AND external_id = $2::text))`;
const PLACED_ON = (row: string): string => `($3::text IS NULL OR ${row}.object_id = (
  SELECT po.id FROM castellan.objects po JOIN castellan.types pot ON pot.id = po.type_id
  WHERE pot.name = $3::text AND po.external_id = $4::text))`;

function named({ subject, object }: Pick<GrantFilter, 'subject' | 'object'>): (string | null)[] {
  return [subject?.type ?? null, subject?.id ?? null, object?.type ?? null, object?.id ?? null];
}

function refOf(type: string | null, id: string | null): ObjectRef | null {
  return type !== null && id !== null ? { type, id } : null;
}

function pageOf<R extends Row, Item>(rows: readonly R[], limit: number, item: (row: R) => Item): Page<Item> {
  const kept = rows.slice(0, limit);
  return { items: kept.map(item), next: rows.length > limit ? (kept.at(-1)?.position ?? null) : null };
}
