import { randomUUID } from 'node:crypto';
import { CastellanError, notFound } from '../../core/errors.js';
import type { JsonObject } from '../../core/model.js';
import { UserReader, type NewUser, type UserChange, type UserRecord, type UserWriter } from '../../core/ports/users.js';
import type { Prisma, PrismaClient } from '../generated/client.js';
import type { Transaction } from '../transaction.js';
import { creatorIn, deleteObjectRow, insertObject } from './object-rows.js';

const SELECT = {
  id: true,
  externalId: true,
  username: true,
  email: true,
  active: true,
  superuser: true,
  attributes: true,
} as const;
type Row = Prisma.SubjectGetPayload<{ select: typeof SELECT }>;

const named = (id: string): { type_externalId: { type: string; externalId: string } } => ({
  type_externalId: { type: 'user', externalId: id },
});

export class PrismaUserReader extends UserReader {
  constructor(private readonly prisma: PrismaClient) {
    super();
  }

  async find(id: string): Promise<UserRecord | null> {
    const row = await this.prisma.subject.findUnique({ where: named(id), select: SELECT });
    return row && recordOf(row);
  }

  async findMany(ids: readonly string[]): Promise<UserRecord[]> {
    const rows = await this.prisma.subject.findMany({
      where: { type: 'user', externalId: { in: [...ids] } },
      select: SELECT,
    });
    const byId = new Map(rows.map((row) => [row.externalId, recordOf(row)]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  withPassword(ids: readonly string[]): Promise<Set<string>> {
    return usersWithPassword(this.prisma, ids);
  }
}

export class PrismaUserWriter implements UserWriter {
  constructor(private readonly tx: Transaction) {}

  async find(id: string): Promise<UserRecord | null> {
    const row = await this.#row(id);
    return row && recordOf(row);
  }

  withPassword(ids: readonly string[]): Promise<Set<string>> {
    return usersWithPassword(this.tx.prisma, ids);
  }

  async create(user: NewUser): Promise<UserRecord> {
    const { passwordHash, id, ...values } = user;
    if (await this.#row(id)) throw taken('id', id);
    await this.#requireFreeUsername(user.username);
    const row = await this.tx.prisma.subject.create({
      data: { type: 'user', externalId: id, ...values, attributes: values.attributes },
      select: SELECT,
    });
    const object = { type: 'user', id, attributes: values.attributes };
    const creation = await insertObject(this.tx, object, creatorIn(this.tx));
    if (passwordHash !== undefined) await this.#setPassword(row.id, passwordHash);
    const record = recordOf(row);
    this.tx.changes.add({
      action: 'user.create',
      target: target(id),
      before: null,
      after: { ...audited(record, passwordHash), ...creation },
    });
    return record;
  }

  async update(id: string, change: UserChange): Promise<UserRecord> {
    const before = await this.#row(id);
    if (!before) throw notFound();
    const { passwordHash, attributes, ifCredentialVersion, ...values } = change;
    if (ifCredentialVersion !== undefined) await this.#requireCredential(before.id, ifCredentialVersion);
    const newName = values.username === before.username ? undefined : values.username;
    if (newName !== undefined) await this.#requireFreeUsername(newName);
    const row = await this.tx.prisma.subject.update({
      where: { id: before.id },
      data: { ...values, ...(attributes ? { attributes: attributes } : {}) },
      select: SELECT,
    });
    if (attributes) await this.#setObjectAttributes(id, attributes);
    if (isStandingSuperuser(before) && !isStandingSuperuser(row)) await this.#requireAnotherSuperuser();
    if (passwordHash !== undefined) await this.#setPassword(row.id, passwordHash);
    else if (newName !== undefined || (before.active && !row.active)) await this.#renewCredential(row.id);
    if (!row.active) await this.tx.prisma.session.deleteMany({ where: { subjectId: row.id } });
    const record = recordOf(row);
    const action =
      passwordHash !== undefined && !attributes && Object.keys(values).length === 0 ? 'user.password' : 'user.update';
    this.tx.changes.add({ action, target: target(id), before: recordOf(before), after: audited(record, passwordHash) });
    return record;
  }

  async delete(id: string): Promise<void> {
    const before = await this.#row(id);
    if (!before) throw notFound();
    await deleteObjectRow(this.tx, { type: 'user', id });
    await this.tx.prisma.subject.delete({ where: { id: before.id } });
    if (isStandingSuperuser(before)) await this.#requireAnotherSuperuser();
    this.tx.changes.add({ action: 'user.delete', target: target(id), before: recordOf(before), after: null });
  }

  countActiveSuperusers(): Promise<number> {
    return this.tx.prisma.subject.count({ where: { type: 'user', superuser: true, active: true } });
  }

  #row(id: string): Promise<Row | null> {
    return this.tx.prisma.subject.findUnique({ where: named(id), select: SELECT });
  }

  async #requireCredential(subjectId: number, version: string): Promise<void> {
    const credential = await this.tx.prisma.credential.findUnique({ where: { subjectId }, select: { version: true } });
    if (credential?.version === version) return;
    throw new CastellanError('invalid_credentials', 'The password was changed meanwhile; sign in with the new one.');
  }

  async #requireFreeUsername(username: string): Promise<void> {
    if (await this.tx.prisma.subject.findUnique({ where: { username }, select: { id: true } }))
      throw taken('username', username);
  }

  async #requireAnotherSuperuser(): Promise<void> {
    if ((await this.countActiveSuperusers()) > 0) return;
    throw new CastellanError('last_superuser', 'This is the last active superuser: make another one first.');
  }

  // What was verified before ends: under a name that may be another user's by now, or for a sign-in that is still under way
  // and would outlast the deactivation.
  async #renewCredential(subjectId: number): Promise<void> {
    await this.tx.prisma.credential.updateMany({ where: { subjectId }, data: { version: randomUUID() } });
  }

  // Conditions on the user as a resource ask for the same as those on the user as a subject.
  async #setObjectAttributes(id: string, attributes: JsonObject): Promise<void> {
    await this.tx.prisma.protectedObject.updateMany({
      where: { type: { name: 'user' }, externalId: id },
      data: { attributes },
    });
  }

  async #setPassword(subjectId: number, passwordHash: string): Promise<void> {
    const values = { passwordHash, version: randomUUID(), changedAt: new Date() };
    await this.tx.prisma.credential.upsert({ where: { subjectId }, create: { subjectId, ...values }, update: values });
  }
}

async function usersWithPassword(prisma: Prisma.TransactionClient, ids: readonly string[]): Promise<Set<string>> {
  const having = new Set<string>();
  // A statement takes 65,535 values at most.
  for (let start = 0; start < ids.length; start += 5000) {
    const rows = await prisma.credential.findMany({
      where: { subject: { type: 'user', externalId: { in: ids.slice(start, start + 5000) } } },
      select: { subject: { select: { externalId: true } } },
    });
    for (const row of rows) having.add(row.subject.externalId);
  }
  return having;
}

function isStandingSuperuser(row: Row): boolean {
  return row.superuser && row.active;
}

function taken(path: string, value: string): CastellanError {
  return new CastellanError('already_exists', `${path}: there is a user ${value} already.`, [
    { path, message: 'is taken' },
  ]);
}

function target(id: string): { type: string; id: string } {
  return { type: 'user', id };
}

// The trail says that a password was set, never what was stored of it.
function audited(record: UserRecord, passwordHash: string | undefined): object {
  return passwordHash === undefined ? record : { ...record, password: 'set' };
}

function recordOf(row: Row): UserRecord {
  return {
    id: row.externalId,
    username: row.username ?? row.externalId,
    email: row.email,
    active: row.active,
    superuser: row.superuser,
    attributes: row.attributes as JsonObject,
  };
}
