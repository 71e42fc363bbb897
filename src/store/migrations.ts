import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MigrationAdapter, SCHEMA } from './migration-adapter.js';
import { openMigrationEngine, type MigrationList, type SchemaEngine } from './migration-engine.js';
import { appliedMigrations, withMigrationLock } from './migration-lock.js';

/** Migrations that could not be applied; the message names the one that failed and what Postgres said. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  readonly code = 'migration_failed';
}

/** How to apply migrations. */
export interface MigrationOptions {
  /** takes lines for a person: what is applied, what is waited for */
  readonly log?: (line: string) => void;
  /** the folder that holds schema.prisma and migrations/; the package's own unless named */
  readonly prismaDir?: string;
}

// src/store and dist/store are equally deep, and prisma/ is in the published package.
const packagePrismaDir = fileURLToPath(new URL('../../prisma/', import.meta.url));
const noFilter = { externalTables: [], externalEnums: [] };

/**
 * Brings the database to the state of the migrations in `prisma/migrations`, and returns the names of those that this
 * call applied. Each one is a transaction. Several processes may call it at once: one works, the others wait for it.
 *
 * @throws MigrationError `migration_failed`
 */
export async function applyMigrations(databaseUrl: string, options: MigrationOptions = {}): Promise<string[]> {
  const { log = () => undefined, prismaDir = packagePrismaDir } = options;
  const migrations = await readMigrations(prismaDir);
  const names = migrations.migrationDirectories.map((directory) => directory.path);
  const isUpToDate = (applied: ReadonlySet<string>): boolean => names.every((name) => applied.has(name));
  try {
    const applied = await appliedMigrations(databaseUrl);
    warnOfUnknown(applied, names, log);
    // Loading the engine takes some 50 MB, and most starts have nothing to apply.
    if (isUpToDate(applied)) return [];
    return await withMigrationLock(databaseUrl, log, async () => {
      if (isUpToDate(await appliedMigrations(databaseUrl))) return [];
      return withEngine(new MigrationAdapter(databaseUrl, SCHEMA), prismaDir, log, async (engine) => {
        await forgetInterrupted(engine, migrations, log);
        return (await engine.applyMigrations({ migrationsList: migrations, filters: noFilter })).appliedMigrationNames;
      });
    });
  } catch (cause) {
    if (cause instanceof MigrationError) throw cause;
    throw new MigrationError(`The database can't be migrated: ${describe(cause)}`, { cause });
  }
}

/** The names of the migrations of this release, in their order. */
export async function packagedMigrations(): Promise<string[]> {
  return (await readMigrations(packagePrismaDir)).migrationDirectories.map((directory) => directory.path);
}

function warnOfUnknown(applied: ReadonlySet<string>, names: string[], log: (line: string) => void): void {
  const unknown = [...applied].filter((name) => !names.includes(name));
  if (unknown.length > 0) log(`The database has migrations of a newer release: ${unknown.join(', ')}.`);
}

/** A script that was cut off left nothing behind, as it is one transaction: only Prisma's record of it stands. */
async function forgetInterrupted(
  engine: SchemaEngine,
  migrationsList: MigrationList,
  log: (line: string) => void,
): Promise<void> {
  const { failedMigrationNames } = await engine.diagnoseMigrationHistory({
    migrationsList,
    optInToShadowDatabase: false,
    filters: noFilter,
  });
  for (const migrationName of failedMigrationNames) {
    await engine.markMigrationRolledBack({ migrationName });
    log(`Migration ${migrationName} had failed or been interrupted, and left nothing behind; it is tried again.`);
  }
}

/**
 * The SQL that would lead from what the migrations make to what `schema.prisma` describes; '' when they agree. It works
 * in a database of its own beside `databaseUrl`'s, so that user must be allowed to make one.
 *
 * @throws MigrationError `migration_failed` when the migrations can't be applied to an empty database
 */
export async function schemaDrift(databaseUrl: string, options: MigrationOptions = {}): Promise<string> {
  const { log = () => undefined, prismaDir = packagePrismaDir } = options;
  const migrations = await readMigrations(prismaDir);
  const schema = await readSchema(prismaDir);
  return withEngine(new MigrationAdapter(databaseUrl), prismaDir, log, async (engine) => {
    const result = await engine.diff({
      from: { tag: 'migrations', ...migrations },
      to: { tag: 'schemaDatamodel', files: [schema] },
      script: true,
      exitCode: null,
      filters: noFilter,
    });
    const script = (result.stdout ?? '').trim();
    return script === '-- This is an empty migration.' ? '' : script;
  });
}

async function withEngine<T>(
  adapter: MigrationAdapter,
  prismaDir: string,
  log: (line: string) => void,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  let current: string | undefined;
  const engine = await openMigrationEngine(await readSchema(prismaDir), adapter, (message) => {
    const name = /^Applying `(.+)`$/.exec(message)?.[1];
    if (name === undefined) return;
    current = name;
    log(`Applying migration ${name}.`);
  });
  try {
    return await work(engine);
  } catch (cause) {
    const reason = describe(adapter.scriptError ?? cause);
    throw new MigrationError(current === undefined ? reason : `Migration ${current} failed: ${reason}`, { cause });
  } finally {
    engine.free();
    await adapter.close();
  }
}

function describe(error: unknown): string {
  const { message, code, detail, hint, where } = error as Error & Record<'code' | 'detail' | 'hint' | 'where', string>;
  // The engine appends a trace of its own code.
  const said = message.split('\n   0: ')[0] || code;
  return [said, detail, hint, where].filter(Boolean).join('\n');
}

async function readSchema(prismaDir: string): Promise<{ path: string; content: string }> {
  const path = join(prismaDir, 'schema.prisma');
  return { path, content: await readFile(path, 'utf8') };
}

async function readMigrations(prismaDir: string): Promise<MigrationList> {
  const baseDir = join(prismaDir, 'migrations');
  const entries = await readdir(baseDir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: await readFile(join(baseDir, 'migration_lock.toml'), 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.toSorted().map(async (path) => {
        const value = await readFile(join(baseDir, path, 'migration.sql'), 'utf8');
        return { path, migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value } } };
      }),
    ),
  };
}
