import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { castellan } from '../support/castellan-command.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

describe('castellan status', () => {
  let database: TestDatabase;
  const status = (...args: string[]) => castellan({ DATABASE_URL: database.databaseUrl }, ['status', ...args]);

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('tells of the database, its tables and what is in them', async () => {
    await query(
      database.databaseUrl,
      `INSERT INTO castellan.subjects (type, external_id) VALUES ('user', 'alice'), ('user', 'bob'), ('group', 'staff');
       INSERT INTO castellan.changes (actor_type, actor_id, action, target_type, target_id, request_id) VALUES ('user', 'alice', 'user.create', 'user', 'bob', 'x')`,
    );
    const ended = await status('--json');
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    const exact = (count: number): object => ({ count, estimate: false });
    expect(JSON.parse(ended.stdout)).toEqual({
      version,
      embedded: null,
      database: {
        serverVersion: expect.stringMatching(/^\d+/) as string,
        sizeBytes: expect.any(Number) as number,
        migrations: { latest: expect.stringMatching(/^2026\d+_\w+$/) as string, pending: [], unknown: [] },
        counts: {
          users: exact(2),
          services: exact(0),
          groups: exact(3),
          roles: exact(0),
          types: exact(0),
          objects: { count: expect.any(Number) as number, estimate: false },
          assignments: exact(0),
          grants: exact(0),
        },
        lastChange: {
          id: expect.any(String) as string,
          at: expect.stringMatching(/Z$/) as string,
          action: 'user.create',
        },
        connections: { services: 0, all: expect.any(Number) as number },
      },
    });
    await query(
      database.databaseUrl,
      `UPDATE pg_class SET reltuples = 3000000 WHERE relname = 'grants' AND relnamespace = 'castellan'::regnamespace`,
    );
    const { stdout } = await status();
    expect(stdout).toMatch(/^castellan +\d/);
    expect(stdout).toMatch(/^users +2$/m);
    expect(stdout).toMatch(/^grants +about 3000000 \(an estimate\)$/m);
  });

  it('neither migrates nor makes anything, and exits with 69 where there is no database', async () => {
    await query(database.databaseUrl, 'DROP SCHEMA castellan CASCADE');
    const bare = await status('--json');
    expect(JSON.parse(bare.stdout)).toMatchObject({
      database: { migrations: { latest: null }, counts: null, lastChange: null },
    });
    expect((await status()).stdout).toMatch(/migrated to +nothing yet, \d+ to come: castellan migrate/);
    expect(await query(database.databaseUrl, `SELECT FROM pg_namespace WHERE nspname = 'castellan'`)).toEqual([]);
    const nowhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
    expect(await castellan(nowhere, ['status', '--wait', '1'])).toMatchObject({ status: 69, stdout: '' });
    const folder = await temporaryFolder('status');
    const settings = { CASTELLAN_DATA_DIR: join(folder.path, 'data') };
    const none = await castellan(settings, ['status', '--json']);
    expect(none).toMatchObject({ status: 69, stdout: '' });
    expect(JSON.parse(none.stderr)).toMatchObject({
      error: { code: 'database_unreachable', message: expect.stringContaining('castellan serve makes one') as string },
    });
    await folder.remove();
  });

  it('asks a service whether it is ready, and exits with 69 when it is not', async () => {
    let answer = 200;
    let body = '{"status":"ok"}';
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(answer).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await castellan({}, ['status', '--url', url])).toEqual({
      status: 0,
      stdout: `The service at ${url} is ready.\n`,
      stderr: '',
    });
    body = '<h1>Welcome</h1>';
    expect(await castellan({}, ['status', '--url', url])).toEqual({
      status: 69,
      stdout: `What answers at ${url} is no Castellan service.\n`,
      stderr: '',
    });
    answer = 503;
    const away = await castellan({}, ['status', '--url', url, '--json']);
    expect([away.status, JSON.parse(away.stdout)]).toEqual([
      69,
      { version, service: { url, ready: false, status: 503 } },
    ]);
    server.close();
    expect(await castellan({}, ['status', '--url', url, '--wait', '1'])).toMatchObject({
      status: 69,
      stdout: `The service at ${url} does not answer.\n`,
    });
    expect(asked).toEqual(['/health/ready', '/health/ready', '/health/ready']);
    expect((await castellan({}, ['status', '--url', 'ftp://x'])).status).toBe(64);
    const signedIn = await castellan({}, ['status', '--url', 'http://alice:secret@127.0.0.1:1', '--json']);
    expect(signedIn).toMatchObject({ status: 64, stdout: '', stderr: expect.not.stringContaining('secret') as string });
  });
});
