// Imports a million grants, dumps them, and sees to it that both are the same: by the built command line, as anybody would.
//   npm run bench:bulk -- [--grants 1000000] [--objects 200000] [--rounds 1] [--write]
// It uses the database of DATABASE_URL, which must be empty, or an embedded one in a temporary folder; a second database is made beside it.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import pg from 'pg';
import { withDatabase } from './database.mjs';
import { addToPage } from './page.mjs';

const { values: options } = parseArgs({
  options: {
    grants: { type: 'string', default: '1000000' },
    objects: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});
const GRANTS = Number(options.grants);
const OBJECTS = Number(options.objects);
const ROUNDS = Number(options.rounds);
const PEOPLE = 10_000;
const ACTIONS = ['view', 'add', 'change', 'delete', 'grant'];
const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const say = (line) => process.stderr.write(`${line}\n`);

function* surroundings() {
  yield { kind: 'type', id: 'document' };
  for (let n = 0; n < PEOPLE; n += 1) yield { kind: 'user', username: `u${n}` };
  for (let n = 0; n < OBJECTS; n += 1) yield { kind: 'object', type: 'document', id: `d${n}` };
}

// Document after document, each shared with a few people.
function* grants() {
  const each = Math.ceil(GRANTS / OBJECTS);
  for (let n = 0; n < GRANTS; n += 1)
    yield {
      kind: 'grant',
      subject: `user:u${(n * 7919) % PEOPLE}`,
      permission: `document:${ACTIONS[n % ACTIONS.length]}`,
      object: `document:d${Math.floor(n / each)}`,
    };
}

async function write(path, rows) {
  const stream = createWriteStream(path);
  let lines = '';
  for (const row of rows) {
    lines += `${JSON.stringify(row)}\n`;
    if (lines.length < 65_536) continue;
    if (!stream.write(lines)) await once(stream, 'drain');
    lines = '';
  }
  stream.end(lines);
  await once(stream, 'finish');
}

/** Runs the command, and tells how long it took and how much memory it had at most. */
async function castellan(url, args, into) {
  const begun = performance.now();
  const child = spawn('/usr/bin/env', ['time', '-f', '%M', process.execPath, MAIN, ...args], {
    env: { PATH: process.env.PATH, DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let answer = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  if (into) child.stdout.pipe(createWriteStream(into));
  else child.stdout.setEncoding('utf8').on('data', (text) => (answer += text));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`castellan ${args.join(' ')} ended with ${status}: ${said}${answer}`);
  const seconds = (performance.now() - begun) / 1000;
  return { seconds, megabytes: Number(said.trim().split('\n').at(-1)) / 1024, answer };
}

async function digest(path) {
  const hash = createHash('sha256');
  for await (const line of createInterface({ input: createReadStream(path) })) hash.update(`${line}\n`);
  return hash.digest('hex');
}

/** Another database on the same server, made anew. */
async function beside(url, name) {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

async function measure(url, folder) {
  const [around, given, out, again] = ['around', 'given', 'out', 'again'].map((name) => join(folder, `${name}.ndjson`));
  await write(around, surroundings());
  await write(given, grants());
  const first = await surround(url, around);
  const taken = await castellan(url, ['import', given, '--json']);
  say(`imported in ${taken.seconds.toFixed(1)} s, ${taken.megabytes.toFixed(0)} MB`);
  const dumped = await castellan(url, ['dump', '--kind', 'grant'], out);
  say(`dumped in ${dumped.seconds.toFixed(1)} s, ${dumped.megabytes.toFixed(0)} MB`);
  if ((await digest(given)) !== (await digest(out))) throw new Error('What was dumped is not what was imported.');
  const repeated = await castellan(url, ['import', given, '--json']);
  const { counts } = JSON.parse(repeated.answer);
  if (counts.grant.unchanged !== GRANTS) throw new Error(`The repeat changed something: ${repeated.answer}`);
  const watched = await whileConnected(await beside(url, 'castellan_bench_watched'), around, given);
  await castellan(url, ['dump'], out);
  const copy = await beside(url, 'castellan_bench_copy');
  const restored = await castellan(copy, ['import', out, '--json']);
  await castellan(copy, ['dump'], again);
  if ((await digest(out)) !== (await digest(again))) throw new Error('The copy is not what it was made from.');
  const { size } = await stat(given);
  return { first, taken, watched, dumped, repeated, restored, size };
}

/** Makes the tables, and all that grants refer to. */
async function surround(url, around) {
  const env = { PATH: process.env.PATH, DATABASE_URL: url };
  await promisify(execFile)(process.execPath, [MAIN, 'migrate'], { env });
  return castellan(url, ['import', around, '--json']);
}

/** Imports grants while somebody else is connected, so that indexes stay as they are. */
async function whileConnected(url, around, given) {
  await surround(url, around);
  const other = new pg.Client(url);
  await other.connect();
  try {
    return await castellan(url, ['import', given, '--json']);
  } finally {
    await other.end();
  }
}

function report(rounds) {
  const total = GRANTS + OBJECTS + PEOPLE + 1;
  const best = (name) => rounds.map((round) => round[name]).toSorted((a, b) => a.seconds - b.seconds)[0];
  const row = (what, name, count) => {
    const { seconds, megabytes } = best(name);
    const rate = Math.round(count / seconds).toLocaleString('en');
    return `| ${what} | ${count.toLocaleString('en')} | ${seconds.toFixed(1)} | ${rate} | ${megabytes.toFixed(0)} MB |`;
  };
  return [
    `${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores (${cpus()[0].model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}; the command's start is part of each time; best of ${rounds.length}. What was dumped was what had been imported, line by line, and so was the dump of a database made from a dump.`,
    '',
    '| what | rows | s | rows a second | memory of the command |',
    '| --- | --- | --- | --- | --- |',
    row('import of users and objects', 'first', OBJECTS + PEOPLE + 1),
    row('import of grants', 'taken', GRANTS),
    row('the same, while somebody else is connected', 'watched', GRANTS),
    row('the same again: nothing changes', 'repeated', GRANTS),
    row('dump of the grants', 'dumped', GRANTS),
    row('import of a whole dump', 'restored', total),
  ].join('\n');
}

const folder = await mkdtemp(join(tmpdir(), 'castellan-bench-bulk-'));
try {
  await withDatabase(say, async ({ url }) => {
    const rounds = [];
    for (let n = 0; n < ROUNDS; n += 1) rounds.push(await measure(await beside(url, 'castellan_bench_bulk'), folder));
    const text = report(rounds);
    process.stdout.write(`${text}\n`);
    if (options.write) await addToPage('<!-- bulk -->', `${GRANTS.toLocaleString('en')} grants`, text);
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}
