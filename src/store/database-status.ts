import type { SqlExecutor } from './executor.js';
import { run } from './doctor-check.js';
import { appliedMigrations } from './migration-lock.js';
import { packagedMigrations } from './migrations.js';
import { onOwnConnection } from './own-connection.js';

/** How many there are; an estimate where counting them would take long. */
export interface Count {
  readonly count: number;
  readonly estimate: boolean;
}

/** What is counted. */
export type Counted = 'users' | 'services' | 'groups' | 'roles' | 'types' | 'objects' | 'assignments' | 'grants';

/** How a database is. */
export interface DatabaseStatus {
  /** Of the server, such as `18.0`. */
  readonly serverVersion: string;
  readonly sizeBytes: number;
  readonly migrations: {
    readonly latest: string | null;
    /** Those of this release that are not applied yet; any command does so. */
    readonly pending: readonly string[];
    /** Those of a newer release. */
    readonly unknown: readonly string[];
  };
  /** Null before the first migration. */
  readonly counts: Readonly<Record<Counted, Count>> | null;
  /** The newest row of the audit trail. */
  readonly lastChange: { readonly id: string; readonly at: string; readonly action: string } | null;
  /** Connections of services (by the name that they give), and of all programs beside this one. */
  readonly connections: { readonly services: number; readonly all: number };
}

// Up to here, counting takes a moment.
const MOST_COUNTED = 100_000;

const SERVER = `SELECT current_setting('server_version') AS "serverVersion", pg_database_size(current_database())::float8 AS "sizeBytes",
  (SELECT count(*) FROM pg_stat_activity a WHERE a.datname = current_database() AND a.application_name = 'castellan')::int AS services,
  (SELECT count(*) FROM pg_stat_activity a WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid())::int AS "all"`;

const ESTIMATES = `SELECT c.relname AS name, c.reltuples::float8 AS rows FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'castellan' AND c.relname IN ('subjects', 'types', 'objects', 'assignments', 'grants')`;

const LAST_CHANGE = `SELECT id::text AS id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at, action
  FROM castellan.changes ORDER BY id DESC LIMIT 1`;

/**
 * Tells how a database is, and changes nothing: it does not migrate either.
 *
 * @throws CastellanError `database_unavailable`, `overloaded`.
 */
export async function readDatabaseStatus(databaseUrl: string): Promise<DatabaseStatus> {
  const [applied, packaged] = await Promise.all([appliedMigrations(databaseUrl), packagedMigrations()]);
  const migrations = {
    latest: [...applied].toSorted().at(-1) ?? null,
    pending: packaged.filter((name) => !applied.has(name)),
    unknown: [...applied].filter((name) => !packaged.includes(name)),
  };
  const begin = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
  return onOwnConnection({ databaseUrl, name: 'castellan status' }, begin, async (sql) => {
    const [server] = await run<{ serverVersion: string; sizeBytes: number; services: number; all: number }>(
      sql,
      SERVER,
    );
    const { serverVersion = '', sizeBytes = 0, services = 0, all = 0 } = server ?? {};
    const isMade = applied.size > 0;
    const [lastChange = null] = isMade ? await run<NonNullable<DatabaseStatus['lastChange']>>(sql, LAST_CHANGE) : [];
    const counts = isMade ? await countAll(sql) : null;
    return { serverVersion, sizeBytes, migrations, counts, lastChange, connections: { services, all } };
  });
}

async function countAll(sql: SqlExecutor): Promise<Record<Counted, Count>> {
  const estimates = new Map(
    (await run<{ name: string; rows: number }>(sql, ESTIMATES)).map(({ name, rows }) => [name, Math.round(rows)]),
  );
  const exact = async (from: string): Promise<Count> => {
    const [row] = await run<{ count: number }>(sql, `SELECT count(*)::float8 AS count FROM castellan.${from}`);
    return { count: row?.count ?? 0, estimate: false };
  };
  const countOf = (table: string): Promise<Count> => {
    const rows = estimates.get(table) ?? 0;
    return rows > MOST_COUNTED ? Promise.resolve({ count: rows, estimate: true }) : exact(table);
  };
  const ofType = (type: string): Promise<Count> => exact(`subjects WHERE type = '${type}'`);
  const [services, groups, roles] = [await ofType('service'), await ofType('group'), await ofType('role')];
  const subjects = await countOf('subjects');
  const others = services.count + groups.count + roles.count;
  return {
    users: subjects.estimate ? { count: Math.max(0, subjects.count - others), estimate: true } : await ofType('user'),
    services,
    groups,
    roles,
    types: await exact('types WHERE NOT built_in'),
    objects: await countOf('objects'),
    assignments: await countOf('assignments'),
    grants: await countOf('grants'),
  };
}
