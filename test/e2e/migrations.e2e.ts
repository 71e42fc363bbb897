import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyMigrations, schemaDrift } from '../../src/store/migrations.js';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { query as runSql } from '../support/query.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';

const MIGRATIONS = new URL('../../dist/store/migrations.js', import.meta.url);
const body = `
CREATE TABLE castellan.things (id integer NOT NULL, CONSTRAINT things_pkey PRIMARY KEY (id));
-- a comment; with a semicolon
CREATE FUNCTION castellan.answer() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 42; END $$;
`;
const schema = `
datasource db {
  provider = "postgresql"
  schemas  = ["castellan"]
}
model Thing {
  id Int @id
  @@map("things")
  @@schema("castellan")
}
`;

describe('migrations', () => {
  let database: TestDatabase;
  let folder: TemporaryFolder;

  beforeEach(async () => {
    folder = await temporaryFolder('migrations');
    await writeFile(join(folder.path, 'schema.prisma'), schema);
    await mkdir(join(folder.path, 'migrations'));
    await writeFile(join(folder.path, 'migrations', 'migration_lock.toml'), 'provider = "postgresql"\n');
    await write('20260101000000_things', body);
    database = await createEmptyDatabase();
  });
  afterEach(async () => {
    await database.drop();
    await folder.remove();
  });

  async function write(name: string, sql: string): Promise<void> {
    await mkdir(join(folder.path, 'migrations', name), { recursive: true });
    await writeFile(join(folder.path, 'migrations', name, 'migration.sql'), sql);
  }

  const query = (sql: string): Promise<Record<string, unknown>[]> => runSql(database.databaseUrl, sql);
  const apply = (log: (line: string) => void = () => undefined): Promise<string[]> =>
    applyMigrations(database.databaseUrl, { prismaDir: folder.path, log });

  it('leaves a database that schema.prisma describes to the letter', async () => {
    const migrated = await createTestDatabase();
    try {
      expect(await schemaDrift(migrated.databaseUrl)).toBe('');
      expect(await applyMigrations(migrated.databaseUrl)).toEqual([]);
    } finally {
      await migrated.drop();
    }
  });

  it('applies what is missing, once, and keeps its record in the schema castellan', async () => {
    expect(await apply()).toEqual(['20260101000000_things']);
    expect(await apply()).toEqual([]);
    expect(await query('SELECT castellan.answer()')).toEqual([{ answer: 42 }]);
    expect(await query(`SELECT schemaname FROM pg_tables WHERE tablename = '_prisma_migrations'`)).toEqual([
      { schemaname: 'castellan' },
    ]);

    await write('20260102000000_more', 'CREATE TABLE castellan.more (id integer);');
    expect(await apply()).toEqual(['20260102000000_more']);
  });

  it('sits beside the tables of an application', async () => {
    await query('CREATE TABLE public.accounts (id integer); CREATE TABLE public._prisma_migrations (mine integer)');
    expect(await apply()).toEqual(['20260101000000_things']);
    expect(await query('SELECT * FROM public._prisma_migrations')).toEqual([]);
  });

  it('needs no more than the right to make a schema, and puts nothing outside of it', async () => {
    const role = `ordinary_${randomUUID().replaceAll('-', '')}`;
    await query(`CREATE ROLE ${role} LOGIN PASSWORD 'ordinary'`);
    try {
      const url = new URL(database.databaseUrl);
      Object.assign(url, { username: role, password: 'ordinary' });
      const applyAsRole = (): Promise<string[]> => applyMigrations(url.href, { prismaDir: folder.path });
      await expect(applyAsRole()).rejects.toMatchObject({
        code: 'migration_failed',
        message: expect.stringContaining('permission denied for database') as string,
      });
      await query(`GRANT CREATE ON DATABASE ${url.pathname.slice(1)} TO ${role}`);
      expect(await applyAsRole()).toEqual(['20260101000000_things']);
      expect(await query(`SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace`)).toEqual([]);
    } finally {
      await query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
    }
  });

  it('names the migration that failed and what Postgres said, leaves nothing of it, and goes on once it is mended', async () => {
    await write('20260102000000_broken', 'CREATE TABLE castellan.half (id integer); SELECT * FROM castellan.nowhere;');
    await expect(apply()).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringMatching(/20260102000000_broken.*"castellan.nowhere" does not exist/) as string,
    });
    expect(await query(`SELECT to_regclass('castellan.half') AS half`)).toEqual([{ half: null }]);

    await write('20260102000000_broken', 'CREATE TABLE castellan.half (id integer);');
    expect(await apply()).toEqual(['20260102000000_broken']);
  });

  it('goes on after a start that was killed in the middle of a migration', async () => {
    await apply();
    await query(`UPDATE castellan._prisma_migrations SET finished_at = NULL, applied_steps_count = 0;
      DROP TABLE castellan.things; DROP FUNCTION castellan.answer`);
    const lines: string[] = [];
    expect(await apply((line) => lines.push(line))).toEqual(['20260101000000_things']);
    expect(lines[0]).toContain('20260101000000_things had failed or been interrupted');
  });

  it('does not apply again what was killed before the engine could record it', async () => {
    await write(
      '20260102000000_trap',
      `CREATE FUNCTION castellan.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'killed here'; END $$;
       CREATE TRIGGER refuse BEFORE UPDATE OF applied_steps_count ON castellan._prisma_migrations
         FOR EACH ROW EXECUTE FUNCTION castellan.refuse();`,
    );
    await expect(apply()).rejects.toThrow('killed here');
    expect(await apply()).toEqual([]);
  });

  it('lets processes that start at once take turns', async () => {
    const slow = `${body} SELECT pg_sleep(0.3);`;
    await write('20260101000000_things', slow);
    const applied = await Promise.all([apply(), apply(), apply()]);
    expect(applied.flat()).toEqual(['20260101000000_things']);
  });

  it('leaves nothing behind that keeps a process up', async () => {
    const program = `import { applyMigrations } from ${JSON.stringify(MIGRATIONS.href)};
      const applied = await applyMigrations(process.argv[1]);
      console.log(JSON.stringify({ applied: applied.length > 0, timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout') }));`;
    const args = ['--input-type=module', '--eval', program, database.databaseUrl];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(JSON.parse(stdout)).toEqual({ applied: true, timers: [] });
  });

  it('shows what schema.prisma has beyond the migrations', async () => {
    await apply();
    await writeFile(join(folder.path, 'schema.prisma'), schema.replace('id Int @id', 'id Int @id\n  name String?'));
    const drift = await schemaDrift(database.databaseUrl, { prismaDir: folder.path });
    expect(drift).toContain('ALTER TABLE "castellan"."things" ADD COLUMN     "name" TEXT');
    expect(await query(`SELECT datname FROM pg_database WHERE datname LIKE 'castellan_shadow_%'`)).toEqual([]);
  });
});
