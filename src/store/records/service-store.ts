import { CastellanError, notFound } from '../../core/errors.js';
import {
  ServiceReader,
  type ServiceChange,
  type ServiceRecord,
  type ServiceWriter,
} from '../../core/ports/services.js';
import { PrismaExecutor, type SqlExecutor, type Statement } from '../executor.js';
import type { PrismaClient } from '../generated/client.js';
import type { SqlTransaction } from '../transaction.js';
import { attributesJson } from './attributes-json.js';
import { findSubjectRow, readSubjectRows, SUBJECT_COLUMNS, type SubjectRow } from './subject-rows.js';

// Somebody else may have made one meanwhile, past Castellan: that is an answer, and leaves the transaction as it is.
const INSERT: Statement = {
  name: 'castellan_insert_services',
  text: `INSERT INTO castellan.subjects AS s (type, external_id, active, attributes)
    SELECT 'service', q.id, q.active, q.attributes::jsonb
    FROM unnest($1::text[], $2::bool[], $3::text[]) WITH ORDINALITY AS q(id, active, attributes, n)
    ORDER BY q.n ON CONFLICT DO NOTHING RETURNING ${SUBJECT_COLUMNS}`,
};

const UPDATE: Statement = {
  name: 'castellan_update_service',
  text: `UPDATE castellan.subjects s SET active = coalesce($2::bool, s.active), attributes = coalesce($3::jsonb, s.attributes)
    WHERE s.id = $1::int RETURNING ${SUBJECT_COLUMNS}`,
};

export class PrismaServiceReader extends ServiceReader {
  readonly #sql: SqlExecutor;

  constructor(prisma: PrismaClient) {
    super();
    this.#sql = new PrismaExecutor(prisma);
  }

  async find(id: string): Promise<ServiceRecord | null> {
    const row = await findSubjectRow(this.#sql, { type: 'service', id });
    return row && recordOf(row);
  }
}

/** Writes services in the transaction that it is given. Nothing is written when it refuses. */
export class SqlServiceWriter implements ServiceWriter {
  constructor(private readonly tx: SqlTransaction) {}

  async findMany(ids: readonly string[]): Promise<ServiceRecord[]> {
    return (await readSubjectRows(this.tx.sql, 'service', ids)).map(recordOf);
  }

  async createMany(services: readonly ServiceRecord[]): Promise<ServiceRecord[]> {
    const ids = services.map(({ id }) => id);
    const [standing] = await this.findMany(ids);
    if (standing) throw taken(standing.id);
    const inserted = await this.tx.sql.query<SubjectRow>(INSERT, [
      ids,
      services.map(({ active }) => active),
      services.map(({ attributes }) => attributesJson(attributes)),
    ]);
    const rows = new Map(inserted.map((row) => [row.id, row]));
    return services.map(({ id }) => {
      const row = rows.get(id);
      // Also for the second of two that are the same.
      if (!row || !rows.delete(id)) throw taken(id);
      const after = recordOf(row);
      this.tx.changes.add({ action: 'service.create', target: { type: 'service', id }, before: null, after });
      return after;
    });
  }

  async update(id: string, { active, attributes }: ServiceChange): Promise<ServiceRecord> {
    const target = { type: 'service', id };
    const before = await findSubjectRow(this.tx.sql, target);
    if (!before) throw notFound();
    const values = [before.row_id, active ?? null, attributes ? attributesJson(attributes) : null];
    const [row] = await this.tx.sql.query<SubjectRow>(UPDATE, values);
    if (!row) throw notFound();
    const after = recordOf(row);
    this.tx.changes.add({ action: 'service.update', target, before: recordOf(before), after });
    return after;
  }
}

function taken(id: string): CastellanError {
  return new CastellanError('already_exists', `id: there is a service ${id} already.`, [
    { path: 'id', message: 'is taken' },
  ]);
}

function recordOf({ id, active, attributes }: SubjectRow): ServiceRecord {
  return { id, active, attributes };
}
