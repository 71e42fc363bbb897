import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createService } from '../../src/app/service.js';
import { Passwords } from '../../src/auth/passwords.js';
import { operator } from '../../src/core/caller.js';
import { acquireEmbeddedPostgres, type EmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.js';
import { applyMigrations } from '../../src/store/migrations.js';
import { openStore, type Store } from '../../src/store/store.js';
import { query } from '../support/query.js';
import { PASSWORD } from '../support/service.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';

const ASKERS = 12;
const WRITERS = 3;
const user = (id: string) => ({ type: 'user', id });
const post = (id: string) => ({ type: 'post', id });

describe('a database that is killed under load, and started again', () => {
  let folder: TemporaryFolder;
  let postgres: EmbeddedPostgres;
  let store: Store;
  let app: NestFastifyApplication;
  const unexpected: unknown[] = [];

  beforeAll(async () => {
    folder = await temporaryFolder('restart');
    postgres = await acquireEmbeddedPostgres({ dataDir: join(folder.path, 'data'), log: () => {} });
    await applyMigrations(postgres.databaseUrl);
    store = openStore({ url: postgres.databaseUrl });
    const passwordHash = await new Passwords().hash(PASSWORD);
    await store.writes.write(operator('test', 'test'), 'structure', async (unit) => {
      for (const id of ['root', 'alice'])
        await unit.users.create({
          id,
          username: id,
          email: null,
          active: true,
          superuser: id === 'root',
          attributes: {},
          passwordHash,
        });
      await unit.types.create({ id: 'post', actions: ['view'], creatorActions: [] });
      for (const id of ['hers', 'other']) await unit.objects.create({ ...post(id), attributes: {} }, null);
      await unit.grants.create([{ subject: user('alice'), permission: 'post:view', object: post('hers') }]);
    });
    app = await createService({ store, publicUrl: undefined, report: (error) => unexpected.push(error) });
    await app.listen(0, '127.0.0.1');
  });
  afterAll(async () => {
    await app?.close();
    await store?.close();
    await postgres?.release();
    await folder?.remove();
  });

  const as = (username: string) => supertest.agent(app.getHttpServer()).auth(username, PASSWORD);

  async function killServer(): Promise<void> {
    const [row] = await query(postgres.databaseUrl, `SELECT current_setting('data_directory') AS folder`);
    const file = await readFile(join(String(row?.['folder']), 'postmaster.pid'), 'utf8');
    process.kill(Number(file.split('\n')[0]), 'SIGKILL');
  }

  it('makes no answer wrong and loses no write that was acknowledged; the service answers 503, and then again', async () => {
    const answers: { expected: boolean; status: number; decision: unknown }[] = [];
    const acknowledged: string[] = [];
    let going = true;
    const [alice, root] = [as('alice'), as('root')];
    const ask = async (n: number): Promise<void> => {
      for (let turn = n; going; turn += 1) {
        const expected = turn % 2 === 0;
        const resource = post(expected ? 'hers' : 'other');
        const question = { subject: user('alice'), action: { name: 'view' }, resource };
        const { status, body } = await alice.post('/access/v1/evaluation').send(question);
        answers.push({ expected, status, decision: body.decision });
      }
    };
    const write = async (n: number): Promise<void> => {
      for (let turn = 0; going; turn += 1) {
        const id = `g${n}-${turn}`;
        if ((await root.post('/api/v1/groups').send({ id })).status === 201) acknowledged.push(id);
      }
    };
    const work = [
      ...Array.from({ length: ASKERS }, (_, n) => ask(n)),
      ...Array.from({ length: WRITERS }, (_, n) => write(n)),
    ];
    const isReady = async (): Promise<boolean> => (await as('root').get('/health/ready')).status === 200;
    for (let round = 0; round < 2; round += 1) {
      const before = answers.filter(({ status }) => status === 200).length;
      while (answers.filter(({ status }) => status === 200).length < before + 40) await pause(10);
      await killServer();
      while (await isReady()) await pause(10);
      await postgres.ensureRunning();
      while (!(await isReady())) await pause(10);
    }
    const after = answers.length;
    while (answers.length < after + 40) await pause(10);
    going = false;
    await Promise.all(work);

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]));
    expect(answers.filter(({ status, expected, decision }) => status === 200 && decision !== expected)).toEqual([]);
    expect(answers.slice(-20).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    const groups = await query(
      postgres.databaseUrl,
      `SELECT external_id AS id FROM castellan.subjects WHERE type = 'group'`,
    );
    const kept = new Set(groups.map(({ id }) => id));
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    const [recorded] = await query(
      postgres.databaseUrl,
      `SELECT count(*)::int AS made FROM castellan.changes WHERE action = 'group.create'`,
    );
    const made = [...kept].filter((id) => String(id).startsWith('g') && String(id).includes('-'));
    expect(recorded?.['made']).toBe(made.length);
    expect(unexpected).toEqual([]);
  }, 120_000);
});
