// Fills a table of an app's own, and measures a page of it through Prisma, sorted by date: what each subject may view of it.
//   npm run bench:lists -- [--rows 100000] [--times 100] [--filled] [--write]
// It uses the database of DATABASE_URL, which must be empty (or --filled by an earlier run), or an embedded one in a temporary folder.
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { PrismaPg } from '@prisma/adapter-pg';
import { PATIENT } from '../dist/app/patience.js';
import { prismaView } from '../dist/app/prisma-view.js';
import { operator } from '../dist/core/caller.js';
import { accessModel } from '../dist/embed/access-model.js';
import { viewableRows } from '../dist/embed/viewable.js';
import { openStore } from '../dist/store/store.js';
import { fillRows } from './fill-rows.mjs';
import { withDatabase } from './database.mjs';
import { addToPage } from './page.mjs';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    times: { type: 'string', default: '100' },
    filled: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const rows = Number(options.rows);
const times = Number(options.times);
const require = createRequire(import.meta.url);

const say = (line) => process.stderr.write(`${line}\n`);
const view = prismaView({ type: 'document', idType: 'uuid' });
const SCHEMA = `
generator client {
  provider        = "prisma-client-js"
  output          = "./client"
  previewFeatures = ["views"]
}
datasource db {
  provider = "postgresql"
}
model Document {
  id        String           @id @db.Uuid
  title     String
  status    String
  createdAt DateTime         @map("created_at")
  access    DocumentAccess[]
  @@map("bench_documents")
}
${view.schema.slice(view.schema.indexOf('view '))}`;
const documents = accessModel({ type: 'document', columns: { status: 'text' } });

/** Beside the packages that it imports. */
async function generatedClient() {
  const manifest = require.resolve('prisma/package.json');
  const folder = join(dirname(manifest), '..', '.castellan-bench');
  const schema = join(folder, 'schema.prisma');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(schema, SCHEMA);
  execFileSync(process.execPath, [join(dirname(manifest), 'build', 'index.js'), 'generate', '--schema', schema], {
    stdio: 'ignore',
    // The client needs no engine, but the command downloads one unless this names a file that exists.
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: schema, CHECKPOINT_DISABLE: '1' },
  });
  return require(join(folder, 'client')).PrismaClient;
}

/** Who sees what; each a user of this name. */
const SUBJECTS = {
  three: 'three rows, by grants',
  percent: '1% of them, by grants',
  oldest: '1% of them, the oldest, by grants',
  expiring: '1% of them, by grants that expire',
  all: 'all of them, by grants',
  folder: 'all of them, below one folder',
  rule: 'all of them, by one rule',
  condition: 'a thousandth, by a rule with a condition',
};

async function register(url) {
  const store = openStore({ url, ...PATIENT });
  await store.writes.write(operator('bench', 'bench'), 'structure', async (unit) => {
    const actions = ['view', 'add', 'change', 'delete', 'grant'];
    for (const id of ['document', 'folder']) await unit.types.create({ id, actions, creatorActions: [] });
    for (const id of Object.keys(SUBJECTS))
      await unit.users.create({ id, username: id, email: null, active: true, superuser: false, attributes: {} });
  });
  await store.close();
}

const sorted = (numbers) => numbers.toSorted((one, other) => one - other);
const at = (numbers, share) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(share * numbers.length))];

async function timed(work) {
  const taken = [];
  for (let n = 0; n < times + 5; n += 1) {
    const before = performance.now();
    await work();
    if (n >= 5) taken.push(performance.now() - before);
    // What takes seconds is known soon.
    if (n >= 10 && taken.reduce((sum, each) => sum + each, 0) > 20_000) break;
  }
  return taken;
}

async function measure(url, PrismaClient) {
  const store = openStore({ url, ...PATIENT });
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 4 }) });
  const measured = [];
  try {
    for (const [id, what] of Object.entries(SUBJECTS)) {
      const subject = { type: 'user', id };
      const filter = () => viewableRows(store.rowRules, subject, documents);
      const page = async (where) => prisma.document.findMany({ where, orderBy: { createdAt: 'desc' }, take: 50 });
      const { where } = await filter();
      const [first] = await page(where);
      const filters = await timed(filter);
      const pages = await timed(async () => page((await filter()).where));
      const details = await timed(() => prisma.document.findFirst({ where: { AND: [where, { id: first.id }] } }));
      const plain = await timed(() => page({}));
      const line = {
        what,
        filter: at(filters, 0.5),
        page: at(pages, 0.5),
        slow: at(pages, 0.95),
        detail: at(details, 0.5),
        plain: at(plain, 0.5),
      };
      say(
        `${what}: page ${line.page.toFixed(2)} ms, of which the filter ${line.filter.toFixed(2)}; without a filter ${line.plain.toFixed(2)}`,
      );
      measured.push(line);
    }
  } finally {
    await prisma.$disconnect();
    await store.close();
  }
  return measured;
}

function report(measured) {
  const cells = ({ what, filter, page, slow, detail, plain }) =>
    [what, ...[page, slow, filter, detail, plain].map((each) => each.toFixed(2))].join(' | ');
  return [
    `${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores (${cpus()[0].model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}; a table of ${rows.toLocaleString('en')} rows with uuids; the newest 50 through Prisma, medians of ${times} in ms, one at a time.`,
    '',
    '| who sees | page | 95% within | of it, making the filter | one row by its id | page without a filter |',
    '| --- | --- | --- | --- | --- | --- |',
    ...measured.map((line) => `| ${cells(line)} |`),
  ].join('\n');
}

await withDatabase(say, async (database) => {
  if (!options.filled) {
    say(`Filling ${rows} rows…`);
    await register(database.url);
    await fillRows(database.url, rows, view.migration);
  }
  const text = report(await measure(database.url, await generatedClient()));
  process.stdout.write(`${text}\n`);
  if (options.write) await addToPage('<!-- lists -->', `${rows.toLocaleString('en')} rows`, text);
});
