import { v7 as uuidv7 } from 'uuid';
import { notFound, unknownReference } from '../../core/errors.js';
import type { SubjectRef } from '../../core/model.js';
import {
  AssignmentReader,
  type AssignmentRecord,
  type AssignmentWriter,
  type NewAssignment,
} from '../../core/ports/assignments.js';
import type { Page } from '../../core/ports/lists.js';
import type { Prisma, PrismaClient } from '../generated/client.js';
import type { Transaction } from '../transaction.js';
import { isUuid } from './uuid.js';

const INCLUDE = {
  subject: { select: { type: true, externalId: true } },
  role: { select: { subject: { select: { externalId: true } } } },
  object: { select: { externalId: true, type: { select: { name: true } } } },
} as const satisfies Prisma.AssignmentInclude;
type Row = Prisma.AssignmentGetPayload<{ include: typeof INCLUDE }>;

export class PrismaAssignmentReader extends AssignmentReader {
  constructor(private readonly prisma: PrismaClient) {
    super();
  }

  async find(id: string): Promise<AssignmentRecord | null> {
    return findAssignment(this.prisma, id);
  }

  async list(filter: {
    subject?: SubjectRef | undefined;
    role?: string | undefined;
    limit: number;
    after?: string | undefined;
  }): Promise<Page<AssignmentRecord>> {
    const rows = await this.prisma.assignment.findMany({
      where: {
        ...(filter.subject ? { subject: { type: filter.subject.type, externalId: filter.subject.id } } : {}),
        ...(filter.role === undefined ? {} : { role: { subject: { externalId: filter.role } } }),
        ...(filter.after === undefined ? {} : { id: { gt: filter.after } }),
      },
      orderBy: { id: 'asc' },
      take: filter.limit + 1,
      include: INCLUDE,
    });
    const items = rows.slice(0, filter.limit);
    return { items: items.map(recordOf), next: rows.length > filter.limit ? (items.at(-1)?.id ?? null) : null };
  }
}

export class PrismaAssignmentWriter implements AssignmentWriter {
  constructor(private readonly tx: Transaction) {}

  find(id: string): Promise<AssignmentRecord | null> {
    return findAssignment(this.tx.prisma, id);
  }

  async create(assignment: NewAssignment): Promise<{ record: AssignmentRecord; created: boolean }> {
    const subjectId = await this.#subjectId('subject', assignment.subject);
    const roleId = await this.#subjectId('role', { type: 'role', id: assignment.role });
    const same = await this.tx.prisma.assignment.findFirst({
      where: { subjectId, roleId, objectId: null, startsAt: null, expiresAt: null },
      include: INCLUDE,
    });
    if (same) return { record: recordOf(same), created: false };
    const row = await this.tx.prisma.assignment.create({ data: { id: uuidv7(), subjectId, roleId }, include: INCLUDE });
    const record = recordOf(row);
    this.tx.changes.add({ action: 'assignment.create', target: target(record.id), before: null, after: record });
    return { record, created: true };
  }

  async delete(id: string): Promise<void> {
    const before = await this.find(id);
    if (!before) throw notFound();
    await this.tx.prisma.assignment.delete({ where: { id } });
    this.tx.changes.add({ action: 'assignment.delete', target: target(id), before, after: null });
  }

  async #subjectId(path: string, ref: SubjectRef): Promise<number> {
    const row = await this.tx.prisma.subject.findUnique({
      where: { type_externalId: { type: ref.type, externalId: ref.id } },
      select: { id: true },
    });
    if (!row) throw unknownReference(path, `${ref.type} ${ref.id}`);
    return row.id;
  }
}

async function findAssignment(prisma: Prisma.TransactionClient, id: string): Promise<AssignmentRecord | null> {
  if (!isUuid(id)) return null;
  const row = await prisma.assignment.findUnique({ where: { id }, include: INCLUDE });
  return row && recordOf(row);
}

function target(id: string): SubjectRef {
  return { type: 'assignment', id };
}

function recordOf(row: Row): AssignmentRecord {
  return {
    id: row.id,
    subject: { type: row.subject.type, id: row.subject.externalId },
    role: row.role.subject.externalId,
    object: row.object && { type: row.object.type.name, id: row.object.externalId },
    startsAt: row.startsAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
  };
}
