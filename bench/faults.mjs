// Kills the database under a service that is asked questions, starts it again, and measures what askers met: wrong answers, which there must be none of,
// and how long nothing was answered, before the database was back and after.
//   npm run bench:faults -- [--rounds 5] [--askers 32]
// It uses an embedded Postgres in a temporary folder.
import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { PATIENT } from '../dist/app/patience.js';
import { Passwords } from '../dist/auth/passwords.js';
import { operator } from '../dist/core/caller.js';
import { openStore } from '../dist/store/store.js';
import { withDatabase } from './database.mjs';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, askers: { type: 'string', default: '32' } },
});
const PASSWORD = 'bench-password';
const user = (id) => ({ type: 'user', id });
const post = (id) => ({ type: 'post', id });
const say = (line) => process.stderr.write(`${line}\n`);

async function prepareWorld(url) {
  const store = openStore({ url, ...PATIENT });
  const passwordHash = await new Passwords().hash(PASSWORD);
  await store.writes.write(operator('bench', 'bench'), 'structure', async (unit) => {
    const plain = { username: 'alice', email: null, active: true, superuser: false, attributes: {} };
    await unit.users.create({ id: 'alice', ...plain, passwordHash });
    await unit.types.create({ id: 'post', actions: ['view'], creatorActions: [] });
    for (const id of ['hers', 'other']) await unit.objects.create({ ...post(id), attributes: {} }, null);
    await unit.grants.create([{ subject: user('alice'), permission: 'post:view', object: post('hers') }]);
  });
  await store.close();
}

const agent = new http.Agent({ keepAlive: true });

function ask(port, id) {
  const body = JSON.stringify({ subject: user('alice'), action: { name: 'view' }, resource: post(id) });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve) => {
    const request = http.request(
      {
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/access/v1/evaluation',
        headers,
        agent,
        auth: `alice:${PASSWORD}`,
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode, text }));
      },
    );
    request.on('error', () => resolve({ status: 0, text: '' }));
    request.end(body);
  });
}

/** What all askers met, as it happened. */
class Askers {
  wrong = 0;
  counts = {};
  slowest = 0;
  lastAnswer = 0;
  firstAnswerSince = null;
  isGoing = true;
  #work;

  constructor(port) {
    this.#work = Array.from({ length: Number(options.askers) }, (_, n) => this.#ask(port, n));
  }

  async #ask(port, start) {
    for (let n = start; this.isGoing; n += 1) {
      const isHers = n % 2 === 0;
      const before = performance.now();
      const { status, text } = await ask(port, isHers ? 'hers' : 'other');
      const now = performance.now();
      this.slowest = Math.max(this.slowest, now - before);
      this.counts[status] = (this.counts[status] ?? 0) + 1;
      if (status !== 200) {
        await pause(20);
        continue;
      }
      if (JSON.parse(text).decision !== isHers) this.wrong += 1;
      this.lastAnswer = now;
      this.firstAnswerSince ??= now;
    }
  }

  async stop() {
    this.isGoing = false;
    await Promise.all(this.#work);
  }
}

async function postmasterOf(url) {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query(`SELECT current_setting('data_directory') AS folder`);
  await client.end();
  return Number((await readFile(join(rows[0].folder, 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

async function returned(url) {
  for (;;) {
    const client = new pg.Client(url);
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('SELECT 1');
      await client.end();
      return performance.now();
    } catch {
      await client.end().catch(() => {});
      await pause(5);
    }
  }
}

async function oneRound({ url, embedded }, askers) {
  await pause(1000);
  const postmaster = await postmasterOf(url);
  const killed = performance.now();
  process.kill(postmaster, 'SIGKILL');
  const back = returned(url);
  await pause(500);
  await embedded.ensureRunning();
  const returnedAt = await back;
  askers.firstAnswerSince = null;
  while (askers.firstAnswerSince === null) await pause(1);
  const after = Math.max(0, askers.firstAnswerSince - returnedAt);
  say(`away for ${Math.round(returnedAt - killed)} ms, answering ${after.toFixed(0)} ms after its return`);
  return { away: returnedAt - killed, after };
}

await withDatabase(say, async (database) => {
  await prepareWorld(database.url);
  const child = fork(new URL('service.mjs', import.meta.url), [database.url]);
  const port = await new Promise((resolve) => child.on('message', (message) => message.port && resolve(message.port)));
  const askers = new Askers(port);
  const rounds = [];
  for (let n = 0; n < Number(options.rounds); n += 1) rounds.push(await oneRound(database, askers));
  await askers.stop();
  const exited = child.exitCode !== null;
  child.send('stop');
  const most = (part) => Math.round(Math.max(...rounds.map((round) => round[part])));
  process.stdout.write(
    `${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores (${cpus()[0].model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}; ${options.askers} askers, the database killed ${rounds.length} times.
answers by status: ${JSON.stringify(askers.counts)}; wrong: ${askers.wrong}; the service ended: ${exited}
away at most ${most('away')} ms, answering again at most ${most('after')} ms after its return; the slowest answer took ${Math.round(askers.slowest)} ms\n`,
  );
  if (askers.wrong > 0 || exited) process.exitCode = 1;
});
