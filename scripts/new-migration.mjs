// `node scripts/new-migration.mjs NAME` writes the migration that leads from those in prisma/migrations to
// prisma/schema.prisma, found with a database that is thrown away. Read it, add what Prisma can't express, commit it.
import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runnerImport } from 'vite';

const root = resolve(import.meta.dirname, '..');
const name = process.argv[2];
if (name === undefined || !/^[a-z0-9_]+$/.test(name)) {
  console.error('Usage: node scripts/new-migration.mjs NAME, where NAME is of a-z, 0-9 and _, such as add_tenants');
  process.exit(2);
}

// From source: a changed schema often stops the rest from compiling.
const { acquireEmbeddedPostgres } = await load('src/store/embedded/embedded-postgres.ts');
const { schemaDrift } = await load('src/store/migrations.ts');

// Root's server runs as someone else, and root's TMPDIR may be closed to others.
const folder = join(process.getuid?.() === 0 ? '/tmp' : tmpdir(), `castellan-new-migration-${randomUUID()}`);
try {
  const postgres = await acquireEmbeddedPostgres({
    dataDir: folder,
    settings: { fsync: 'off' },
    log: () => undefined,
  });
  try {
    await write(await schemaDrift(postgres.databaseUrl, { prismaDir: join(root, 'prisma') }));
  } finally {
    await postgres.release();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function load(file) {
  return (await runnerImport(join(root, file))).module;
}

async function write(sql) {
  if (sql === '') {
    console.log('The migrations and prisma/schema.prisma agree; there is nothing to write.');
    return;
  }
  const time = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const target = join(root, 'prisma', 'migrations', `${time}_${name}`);
  await mkdir(target, { recursive: true });
  await writeFile(join(target, 'migration.sql'), `${sql}\n`);
  console.log(`Wrote ${join(target, 'migration.sql')}`);
}
