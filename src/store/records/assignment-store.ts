import { v7 as uuidv7 } from 'uuid';
import { notFound, unknownReference } from '../../core/errors.js';
import type { Decider } from '../../core/decider.js';
import { refName, type ObjectRef, type Question, type SubjectRef } from '../../core/model.js';
import {
  AssignmentReader,
  type AssignmentFilter,
  type AssignmentRecord,
  type AssignmentWriter,
  type NewAssignment,
} from '../../core/ports/assignments.js';
import type { Page } from '../../core/ports/lists.js';
import type { Prisma, PrismaClient } from '../generated/client.js';
import type { Transaction } from '../transaction.js';
import { insertAssignments } from './assignment-batch.js';
import { assignmentCandidates } from './assignment-candidates.js';
import { isUuid } from './uuid.js';
import { placeOf, visiblePage } from './visible-page.js';

const INCLUDE = {
  subject: { select: { type: true, externalId: true } },
  role: { select: { subject: { select: { externalId: true } } } },
  object: { select: { externalId: true, type: { select: { name: true } } } },
} as const satisfies Prisma.AssignmentInclude;
type Row = Prisma.AssignmentGetPayload<{ include: typeof INCLUDE }>;

export class PrismaAssignmentReader extends AssignmentReader {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly decider: Decider,
  ) {
    super();
  }

  async find(id: string): Promise<AssignmentRecord | null> {
    return findAssignment(this.prisma, id);
  }

  async list(question: {
    viewer: SubjectRef;
    filter: AssignmentFilter;
    limit: number;
    after?: string | undefined;
  }): Promise<Page<AssignmentRecord>> {
    const { viewer } = question;
    const read = await assignmentCandidates(this.prisma, viewer, question.filter);
    const page = await visiblePage(question, this.decider, read, (row) => questionsOf(viewer, placeOf(row)));
    const rows = await this.prisma.assignment.findMany({
      where: { id: { in: page.items } },
      orderBy: { id: 'asc' },
      include: INCLUDE,
    });
    return { items: rows.map(recordOf), next: page.next };
  }
}

// Seeing an assignment on an object takes viewing the object, too.
function questionsOf(viewer: SubjectRef, place: ObjectRef | null): Question[] {
  const permission = { type: 'assignment', action: 'view' };
  if (!place) return [{ subject: viewer, permission }];
  return [
    { subject: viewer, permission: { type: place.type, action: 'view' }, object: place },
    { subject: viewer, permission, object: place },
  ];
}

export class PrismaAssignmentWriter implements AssignmentWriter {
  constructor(private readonly tx: Transaction) {}

  find(id: string): Promise<AssignmentRecord | null> {
    return findAssignment(this.tx.prisma, id);
  }

  async create(assignment: NewAssignment): Promise<{ record: AssignmentRecord; created: boolean }> {
    const key = {
      subjectId: await this.#subjectId('subject', assignment.subject),
      roleId: await this.#subjectId('role', { type: 'role', id: assignment.role }),
      objectId: assignment.object ? await this.#objectId(assignment.object) : null,
      startsAt: assignment.startsAt ? new Date(assignment.startsAt) : null,
      expiresAt: assignment.expiresAt ? new Date(assignment.expiresAt) : null,
    };
    const same = await this.tx.prisma.assignment.findFirst({ where: key, include: INCLUDE });
    if (same) return { record: recordOf(same), created: false };
    const row = await this.tx.prisma.assignment.create({
      data: { id: uuidv7(), ...key },
      include: INCLUDE,
    });
    const record = recordOf(row);
    this.tx.changes.add({ action: 'assignment.create', target: target(record.id), before: null, after: record });
    return { record, created: true };
  }

  async createMany(assignments: readonly NewAssignment[]): Promise<{ record: AssignmentRecord; created: boolean }[]> {
    const given = await insertAssignments(this.tx.sql, assignments);
    for (const { record, created } of given)
      if (created)
        this.tx.changes.add({ action: 'assignment.create', target: target(record.id), before: null, after: record });
    return given;
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

  async #objectId(ref: ObjectRef): Promise<bigint> {
    const row = await this.tx.prisma.protectedObject.findFirst({
      where: { type: { name: ref.type }, externalId: ref.id },
      select: { id: true },
    });
    if (!row) throw unknownReference('object', refName(ref));
    return row.id;
  }
}

async function findAssignment(prisma: Prisma.TransactionClient, id: string): Promise<AssignmentRecord | null> {
  if (!isUuid(id)) return null;
  const row = await prisma.assignment.findUnique({ where: { id }, include: INCLUDE });
  return row && recordOf(row);
}

/** The assignments of those of the ids that exist, in the order of the ids. */
export async function findAssignments(
  prisma: Prisma.TransactionClient,
  ids: readonly string[],
): Promise<AssignmentRecord[]> {
  const rows = await prisma.assignment.findMany({
    where: { id: { in: [...ids] } },
    orderBy: { id: 'asc' },
    include: INCLUDE,
  });
  return rows.map(recordOf);
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
