import { decide } from '../core/decide.js';
import { Decider } from '../core/decider.js';
import { attributesWithin, coversField, NO_FIELDS } from '../core/field-scope.js';
import {
  refName,
  type Decision,
  type ObjectRef,
  type Permission,
  type Question,
  type SubjectRef,
} from '../core/model.js';
import { permits } from '../core/narrowing.js';
import { ObjectLists, type ListQuestion, type Page } from '../core/ports/lists.js';
import type { ObjectRecord } from '../core/ports/objects.js';
import { ConditionalList, type BoundStatement, type ListSpec, type LookUps } from './conditional-list-sql.js';
import { decidedCount, decidedPage, type Candidates } from './decided-page.js';
import type { SqlExecutor } from './executor.js';
import { FACTS_WITH_OBJECT, type FactsWithObjectRow } from './facts-sql.js';
import { factsOf, FactsStore } from './facts-store.js';
import { findHeldRules, type HeldRules } from './held-rules.js';
import { HOLDS_ANYWHERE, plainListStatement, type ListRow } from './list-sql.js';
import { conditionsOf, MOST_CONDITIONS } from './object-check-sql.js';
import { inSnapshot, type SnapshotSource } from './snapshot.js';

type CountQuestion = Omit<ListQuestion, 'limit' | 'after'>;

// Up to this many objects are quicker found by their attributes than met on the way.
const FEW = 1000;

/** Lists in SQL, from the same rules as decisions. */
export class PostgresObjectLists extends ObjectLists {
  constructor(
    private readonly hot: SqlExecutor,
    private readonly snapshots: SnapshotSource,
  ) {
    super();
  }

  async list(question: ListQuestion): Promise<Page<ObjectRecord>> {
    if (isWithheld(question)) return { items: [], next: null };
    const plain = await this.#plainList(question);
    if (plain) return question.viewable ? withVisibleParents(this.hot, question.subject, plain) : plain;
    return inSnapshot(this.snapshots, async (sql) => {
      const spec = await specOf(sql, question);
      if (!spec) return { items: [], next: null };
      const page = await (spec.unchecked ? decidedList(sql, question, spec) : checkedList(sql, question, spec));
      if (!question.viewable) return page;
      const shown = await withVisibleParents(sql, question.subject, page);
      if (!hidesFields(spec.asker.held)) return shown;
      return { ...shown, items: await masked(sql, question, shown.items) };
    });
  }

  async count(question: CountQuestion): Promise<number> {
    if (isWithheld(question)) return 0;
    return inSnapshot(this.snapshots, async (sql) => {
      const spec = await specOf(sql, { ...question, limit: 0 });
      if (!spec) return 0;
      if (spec.unchecked) return decidedCount(candidatesOf(sql, question, spec));
      const list = new ConditionalList(spec);
      if (list.isEmpty) return 0;
      const [row] = await run<{ count: string }>(sql, list.count(await lookUpsOf(sql, list)));
      return Number(row?.count ?? 0);
    });
  }

  async findViewable(subject: SubjectRef, object: ObjectRef): Promise<ObjectRecord | null> {
    const rows = await this.hot.query<FactsWithObjectRow>(FACTS_WITH_OBJECT, [
      subject.type,
      subject.id,
      object.type,
      'view',
      object.type,
      object.id,
    ]);
    const [row] = rows;
    if (!row || row.stored === null) return null;
    const question = { subject, permission: { type: object.type, action: 'view' }, object };
    const { allowed, fields } = decide(question, factsOf(rows));
    if (!allowed) return null;
    const record = recordOf(object.type, { ...row, id: object.id, attributes: row.stored });
    const page = { items: [{ ...record, attributes: attributesWithin(fields, record.attributes) }], next: null };
    return (await withVisibleParents(this.hot, subject, page)).items[0] ?? null;
  }

  async holdsAnywhere(subject: SubjectRef, permission: Permission): Promise<boolean> {
    if (!permits(subject, permission)) return false;
    const values = [subject.type, subject.id, permission.type, permission.action];
    const [row] = await this.hot.query<{ holds: boolean }>(HOLDS_ANYWHERE, values);
    return row?.holds === true;
  }

  /** The page, if plain rules are all that matters for it; null otherwise. */
  async #plainList(question: ListQuestion): Promise<Page<ObjectRecord> | null> {
    if (question.attributes && question.attributes.length > 0) return null;
    const { subject, permission } = question;
    const andView = question.viewable === true && permission.action !== 'view';
    const rows = await this.hot.query<ListRow>(plainListStatement(andView), [
      subject.type,
      subject.id,
      permission.type,
      permission.action,
      question.after ?? '0',
      // One more than the page, to know whether there is a next one.
      question.limit + 1,
    ]);
    if (rows[0]?.plain === false) return null;
    return pageOf(
      question,
      rows.filter((row) => row.position !== null),
    );
  }
}

// The statements know rules, and nothing of what a token is narrowed to.
function isWithheld({ subject, permission, viewable }: CountQuestion): boolean {
  return !permits(subject, permission) || (viewable === true && !permits(subject, { ...permission, action: 'view' }));
}

async function specOf(sql: SqlExecutor, question: ListQuestion): Promise<ListSpec | null> {
  const { subject, permission, supplied, viewable = false, attributes = [] } = question;
  const held = await findHeldRules(sql, subject, permission.type, [...new Set([permission.action, 'view'])]);
  if (!held) return null;
  const { type, action } = permission;
  return {
    asker: { subject, supplied, held },
    type,
    action,
    viewable,
    attributes,
    unchecked: conditionsOf(held) > MOST_CONDITIONS,
    after: question.after ?? '0',
    limit: question.limit,
  };
}

async function checkedList(sql: SqlExecutor, question: ListQuestion, spec: ListSpec): Promise<Page<ObjectRecord>> {
  const list = new ConditionalList(spec);
  if (list.isEmpty) return { items: [], next: null };
  return pageOf(question, await run<ListRow>(sql, list.page(await lookUpsOf(sql, list))));
}

// Anybody who may grant on one object can add conditions to everybody's rules: their number must not be the length of a statement.
async function decidedList(sql: SqlExecutor, question: ListQuestion, spec: ListSpec): Promise<Page<ObjectRecord>> {
  const { items, next } = await decidedPage(question, candidatesOf(sql, question, spec));
  return { items: items.map((row) => recordOf(spec.type, row)), next };
}

function candidatesOf(sql: SqlExecutor, question: CountQuestion, spec: ListSpec): Candidates<ListRow> {
  const { subject, permission, supplied, viewable, attributes = [] } = question;
  const { type } = permission;
  const decideAll = (action: string, rows: readonly ListRow[]): Promise<Decision[]> => {
    const objects = rows.map(({ id }) => ({ type, id }));
    return decisionsOn(sql, { subject, permission: { type, action }, supplied }, objects);
  };
  return {
    read: async (after, count) => {
      const list = new ConditionalList({ ...spec, after: after ?? '0', limit: count - 1 });
      return list.isEmpty ? [] : run<ListRow>(sql, list.page(await lookUpsOf(sql, list)));
    },
    positionOf: ({ position }) => position ?? '0',
    decide: async (rows) => {
      const decisions = await decideAll(permission.action, rows);
      const views = viewable ? await decideAll('view', rows) : undefined;
      const fields = attributes.map(({ path }) => path[0] ?? '');
      return decisions.map(({ allowed }, index) => {
        const view = views?.[index];
        const isViewable =
          !views || (view?.allowed === true && fields.every((field) => coversField(view.fields, field)));
        return allowed && isViewable;
      });
    },
  };
}

/** How to look the candidates up: by their attributes where few have them, and where there are many otherwise. */
async function lookUpsOf(sql: SqlExecutor, list: ConditionalList): Promise<LookUps> {
  const isFew = async (lookUp: string | null): Promise<boolean> => {
    if (lookUp === null) return false;
    const [row] = await run<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(sql, list.estimate(lookUp));
    return row !== undefined && row['QUERY PLAN'][0].Plan['Plan Rows'] <= FEW;
  };
  const { narrowed, everywhere, placed } = list.lookUps;
  if (await isFew(narrowed)) return { narrowed: true, everywhere: false, placed: false };
  return {
    narrowed: false,
    everywhere: await isFew(everywhere),
    placed: (await isFew(placed)) && (await run<{ many: boolean }>(sql, list.manyBelow(FEW)))[0]?.many === true,
  };
}

function run<Row>(sql: SqlExecutor, { statement, values }: BoundStatement): Promise<Row[]> {
  return sql.query<Row>(statement, values);
}

function hidesFields({ rules, permissionIds }: HeldRules): boolean {
  return rules.some((rule) => rule.permissionId === permissionIds.get('view') && rule.fields.length > 0);
}

/** The objects, each with the attributes that the subject may view of it. */
async function masked(
  sql: SqlExecutor,
  { subject, supplied }: CountQuestion,
  objects: ObjectRecord[],
): Promise<ObjectRecord[]> {
  const decisions = await decisionsOn(sql, { subject, supplied }, objects);
  return objects.map((object, index) => ({
    ...object,
    attributes: attributesWithin(decisions[index]?.fields ?? NO_FIELDS, object.attributes),
  }));
}

/** The objects, without the name of a parent that the subject may not view. */
async function withVisibleParents(
  sql: SqlExecutor,
  subject: SubjectRef,
  page: Page<ObjectRecord>,
): Promise<Page<ObjectRecord>> {
  const parents = new Map(page.items.flatMap(({ parent }) => (parent ? [[refName(parent), parent]] : [])));
  if (parents.size === 0) return page;
  const decisions = await decisionsOn(sql, { subject }, [...parents.values()]);
  const visible = new Set([...parents.keys()].filter((_, index) => decisions[index]?.allowed === true));
  const items = page.items.map((object) =>
    object.parent && !visible.has(refName(object.parent)) ? { ...object, parent: null } : object,
  );
  return { ...page, items };
}

/** The same question about each of the objects; about viewing each, where it names no permission. */
function decisionsOn(
  sql: SqlExecutor,
  asked: Pick<Question, 'subject' | 'supplied'> & { readonly permission?: Permission },
  objects: readonly ObjectRef[],
): Promise<Decision[]> {
  const questions = objects.map(({ type, id }): Question => ({
    subject: asked.subject,
    permission: asked.permission ?? { type, action: 'view' },
    object: { type, id },
    supplied: asked.supplied,
  }));
  return new Decider(new FactsStore(sql)).decideAll(questions);
}

function pageOf({ permission, limit }: ListQuestion, rows: readonly ListRow[]): Page<ObjectRecord> {
  const items = rows.slice(0, limit).map((row) => recordOf(permission.type, row));
  return { items, next: rows.length > limit ? (rows[limit - 1]?.position ?? null) : null };
}

function recordOf(type: string, row: Pick<ListRow, 'id' | 'attributes' | 'parent_type' | 'parent_id'>): ObjectRecord {
  const parent =
    row.parent_type !== null && row.parent_id !== null ? { type: row.parent_type, id: row.parent_id } : null;
  return { type, id: row.id, parent, attributes: row.attributes };
}
