import type { Permission, SubjectRef } from '../core/model.js';
import { ObjectLists, type ListQuestion, type Page } from '../core/ports/lists.js';
import type { ObjectRecord } from '../core/ports/objects.js';
import type { SqlExecutor } from './executor.js';
import { HOLDS_ANYWHERE, listStatement, type ListRow } from './list-sql.js';

/** Lists in SQL, from the same rules as decisions. */
export class PostgresObjectLists extends ObjectLists {
  constructor(private readonly sql: SqlExecutor) {
    super();
  }

  async list(question: ListQuestion): Promise<Page<ObjectRecord>> {
    const { subject, permission, limit } = question;
    const also = (question.alsoActions ?? []).filter((action) => action !== permission.action);
    const attributes = question.attributes ?? [];
    const rows = await this.sql.query<ListRow>(listStatement(also.length, attributes.length), [
      subject.type,
      subject.id,
      permission.type,
      permission.action,
      question.after ?? '0',
      // One more than the page, to know whether there is a next one.
      limit + 1,
      also,
      ...attributes.flatMap(({ path, value }) => [path, value, jsonOf(value)]),
    ]);
    const items = rows.slice(0, limit).map((row) => objectOf(permission.type, row));
    return { items, next: rows.length > limit ? (rows[limit - 1]?.position ?? null) : null };
  }

  async holdsAnywhere(subject: SubjectRef, permission: Permission): Promise<boolean> {
    const [row] = await this.sql.query<{ holds: boolean }>(HOLDS_ANYWHERE, [
      subject.type,
      subject.id,
      permission.type,
      permission.action,
      '0',
      1,
      [],
    ]);
    return row?.holds === true;
  }
}

function objectOf(type: string, row: ListRow): ObjectRecord {
  const parent =
    row.parent_type !== null && row.parent_id !== null ? { type: row.parent_type, id: row.parent_id } : null;
  return { type, id: row.id, parent, attributes: row.attributes };
}

// In a query string 3 may be meant as the number or as the text.
function jsonOf(value: string): string | null {
  try {
    return JSON.stringify(JSON.parse(value, requireStorable));
  } catch {
    return null;
  }
}

// 1e999, half a surrogate pair and NUL are JSON that Postgres can't hold: no attribute has such a value.
function requireStorable(name: string, part: unknown): unknown {
  const texts = typeof part === 'string' ? [name, part] : [name];
  if (
    part === Infinity ||
    part === -Infinity ||
    texts.some((text) => !text.isWellFormed() || text.includes('\u0000'))
  ) {
    throw new RangeError('No attribute has such a value.');
  }
  return part;
}
