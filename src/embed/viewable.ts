import { CastellanError } from '../core/errors.js';
import type { JsonObject, Mode, SubjectRef } from '../core/model.js';
import type { RowRuleSource } from '../core/ports/row-rules.js';
import { allOf, type RowFilter } from '../core/rows/row-filter.js';
import { rowsAllowed } from '../core/rows/rows-allowed.js';
import type { AccessModel } from './access-model.js';
import { prismaWhere, type PrismaWhere } from './row-filter-prisma.js';
import { sqlFragment, type SqlFragment } from './row-filter-sql.js';

/** What a filter of rows is asked for beside the model. */
export interface ViewableOptions {
  /** Which action the rows are to allow, beside being viewed; `view` when absent. */
  readonly action?: string | undefined;
  /** Goes over the mode of the type. */
  readonly mode?: Mode | undefined;
  readonly context?: JsonObject | undefined;
}

/**
 * The rows of an app's own model that a subject may view, as a filter to be put into any query. It is about the rules as they are when it is
 * made: make one for each request.
 */
export class ViewableRows<Where = PrismaWhere> {
  constructor(
    private readonly model: AccessModel,
    private readonly filter: RowFilter,
  ) {}

  /**
   * A Prisma `where` of the model; put it in `AND` with any other.
   *
   * @example
   * prisma.document.findMany({ where: { AND: [viewable.where, { status: 'draft' }] }, orderBy: { createdAt: 'desc' } });
   */
  get where(): Where {
    return prismaWhere(this.filter, { relation: this.model.relation, id: this.model.id.field }) as Where;
  }

  /**
   * A condition for a WHERE in SQL, with its values.
   *
   * @param table what the statement calls the model's table.
   * @param from the number of the first placeholder, where others come before.
   * @throws CastellanError `invalid_request` for a model that names no view.
   * @example
   * const { text, values } = viewable.sql('d', 2);
   * pool.query(`SELECT d.* FROM documents d WHERE d.author = $1 AND ${text} ORDER BY d.created_at DESC LIMIT 50`, [author, ...values]);
   */
  sql(table: string, from = 1): SqlFragment {
    const { view, id } = this.model;
    if (!view)
      throw new CastellanError(
        'invalid_request',
        `The model of ${this.model.type} names no view: give accessModel a view, { name, idColumn }.`,
      );
    const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
    return sqlFragment(this.filter, {
      view: `${quoted(view.schema)}.${quoted(view.name)}`,
      viewId: quoted(view.idColumn),
      id,
      table,
      from,
    });
  }
}

/**
 * The rows of the model that the subject may view (and do the action on).
 *
 * @throws CastellanError `internal` when the rules are not in a database at hand; `overloaded`, `database_unavailable`.
 */
export async function viewableRows(
  source: object,
  subject: SubjectRef,
  model: AccessModel,
  { action = 'view', mode, context }: ViewableOptions = {},
): Promise<ViewableRows> {
  if (!isRowRuleSource(source))
    throw new CastellanError(
      'internal',
      'Filters of rows take an AuthzModule over the database that the rows are in: { databaseUrl } or { pool }.',
    );
  const actions = [...new Set(['view', action])];
  const rules = await source.rowRulesOf(subject, model.type, actions);
  const asked = { subject, mode, context };
  return new ViewableRows(model, allOf(actions.map((each) => rowsAllowed(rules, { ...asked, action: each }, model))));
}

const isRowRuleSource = (source: object): source is RowRuleSource => 'rowRulesOf' in source;
