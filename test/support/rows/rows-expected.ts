import type { Mode, SubjectRef } from '../../../src/core/model.js';
import type { RowRuleSource } from '../../../src/core/ports/row-rules.js';
import { viewableRows } from '../../../src/embed/viewable.js';
import type { PrismaWhere } from '../../../src/embed/row-filter-prisma.js';
import { TABLES, type Row, type RowsApp, type TableType } from './rows-app.js';
import type { WrittenRows } from './rows-world.js';

/** What is asked of one table. */
export interface Asked {
  readonly subject: SubjectRef;
  readonly type: TableType;
  readonly action: string;
  readonly mode?: Mode | undefined;
  readonly context?: { place: string } | undefined;
}

/** Ids in the order in which the rows are listed: the last made comes first. */
const inOrder = (rows: readonly Row[]): string[] =>
  rows.toSorted((one, other) => Number(other['made']) - Number(one['made'])).map(({ id }) => String(id));

/** The ids of the rows for which decisions allow it, and viewing, with their columns as attributes. */
export async function decidedIds(app: RowsApp, rows: WrittenRows, asked: Asked): Promise<string[]> {
  const { subject, type, mode, context } = asked;
  const actions = [...new Set(['view', asked.action])];
  const objects = rows[type].map((row) => app.models[type].objectOf(row));
  const questions = actions.flatMap((action) =>
    objects.map((object) => ({
      subject,
      permission: { type, action },
      object: { type, id: object?.id ?? '' },
      supplied: { resource: object?.attributes, context },
      mode,
    })),
  );
  const decisions = await app.store.decider.decideAll(questions);
  const count = rows[type].length;
  return inOrder(rows[type].filter((_, n) => actions.every((__, at) => decisions[at * count + n]?.allowed)));
}

/** The ids that each kind of query gives; all are to be the same. */
export async function listedIds(
  app: RowsApp,
  source: RowRuleSource,
  rows: WrittenRows,
  { subject, type, ...options }: Asked,
): Promise<Record<string, string[] | number>> {
  const viewable = await viewableRows(source, subject, app.models[type], options);
  const { where } = viewable;
  const table = app.prisma[type];
  const orderBy = { made: 'desc' };
  const ids = async (query: PrismaWhere): Promise<string[]> =>
    (await table.findMany({ where: query, orderBy, select: { id: true } })).map(({ id }) => String(id));
  const other = { level: { gt: 0 } };
  const [whole, above, not] = await Promise.all([
    ids(where),
    ids({ AND: [where, other] }),
    ids({ NOT: { OR: [where, { NOT: other }] } }),
  ]);
  const high = new Set(rows[type].filter(({ level }) => Number(level) > 0).map(({ id }) => String(id)));
  const page = await table.findMany({ where, orderBy, skip: 1, take: 3, include: { author: true } });
  const paged = page.map(
    ({ id, author, authorId }) => `${String(id)} of ${String((author as Row | null)?.['id'] ?? authorId)}`,
  );
  const sql = viewable.sql('row', 2);
  const { rows: selected } = await app.pool.query<Row>(
    `SELECT row.id::text FROM "${TABLES[type].table}" row WHERE row.made >= $1 AND ${sql.text} ORDER BY row.made DESC`,
    [0, ...sql.values],
  );
  const { rows: unselected } = await app.pool.query<Row>(
    `SELECT row.id::text FROM "${TABLES[type].table}" row WHERE row.made >= $1 AND NOT (${sql.text})`,
    [0, ...sql.values],
  );
  return {
    whole,
    selected: selected.map(({ id }) => String(id)),
    above: [...above, ...whole.filter((id) => !high.has(id))].toSorted(),
    count: await table.count({ where }),
    not: not.length + above.length,
    paged,
    unselected: unselected.length,
  };
}

/** What all of these queries are to give. */
export function expectedOf(
  rows: WrittenRows,
  type: TableType,
  ids: readonly string[],
): Record<string, string[] | number> {
  const author = (id: string): unknown => rows[type].find((row) => String(row['id']) === id)?.['authorId'];
  const high = rows[type].filter(({ level }) => Number(level) > 0);
  return {
    whole: [...ids],
    selected: [...ids],
    above: [...ids].toSorted(),
    count: ids.length,
    not: high.length,
    paged: ids.slice(1, 4).map((id) => `${id} of ${String(author(id))}`),
    unselected: rows[type].length - ids.length,
  };
}
