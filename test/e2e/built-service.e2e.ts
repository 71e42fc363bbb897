import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { demoPassword, endBuiltServices, startBuiltService, type BuiltService } from '../support/built-service.js';
import { databaseDoor, type DatabaseDoor } from '../support/database-door.js';
import { createEmptyDatabase, type TestDatabase } from '../support/postgres.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';

const ADMIN = { CASTELLAN_ADMIN_USERNAME: 'root', CASTELLAN_ADMIN_PASSWORD: 'a password of ours' };

const get = (service: BuiltService, path: string, user?: string, password?: string): Promise<Response> =>
  fetch(`${service.address}${path}`, {
    headers:
      user === undefined ? {} : { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
  });

async function until(condition: () => Promise<boolean>, seconds = 20): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('It did not come about in time.');
    await pause(50);
  }
}

afterEach(endBuiltServices);

describe('the built service with its own Postgres', () => {
  let folder: TemporaryFolder;
  let settings: Record<string, string>;

  beforeEach(async () => {
    folder = await temporaryFolder('built');
    settings = { CASTELLAN_DATA_DIR: join(folder.path, 'data') };
  });
  afterEach(() => folder.remove());

  it('prints passwords once, keeps what was written, and stops cleanly when told', async () => {
    const first = await startBuiltService(settings);
    const password = demoPassword(first);
    const admin = /Admin: admin, password: (\S+) \(shown this once/.exec(first.output())?.[1];
    expect(first.output().match(/^ {2}curl .*objects\/post$/gm)).toHaveLength(2);
    expect((await get(first, '/api/v1/auth/me', 'admin', admin)).status).toBe(200);
    expect(await first.stop()).toBe(0);

    const second = await startBuiltService(settings);
    expect(second.output()).not.toContain('password');
    const list = (await (await get(second, '/api/v1/objects/post', 'alice', password)).json()) as {
      items: { id: string }[];
    };
    expect(list.items.map((item) => item.id)).toEqual(['123']);
    expect(await second.stop()).toBe(0);
  });

  it('tells the passwords it made also when it then can not listen', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const failed = await startBuiltService({ ...settings, PORT: String(port) }).then(
      () => 'It started.',
      (error: Error) => error.message,
    );
    taken.close();
    expect(failed).toMatch(/share the password \S+ \(shown this once\)/);
    const password = /Admin: admin, password: (\S+) \(shown this once/.exec(failed)?.[1];
    const service = await startBuiltService(settings);
    expect((await get(service, '/api/v1/auth/me', 'admin', password)).status).toBe(200);
    expect(await service.stop()).toBe(0);
  });

  it('loads no demo when told so', async () => {
    const service = await startBuiltService({ ...settings, ...ADMIN, CASTELLAN_DEMO: 'off' });
    const types = (await (await get(service, '/api/v1/types', 'root', ADMIN.CASTELLAN_ADMIN_PASSWORD)).json()) as {
      items: { builtIn: boolean }[];
    };
    expect(types.items.every((type) => type.builtIn)).toBe(true);
    expect(service.output()).not.toContain(ADMIN.CASTELLAN_ADMIN_PASSWORD);
    await service.stop();
  });

  it('comes up again after a kill -9, with what was acknowledged', async () => {
    const killed = await startBuiltService({ ...settings, ...ADMIN });
    const made = await fetch(`${killed.address}/api/v1/groups`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Basic ${Buffer.from(`root:${ADMIN.CASTELLAN_ADMIN_PASSWORD}`).toString('base64')}`,
      },
      body: JSON.stringify({ id: 'kept' }),
    });
    expect(made.status).toBe(201);
    killed.process.kill('SIGKILL');
    await killed.stop();

    const next = await startBuiltService({ ...settings, ...ADMIN });
    expect((await get(next, '/api/v1/groups/kept', 'root', ADMIN.CASTELLAN_ADMIN_PASSWORD)).status).toBe(200);
    expect(await next.stop()).toBe(0);
  });

  it('starts its Postgres again when that is killed, and answers 503 meanwhile', async () => {
    const service = await startBuiltService({ ...settings, ...ADMIN });
    const client = new pg.Client(await embeddedUrl(settings['CASTELLAN_DATA_DIR'] ?? ''));
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query<{ data: string }>(`SELECT current_setting('data_directory') AS data`);
    const postmaster = Number((await readFile(join(rows[0]?.data ?? '', 'postmaster.pid'), 'utf8')).split('\n')[0]);
    process.kill(postmaster, 'SIGKILL');
    await until(async () => (await get(service, '/health/ready')).status === 503);
    await until(async () => (await get(service, '/health/ready')).status === 200);
    expect((await get(service, '/api/v1/auth/me', 'root', ADMIN.CASTELLAN_ADMIN_PASSWORD)).status).toBe(200);
    expect(await service.stop()).toBe(0);
  });
});

describe('the built service with a database of DATABASE_URL', () => {
  let database: TestDatabase;
  let door: DatabaseDoor;

  beforeEach(async () => {
    database = await createEmptyDatabase();
    door = await databaseDoor(database.databaseUrl);
  });
  afterEach(async () => {
    await door.shut();
    await database.drop();
  });

  it('waits for it, makes the superuser of the settings, and loads no demo', async () => {
    const starting = startBuiltService({ DATABASE_URL: door.databaseUrl, ...ADMIN });
    await pause(1500);
    await door.open();
    const service = await starting;
    const types = (await (await get(service, '/api/v1/types', 'root', ADMIN.CASTELLAN_ADMIN_PASSWORD)).json()) as {
      items: { builtIn: boolean }[];
    };
    expect(types.items.length).toBeGreaterThan(0);
    expect(types.items.every((type) => type.builtIn)).toBe(true);
    expect(service.output()).not.toContain(new URL(database.databaseUrl).password);
    expect(await service.stop()).toBe(0);
  });

  it('answers 503 with the reason while the database is away, lets nobody in, and recovers by itself', async () => {
    await door.open();
    const service = await startBuiltService({ DATABASE_URL: door.databaseUrl, ...ADMIN });
    expect((await get(service, '/health/ready')).status).toBe(200);
    await door.shut();
    const ready = await get(service, '/health/ready');
    expect(ready.status).toBe(503);
    expect(ready.headers.get('retry-after')).toBe('1');
    expect(await ready.json()).toMatchObject({ code: 'database_unavailable' });
    expect((await get(service, '/health/live')).status).toBe(200);
    expect((await get(service, '/api/v1/users', 'root', ADMIN.CASTELLAN_ADMIN_PASSWORD)).status).toBe(503);
    await door.open();
    await until(async () => (await get(service, '/health/ready')).status === 200, 5);
    expect((await get(service, '/api/v1/users', 'root', ADMIN.CASTELLAN_ADMIN_PASSWORD)).status).toBe(200);
    expect(await service.stop()).toBe(0);
  });
});

async function embeddedUrl(dataDir: string): Promise<string> {
  const { acquireEmbeddedPostgres } = await import('../../src/store/embedded/embedded-postgres.js');
  const embedded = await acquireEmbeddedPostgres({ dataDir, log: () => {} });
  await embedded.release();
  return embedded.databaseUrl;
}
