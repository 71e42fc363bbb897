import type pg from 'pg';
import { entitiesOf } from '../core/entities.js';
import type { SubjectRef } from '../core/model.js';
import { SubjectLists, type Page, type SubjectQuestion } from '../core/ports/lists.js';
import type { SqlExecutor } from './executor.js';
import { inSnapshot } from './snapshot.js';
import { ASKED_OBJECT, SubjectList, type AskedObjectRow } from './subject-list-sql.js';

/** Finds subjects in SQL, from the same rules as decisions. */
export class PostgresSubjectLists extends SubjectLists {
  constructor(private readonly pool: pg.Pool) {
    super();
  }

  async list(question: SubjectQuestion): Promise<Page<SubjectRef>> {
    return inSnapshot(this.pool, async (sql) => {
      const list = await subjectList(sql, question, question);
      if (!list) return { items: [], next: null };
      const { statement, values } = list.page();
      const rows = await sql.query<{ position: string; id: string }>(statement, values);
      const items = rows.slice(0, question.limit).map(({ id }) => ({ type: question.subjectType, id }));
      const next = rows.length > question.limit ? (rows[question.limit - 1]?.position ?? null) : null;
      return { items, next };
    });
  }

  async count(question: Omit<SubjectQuestion, 'limit' | 'after'>): Promise<number> {
    return inSnapshot(this.pool, async (sql) => {
      const list = await subjectList(sql, question, { limit: 0 });
      if (!list) return 0;
      const { statement, values } = list.count();
      const [row] = await sql.query<{ count: string }>(statement, values);
      return Number(row?.count ?? 0);
    });
  }
}

/** Null where the type has no such action. */
async function subjectList(
  sql: SqlExecutor,
  { subjectType, permission, object, supplied }: Omit<SubjectQuestion, 'limit' | 'after'>,
  page: { limit: number; after?: string | undefined },
): Promise<SubjectList | null> {
  const [asked] = await sql.query<AskedObjectRow>(ASKED_OBJECT, [
    permission.type,
    permission.action,
    object.type,
    object.id,
  ]);
  if (!asked) return null;
  const nobody = { type: subjectType, id: '' };
  const { subject: _, ...known } = entitiesOf(
    { subject: nobody, permission, object, supplied },
    { subjectAttributes: null, objectAttributes: asked.attributes },
  );
  const { limit, after = '0' } = page;
  return new SubjectList({ subjectType, asked, known, supplied: supplied?.subject, after, limit });
}
