import type { AssignmentReader } from '../core/ports/assignments.js';
import type { ChangeReader } from '../core/ports/changes.js';
import type { Credentials } from '../core/ports/credentials.js';
import type { GrantReader } from '../core/ports/grants.js';
import type { GroupReader } from '../core/ports/groups.js';
import type { Explanations } from '../core/ports/explanations.js';
import type { SubjectLists } from '../core/ports/lists.js';
import type { ObjectReader } from '../core/ports/objects.js';
import type { ProviderUsers } from '../core/ports/provider-users.js';
import { Readiness } from '../core/ports/readiness.js';
import type { RoleReader } from '../core/ports/roles.js';
import type { ServiceReader } from '../core/ports/services.js';
import type { Tokens } from '../core/ports/tokens.js';
import type { TypeReader } from '../core/ports/types.js';
import type { UserReader } from '../core/ports/users.js';
import type { Writes } from '../core/ports/writes.js';
import { PostgresChangeReader } from './change-reader.js';
import { TranslatingExecutor } from './connections.js';
import { PostgresCredentials } from './credential-store.js';
import { Database, type DatabaseOptions } from './database.js';
import { decisionsOver, type DecisionStore } from './decision-store.js';
import { PgExecutor } from './executor.js';
import { PostgresExplanations } from './explanations-store.js';
import { PrismaAssignmentReader } from './records/assignment-store.js';
import { PostgresGrantReader } from './records/grant-list.js';
import { PrismaGroupReader } from './records/group-store.js';
import { PrismaObjectReader } from './records/object-store.js';
import { PrismaRoleReader } from './records/role-store.js';
import { PrismaServiceReader } from './records/service-store.js';
import { PrismaTypeReader } from './records/type-store.js';
import { PrismaUserReader } from './records/user-store.js';
import { PostgresProviderUsers } from './provider-user-store.js';
import { poolLoad, type StoreLoad } from './store-load.js';
import { PostgresSubjectLists } from './subject-lists.js';
import { PostgresTokens } from './token-store.js';
import { PrismaWrites } from './write-transactions.js';

/** The ports of the core, answered by one Postgres. */
export interface Store extends DecisionStore {
  readonly database: Database;
  readonly subjectLists: SubjectLists;
  readonly explanations: Explanations;
  readonly writes: Writes;
  readonly credentials: Credentials;
  readonly tokens: Tokens;
  readonly providerUsers: ProviderUsers;
  readonly changes: ChangeReader;
  readonly readiness: Readiness;
  readonly users: UserReader;
  readonly services: ServiceReader;
  readonly groups: GroupReader;
  readonly roles: RoleReader;
  readonly types: TypeReader;
  readonly objects: ObjectReader;
  readonly assignments: AssignmentReader;
  readonly grants: GrantReader;
  /** How much of the database's work is waiting, as of now. */
  load(): StoreLoad;
}

/** Opens the store over a database that is there and migrated. Connections are made as they are needed. */
export function openStore(options: DatabaseOptions): Store {
  const database = new Database(options);
  const { prisma, hot } = database;
  const decisions = decisionsOver(database);
  const { decider } = decisions;
  const [credentials, tokens] = [new PostgresCredentials(hot), new PostgresTokens(hot)];
  return {
    ...decisions,
    database,
    subjectLists: new PostgresSubjectLists(database.pool),
    explanations: new PostgresExplanations(database),
    writes: new PrismaWrites(database),
    credentials,
    tokens,
    providerUsers: new PostgresProviderUsers(hot),
    changes: new PostgresChangeReader(new TranslatingExecutor(new PgExecutor(database.pool))),
    readiness: new DatabaseReadiness(database),
    users: new PrismaUserReader(prisma),
    services: new PrismaServiceReader(prisma),
    groups: new PrismaGroupReader(prisma),
    roles: new PrismaRoleReader(prisma),
    types: new PrismaTypeReader(prisma),
    objects: new PrismaObjectReader(prisma),
    assignments: new PrismaAssignmentReader(prisma, decider),
    grants: new PostgresGrantReader(prisma, decider),
    load: () => ({
      pools: { decisions: poolLoad(database.decisions), writes: poolLoad(database.pool) },
      questions: { decisions: decisions.decisionLoad(), credentials: credentials.load, tokens: tokens.load },
    }),
    close: () => database.close(),
  };
}

class DatabaseReadiness extends Readiness {
  constructor(private readonly database: Database) {
    super();
  }

  check(): Promise<void> {
    return this.database.ping();
  }
}
