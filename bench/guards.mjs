// Measures what the guard costs a Nest app on Fastify: its routes guarded, beside the same app unguarded, in one run.
//   node bench/guards.mjs [--documents 10000] [--seconds 3] [--rounds 5] [--connections 64] [--follow-requests]
// The two apps take turns, round by round, so that a machine that is busy for a moment is busy for both. Beside the requests that are answered in a
// second, which the load and the database on the other core bound as well, it tells the processor time that the app itself takes for one.
// It uses the database of DATABASE_URL, which must be empty, or an embedded one in a temporary folder.
// Where there is `taskset`, the app has one core and Postgres and the load share the other.
import { fork, spawnSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { PATIENT } from '../dist/app/patience.js';
import { operator } from '../dist/core/caller.js';
import { openStore } from '../dist/store/store.js';
import { document, fill } from './fill.mjs';
import { load, request } from './load.mjs';
import { withDatabase } from './database.mjs';

const AIM = 0.6;
const GRANTED = 200;
const { values: options } = parseArgs({
  options: {
    documents: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
    // As in an app that writes in transactions of its own.
    'follow-requests': { type: 'boolean', default: false },
  },
});
const documents = Number(options.documents);
const seconds = Number(options.seconds);
const rounds = Number(options.rounds);
const many = Number(options.connections);

const say = (line) => process.stderr.write(`${line}\n`);
const granted = (n) => document(Math.floor(((n % GRANTED) / GRANTED) * documents), documents);

function pin(pid, core) {
  return spawnSync('taskset', ['-a', '-cp', String(core), String(pid)]).status === 0;
}

// Of the embedded server alone: others that run on the machine stay as they are. What it starts from now on is where it is.
async function pinPostgres(url, core) {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query('SELECT pid FROM pg_stat_activity');
  await client.end();
  const backends = rows.map(({ pid }) => pid);
  const { stdout } = spawnSync('ps', ['-o', 'ppid=', '-p', backends.join(',')], { encoding: 'utf8' });
  for (const pid of new Set([...stdout.trim().split(/\s+/).map(Number), ...backends])) pin(pid, core);
}

async function prepareUsers(url) {
  const store = openStore({ url, ...PATIENT });
  const grant = (id, permission, object = null) => ({ subject: { type: 'user', id }, permission, object });
  await store.writes.write(operator('bench', 'bench'), 'structure', async (unit) => {
    for (const id of ['reader', 'writer', 'colleague'])
      await unit.users.create({ id, username: id, email: null, active: true, superuser: false, attributes: {} });
    await unit.grants.create([
      grant('reader', 'document:view'),
      grant('writer', 'document:view'),
      grant('writer', 'document:change'),
      ...Array.from({ length: GRANTED }, (_, n) =>
        grant('colleague', 'document:view', { type: 'document', id: granted(n) }),
      ),
    ]);
  });
  await store.close();
}

const asking = (user, id, method) => request({ method, path: `/documents/${id}`, headers: { 'x-user': user } });
const SCENARIOS = [
  { name: 'GET, allowed by a rule placed everywhere', next: (n) => asking('reader', document(n * 7919, documents)) },
  { name: `GET, allowed by a grant on the object, one of ${GRANTED}`, next: (n) => asking('colleague', granted(n)) },
  {
    name: 'PATCH: may it be viewed, and changed',
    next: (n) => asking('writer', document(n * 7919, documents), 'PATCH'),
  },
].flatMap(({ name, next }) => [many, 1].map((connections) => ({ name, next, connections })));

async function startApp(...args) {
  const child = fork(new URL('guarded-app.mjs', import.meta.url), args, { execArgv: ['--max-semi-space-size=16'] });
  const port = await new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('The app did not start.')));
    child.once('message', (message) => resolve(message.port));
  });
  return {
    port,
    isPinned: pin(child.pid, 0),
    usage: async () => {
      const told = new Promise((resolve) => child.once('message', resolve));
      child.send('usage');
      const { usage } = await told;
      return usage.user + usage.system;
    },
    stop: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.send('stop');
      await gone;
    },
  };
}

const medianOf = (numbers) => numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)];

async function measureOnce(app, scenario) {
  const before = await app.usage();
  const result = await load({ port: app.port, ...scenario, seconds });
  return { ...result, cpu: ((await app.usage()) - before) / result.requests };
}

async function measure({ url, embedded }) {
  const follow = options['follow-requests'] ? ['follow'] : [];
  const apps = [await startApp(), await startApp(url, ...follow)];
  const isPinned = apps.every((app) => app.isPinned) && pin(process.pid, 1);
  const rows = [];
  try {
    for (const { name, ...scenario } of SCENARIOS) {
      for (const { port } of apps) await load({ port, ...scenario, seconds });
      if (isPinned && embedded) await pinPostgres(url, 1);
      const results = [[], []];
      for (let round = 0; round < rounds; round += 1)
        for (const [n, app] of apps.entries()) results[n].push(await measureOnce(app, scenario));
      const [open, guarded] = results.map((each) => ({
        perSecond: medianOf(each.map(({ perSecond }) => perSecond)),
        median: medianOf(each.map(({ median }) => median)),
        p99: medianOf(each.map(({ p99 }) => p99)),
        cpu: medianOf(each.map(({ cpu }) => cpu)),
      }));
      const share = medianOf(results[1].map(({ perSecond }, round) => perSecond / results[0][round].perSecond));
      const cpuShare = medianOf(results[1].map(({ cpu }, round) => results[0][round].cpu / cpu));
      say(
        `${name}, ${scenario.connections}: ${Math.round(open.perSecond)}/s, guarded ${Math.round(guarded.perSecond)}/s`,
      );
      rows.push({ name, connections: scenario.connections, open, guarded, share, cpuShare });
    }
  } finally {
    for (const app of apps) await app.stop();
  }
  return { rows, isPinned };
}

function report({ rows, isPinned }) {
  const placed = isPinned
    ? 'the app on one core, the load and an embedded Postgres on another'
    : 'nothing pinned to a core';
  const atMany = rows.filter(({ connections }) => connections === many).map(({ share }) => share);
  const least = Math.min(...atMany);
  const whole = (number) => Math.round(number).toLocaleString('en');
  return [
    `${new Date().toISOString().slice(0, 10)}${options['follow-requests'] ? ', requests followed' : ''}: ${cpus().length} cores (${cpus()[0].model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}; ${documents.toLocaleString('en')} documents; ${placed}; medians of ${rounds} rounds of ${seconds} s.`,
    '',
    '| what | connections | unguarded a second | guarded a second | share | µs of the app, unguarded | guarded | share | median ms, unguarded | guarded |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(
      ({ name, connections, open, guarded, share, cpuShare }) =>
        `| ${name} | ${connections} | ${whole(open.perSecond)} | ${whole(guarded.perSecond)} | ${Math.round(share * 100)}% | ${whole(open.cpu)} | ${whole(guarded.cpu)} | ${Math.round(cpuShare * 100)}% | ${open.median.toFixed(2)} | ${guarded.median.toFixed(2)} |`,
    ),
    '',
    `At ${many} connections the guarded app reached ${Math.round(least * 100)}% of the unguarded one where it reached the least; the aim is ${AIM * 100}%.`,
  ].join('\n');
}

await withDatabase(say, async (database) => {
  say(`Filling ${documents} documents…`);
  await fill(database.url, documents, () => {});
  await prepareUsers(database.url);
  process.stdout.write(`${report(await measure(database))}\n`);
});
