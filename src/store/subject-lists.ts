import type pg from 'pg';
import { Decider } from '../core/decider.js';
import { entitiesOf } from '../core/entities.js';
import type { Question, SubjectRef } from '../core/model.js';
import { SubjectLists, type Page, type SubjectQuestion } from '../core/ports/lists.js';
import { decidedCount, decidedPage, type Candidates } from './decided-page.js';
import type { SqlExecutor } from './executor.js';
import { FactsStore } from './facts-store.js';
import { MOST_CONDITIONS } from './object-check-sql.js';
import { inSnapshot } from './snapshot.js';
import { ASKED_OBJECT, SubjectList, type AskedObjectRow, type SubjectSpec } from './subject-list-sql.js';

type CountQuestion = Omit<SubjectQuestion, 'limit' | 'after'>;

interface SubjectRow {
  readonly position: string;
  readonly id: string;
}

/** Finds subjects in SQL, from the same rules as decisions. */
export class PostgresSubjectLists extends SubjectLists {
  constructor(private readonly pool: pg.Pool) {
    super();
  }

  async list(question: SubjectQuestion): Promise<Page<SubjectRef>> {
    return inSnapshot(this.pool, async (sql) => {
      const spec = await specOf(sql, question, question);
      if (!spec) return { items: [], next: null };
      const page = spec.unchecked
        ? await decidedPage(question, candidatesOf(sql, question, spec))
        : pageOf(question, await readPage(sql, spec));
      return { ...page, items: page.items.map(({ id }) => ({ type: question.subjectType, id })) };
    });
  }

  async count(question: CountQuestion): Promise<number> {
    return inSnapshot(this.pool, async (sql) => {
      const spec = await specOf(sql, question, { limit: 0 });
      if (!spec) return 0;
      if (spec.unchecked) return decidedCount(candidatesOf(sql, question, spec));
      const { statement, values } = new SubjectList(spec).count();
      const [row] = await sql.query<{ count: string }>(statement, values);
      return Number(row?.count ?? 0);
    });
  }
}

function pageOf({ limit }: SubjectQuestion, rows: readonly SubjectRow[]): Page<SubjectRow> {
  return { items: rows.slice(0, limit), next: rows.length > limit ? (rows[limit - 1]?.position ?? null) : null };
}

function readPage(sql: SqlExecutor, spec: SubjectSpec): Promise<SubjectRow[]> {
  const { statement, values } = new SubjectList(spec).page();
  return sql.query<SubjectRow>(statement, values);
}

function candidatesOf(sql: SqlExecutor, question: CountQuestion, spec: SubjectSpec): Candidates<SubjectRow> {
  const { subjectType: type, permission, object, supplied } = question;
  const decider = new Decider(new FactsStore(sql));
  return {
    read: (after, count) => readPage(sql, { ...spec, after: after ?? '0', limit: count - 1 }),
    positionOf: ({ position }) => position,
    decide: async (rows) => {
      const questions = rows.map(({ id }): Question => ({ subject: { type, id }, permission, object, supplied }));
      return (await decider.decideAll(questions)).map(({ allowed }) => allowed);
    },
  };
}

/** Null where the type has no such action. */
async function specOf(
  sql: SqlExecutor,
  { subjectType, permission, object, supplied }: CountQuestion,
  { limit, after = '0' }: { limit: number; after?: string | undefined },
): Promise<SubjectSpec | null> {
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
  const unchecked = asked.conditions.length > MOST_CONDITIONS;
  return { subjectType, asked, known, unchecked, supplied: supplied?.subject, after, limit };
}
