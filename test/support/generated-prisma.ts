import { createHash, randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PrismaPg } from '@prisma/adapter-pg';

const require = createRequire(import.meta.url);

/** Makes a Prisma client of the schema, whose generator has the output `./client`. It is generated once for each schema and version. */
export async function generatedPrisma<Client>(
  schema: string,
  databaseUrl: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<Client> {
  const { PrismaClient } = require(await generated(schema)) as { PrismaClient: new (options: object) => Client };
  return new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl }), ...options });
}

async function generated(schema: string): Promise<string> {
  const manifest = require.resolve('prisma/package.json');
  const { version } = require(manifest) as { version: string };
  const hash = createHash('sha256').update(version).update(schema).digest('hex').slice(0, 16);
  // Beside the packages that it imports.
  const folder = join(dirname(manifest), '..', '.castellan-test', hash);
  if (!existsSync(folder)) await generateInto(folder, schema, join(dirname(manifest), 'build', 'index.js'));
  return join(folder, 'client');
}

// Several test files may do this at once: the first to be done is the one that stays.
async function generateInto(folder: string, schema: string, command: string): Promise<void> {
  const draft = `${folder}.${randomUUID()}`;
  await mkdir(draft, { recursive: true });
  const file = join(draft, 'schema.prisma');
  await writeFile(file, schema);
  await promisify(execFile)(process.execPath, [command, 'generate', '--schema', file], {
    // The client needs no engine, but the command downloads one unless this names a file that exists.
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: file,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });
  await rename(draft, folder).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  });
}
