import { setTimeout as pause } from 'node:timers/promises';
import { Authority } from '../core/authority.js';
import type { Author } from '../core/caller.js';
import { Decider } from '../core/decider.js';
import { refName, type ObjectRef } from '../core/model.js';
import { ApplyRunningError, Writes, type WriteScope, type WriteUnit } from '../core/ports/writes.js';
import { ChangeLog } from './change-log.js';
import { isConflict, translateDatabaseError } from './database-errors.js';
import type { Database } from './database.js';
import { PrismaExecutor, type SqlExecutor, type Statement } from './executor.js';
import { FactsStore } from './facts-store.js';
import { HoldingsStore } from './holdings-store.js';
import { PrismaAssignmentWriter } from './records/assignment-store.js';
import { SqlFileMarks } from './records/file-marks.js';
import { SqlGrantWriter } from './records/grant-store.js';
import { SqlGroupWriter } from './records/group-store.js';
import { SqlObjectWriter } from './records/object-store.js';
import { SqlProviderGroupWriter } from './records/provider-group-store.js';
import { PrismaRoleWriter } from './records/role-store.js';
import { SqlServiceWriter } from './records/service-store.js';
import { SqlSessionWriter } from './records/session-rows.js';
import { SqlTokenWriter } from './records/token-store.js';
import { PrismaTypeWriter } from './records/type-store.js';
import { SqlUserWriter } from './records/user-store.js';
import type { Transaction } from './transaction.js';

const ATTEMPTS = 5;
// With a sign-in before it, a write stays below what a request may take.
const WRITE_MS = 2500;
const MOST_PLACE_LOCKS = 64;
const STRUCTURE = 'structure';
const EVERYWHERE = 'everywhere';

// Taken in the order of their keys, so that two writes never wait for each other in a circle. They end with the transaction.
const LOCK: Statement = {
  name: 'castellan_lock',
  text: `SELECT CASE WHEN exclusive THEN pg_advisory_xact_lock(key)::text ELSE pg_advisory_xact_lock_shared(key)::text END AS locked FROM (
      SELECT hashtextextended(name, 3271) AS key, bool_or(exclusive) AS exclusive
      FROM unnest($1::text[], $2::bool[]) AS wanted(name, exclusive) GROUP BY 1 ORDER BY 1
    ) ordered`,
};

// Not waited for: whoever plans a policy must see what the other one has made of it.
const TRY_APPLY: Statement = {
  name: 'castellan_try_apply',
  text: `SELECT pg_try_advisory_xact_lock(hashtextextended('apply', 3271)) AS alone`,
};

// What a rule of a place above decides on must not be handed out at a place below while it is being taken away.
const ABOVE: Statement = {
  name: 'castellan_above_places',
  text: `SELECT DISTINCT at.name AS type, a.external_id AS id
    FROM unnest($1::text[], $2::text[]) AS q(type, id)
    JOIN castellan.types t ON t.name = q.type JOIN castellan.objects o ON o.type_id = t.id AND o.external_id = q.id
    JOIN castellan.ancestry an ON an.descendant_id = o.id
    JOIN castellan.objects a ON a.id = an.ancestor_id JOIN castellan.types at ON at.id = a.type_id`,
};

/**
 * Runs writes in Prisma transactions, under advisory locks: under READ COMMITTED, two writes that each check what the other
 * changes (two last superusers, the two halves of a circle) would both pass.
 */
export class PrismaWrites extends Writes {
  constructor(private readonly database: Database) {
    super();
  }

  async write<Result>(author: Author, scope: WriteScope, work: (unit: WriteUnit) => Promise<Result>): Promise<Result> {
    // For all attempts together: whoever waits for the write does not care how many there were.
    const until = performance.now() + (this.database.options.transactionTimeout ?? WRITE_MS);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(author, scope, work, until - performance.now());
      } catch (error) {
        if (!isConflict(error) || attempt === ATTEMPTS || performance.now() > until)
          throw translateDatabaseError(error);
        await pause(5 * 2 ** attempt * Math.random());
      }
    }
  }

  #once<Result>(
    author: Author,
    scope: WriteScope,
    work: (unit: WriteUnit) => Promise<Result>,
    left: number,
  ): Promise<Result> {
    const timeout = Math.max(1, Math.round(left));
    const { acquireTimeout = 500 } = this.database.options;
    return this.database.prisma.$transaction(
      async (prisma) => {
        const sql = new PrismaExecutor(prisma);
        await lock(sql, scope);
        const changes = new ChangeLog(author);
        const result = await work(unitOf({ author, prisma, sql, changes }));
        await changes.flush(sql);
        return result;
      },
      { maxWait: Math.min(acquireTimeout, timeout), timeout },
    );
  }
}

/** Takes the locks of a write of that scope, until the transaction ends. */
export async function lock(sql: SqlExecutor, scope: WriteScope): Promise<void> {
  if (scope === 'apply') {
    const [taken] = await sql.query<{ alone: boolean }>(TRY_APPLY, []);
    if (taken?.alone !== true) throw new ApplyRunningError();
  }
  // Locks live in a table that all of the server shares: a large batch waits for every other write instead.
  if (scope === 'structure' || scope === 'apply' || scope.places.length > MOST_PLACE_LOCKS) {
    await takeLocks(sql, [{ name: STRUCTURE, exclusive: true }]);
    return;
  }
  // First of all, always: no object moves while it is held, so that what is above the places stays as it is then read.
  await takeLocks(sql, [{ name: STRUCTURE, exclusive: false }]);
  const places = scope.places.filter((place) => place !== null);
  const above =
    places.length === 0 ? [] : await sql.query<ObjectRef>(ABOVE, [names(places, 'type'), names(places, 'id')]);
  const wanted = [
    { name: EVERYWHERE, exclusive: false },
    ...above.map((place) => ({ name: lockName(place), exclusive: false })),
    ...scope.places.map((place) => ({ name: place ? lockName(place) : EVERYWHERE, exclusive: true })),
  ];
  await takeLocks(sql, wanted);
}

async function takeLocks(
  sql: SqlExecutor,
  wanted: readonly { readonly name: string; readonly exclusive: boolean }[],
): Promise<void> {
  await sql.query(LOCK, [wanted.map(({ name }) => name), wanted.map(({ exclusive }) => exclusive)]);
}

const lockName = (place: ObjectRef): string => `object ${refName(place)}`;
const names = (places: readonly ObjectRef[], part: keyof ObjectRef): string[] => places.map((place) => place[part]);

function unitOf(tx: Transaction): WriteUnit {
  return {
    authority: new Authority(tx.author, new Decider(new FactsStore(tx.sql)), new HoldingsStore(tx.sql)),
    users: new SqlUserWriter(tx),
    services: new SqlServiceWriter(tx),
    tokens: new SqlTokenWriter(tx),
    sessions: new SqlSessionWriter(tx),
    groups: new SqlGroupWriter(tx),
    providerGroups: new SqlProviderGroupWriter(tx),
    roles: new PrismaRoleWriter(tx),
    assignments: new PrismaAssignmentWriter(tx),
    types: new PrismaTypeWriter(tx),
    objects: new SqlObjectWriter(tx),
    grants: new SqlGrantWriter(tx),
    fileMarks: new SqlFileMarks(tx),
  };
}
