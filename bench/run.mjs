// Fills a database and measures the service over HTTP, beside the same service's route that answers a constant, in one run.
//   npm run bench -- [--documents 10000] [--seconds 10] [--connections 64] [--rounds 1] [--one-core] [--filled] [--only evaluation] [--write]
// It uses the database of DATABASE_URL, which must be empty, or an embedded one in a temporary folder.
// Where there is `taskset`, the service has one core and Postgres and the load share the other.
import { fork, spawnSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { PATIENT } from '../dist/app/patience.js';
import { Passwords } from '../dist/auth/passwords.js';
import { newTokenSecret } from '../dist/auth/token-secret.js';
import { operator } from '../dist/core/caller.js';
import { openStore } from '../dist/store/store.js';
import { countGrants, document, fill } from './fill.mjs';
import { load } from './load.mjs';
import { basic, PASSWORD, scenarios } from './service-scenarios.mjs';
import { withDatabase } from './database.mjs';
import { withIdentityProvider } from './identity-provider.mjs';
import { addToPage } from './page.mjs';

const { values: options } = parseArgs({
  options: {
    documents: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '64' },
    'one-core': { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    // How often each is measured, in turns: the medians are told.
    rounds: { type: 'string', default: '1' },
    // Only the scenarios whose names have this in them, beside the first two.
    only: { type: 'string', default: '' },
    // Measures a database that an earlier run has filled (DATABASE_URL names it).
    filled: { type: 'boolean', default: false },
  },
});
const documents = Number(options.documents);
const seconds = Number(options.seconds);
const rounds = Number(options.rounds);
const many = Number(options.connections);

const say = (line) => process.stderr.write(`${line}\n`);

function pin(pid, core) {
  return spawnSync('taskset', ['-a', '-cp', String(core), String(pid)]).status === 0;
}

// Postgres starts a process for each connection; all of them descend from the one that listens.
function pinPostgres(core) {
  const listed = spawnSync('pgrep', ['-x', 'postgres'], { encoding: 'utf8' });
  if (listed.status === 0) for (const pid of listed.stdout.trim().split('\n')) pin(Number(pid), core);
}

const grant = (user, permission, object = null, parts = {}) => ({
  subject: { type: 'user', id: user },
  permission,
  object,
  ...parts,
});
const at = (share) => ({ type: 'document', id: document(Math.floor(share * documents), documents) });

async function prepareUsers(url) {
  const store = openStore({ url, ...PATIENT });
  const passwordHash = await new Passwords().hash(PASSWORD);
  const user = (username, superuser = false) => ({
    id: username,
    username,
    email: null,
    active: true,
    superuser,
    attributes: {},
    passwordHash,
  });
  await store.writes.write(operator('bench', 'bench'), 'structure', async (unit) => {
    await unit.users.create(user('admin', true));
    await unit.users.update('u1', { passwordHash });
    for (const name of ['reader', 'colleague', 'guest', 'heir', 'collector', 'deep'])
      await unit.users.create(user(name));
    await unit.grants.create([
      // Sees everything, by one rule.
      grant('reader', 'document:view'),
      // Sees two hundred, far apart.
      ...Array.from({ length: 200 }, (_, n) => grant('colleague', 'document:view', at(n / 200))),
      // Sees three.
      ...[1, 2, 3].map((n) => grant('guest', 'document:view', at(n / 4))),
      // Sees every file, by what is above them.
      grant('heir', 'file:view', { type: 'folder', id: 'all' }, {}),
      // Sees what is of a rare color.
      grant('collector', 'document:view', null, { condition: { 'resource.color': 'rare' } }),
    ]);
    await prepareDepth(unit);
  });
  await store.close();
}

// Five groups in one another, five roles that include one another, ten folders in one another.
async function prepareDepth(unit) {
  for (let n = 1; n <= 5; n += 1) {
    await unit.groups.create({ id: `deep${n}`, description: null });
    await unit.groups.addMember(
      `deep${n}`,
      n === 1 ? { type: 'user', id: 'deep' } : { type: 'group', id: `deep${n - 1}` },
    );
    const rules = n === 1 ? [{ permission: 'document:view', effect: 'allow', condition: null, fields: null }] : [];
    await unit.roles.create({ id: `deep${n}`, description: null, rules, includes: n === 1 ? [] : [`deep${n - 1}`] });
  }
  let parent = null;
  for (let n = 1; n <= 10; n += 1) {
    const folder = { type: 'folder', id: `deep${n}` };
    await unit.objects.create({ ...folder, attributes: {}, parent }, null);
    parent = folder;
  }
  await unit.objects.create({ type: 'document', id: 'deep', attributes: {}, parent }, null);
  await unit.assignments.create({
    subject: { type: 'group', id: 'deep5' },
    role: 'deep5',
    object: { type: 'folder', id: 'deep1' },
  });
}

async function makeToken(url) {
  const store = openStore({ url, ...PATIENT });
  const { token, hash } = newTokenSecret();
  await store.writes.write(operator('bench', 'bench'), 'structure', (unit) =>
    unit.tokens.create({ user: 'u1', name: 'bench', hash, expiresAt: null, permissions: null }),
  );
  await store.close();
  return token;
}

async function signIn(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: 'u1', password: PASSWORD }),
  });
  const { csrfToken } = await answer.json();
  return { csrfToken, cookie: answer.headers.get('set-cookie').split(';')[0] };
}

// Without the action first: that ends what an earlier run has granted.
async function addPublishAction(port) {
  const usual = ['view', 'add', 'change', 'delete', 'grant'];
  for (const actions of [usual, [...usual, 'publish']]) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/types/document`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json', ...basic('admin') },
      body: JSON.stringify({ actions }),
    });
    if (!answer.ok) throw new Error(`The type could not be changed: ${await answer.text()}`);
  }
}

async function measure(url, grants, provider) {
  const child = fork(new URL('service.mjs', import.meta.url), [url, JSON.stringify(provider)], {
    execArgv: ['--max-semi-space-size=16', ...(process.env.PROF ? ['--cpu-prof', '--cpu-prof-dir=/tmp/prof'] : [])],
  });
  const port = await new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('The service did not start.')));
    child.on('message', (message) => {
      if (message.port) resolve(message.port);
      if (message.error) say(message.error);
    });
  });
  try {
    const pinned = pin(child.pid, 0) && pin(process.pid, 1);
    await addPublishAction(port);
    const session = await signIn(port);
    const token = await makeToken(url);
    const usage = () => told(child, 'usage');
    const rows = [];
    const wanted = scenarios({ session, token, jwt: provider.token }, { documents, many }).filter(
      ({ name }, index) => index < 2 || name.includes(options.only),
    );
    const results = wanted.map(() => []);
    // In turns, so that a machine that is busy for a while is busy for all of them.
    for (let round = 0; round < rounds; round += 1)
      for (const [n, { name: _, ...scenario }] of wanted.entries()) {
        if (round === 0) await load({ port, ...scenario, seconds: Math.min(3, seconds) });
        if (pinned) pinPostgres(options['one-core'] ? 0 : 1);
        const before = await usage();
        const result = await load({ port, ...scenario, seconds });
        results[n].push({ ...result, cpu: ((await usage()) - before) / result.requests });
      }
    for (const [n, { name, connections }] of wanted.entries()) {
      const middle = (of) => medianOf(results[n].map((result) => result[of]));
      const row = { perSecond: middle('perSecond'), median: middle('median'), p99: middle('p99'), cpu: middle('cpu') };
      say(
        `${name}, ${connections}: ${Math.round(row.perSecond)}/s, ${row.median.toFixed(3)} ms, ${Math.round(row.cpu)} µs of the service`,
      );
      rows.push({ name, connections, ...row });
    }
    return { rows, rss: await told(child, 'memory'), pinned, grants };
  } finally {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.send('stop');
    await gone;
  }
}

function told(child, what) {
  return new Promise((resolve) => {
    const listen = (message) => {
      if (message[what] === undefined) return;
      child.off('message', listen);
      resolve(message[what]);
    };
    child.on('message', listen);
    child.send(what);
  });
}

const medianOf = (numbers) => numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)];

function report({ rows, rss, pinned, grants }) {
  const share = rows[1].perSecond / rows[0].perSecond;
  const placed = !pinned
    ? 'nothing pinned to a core'
    : options['one-core']
      ? 'service and Postgres on one core, the load on another'
      : 'the service on one core, Postgres and the load on another';
  return [
    `${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores (${cpus()[0].model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}; ${documents.toLocaleString('en')} documents, ${grants.toLocaleString('en')} grants; ${placed}; ${rounds === 1 ? '' : `medians of ${rounds} rounds of `}${seconds} s each after a warm-up.`,
    '',
    '| what | connections | a second | median ms | p99 ms | µs of the service |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(
      (row) =>
        `| ${row.name} | ${row.connections} | ${Math.round(row.perSecond).toLocaleString('en')} | ${row.median.toFixed(2)} | ${row.p99.toFixed(2)} | ${Math.round(row.cpu)} |`,
    ),
    '',
    `Evaluation by Basic reached ${Math.round(share * 100)}% of the constant route. The service's resident memory at the end: ${Math.round(rss / 2 ** 20)} MB.`,
  ].join('\n');
}

await withDatabase(say, async (database) => {
  if (!options.filled) {
    say(`Filling ${documents} documents…`);
    await fill(database.url, documents, (done) => process.stderr.isTTY && process.stderr.write(`\r${done}`));
    await prepareUsers(database.url);
  }
  const grants = await countGrants(database.url);
  const text = report(await withIdentityProvider('u1', (provider) => measure(database.url, grants, provider)));
  process.stdout.write(`${text}\n`);
  if (options.write) await addToPage('<!-- runs -->', `${documents.toLocaleString('en')} documents`, text);
});
