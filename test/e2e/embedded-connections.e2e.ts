import { Controller, Get, Param, Post } from '@nestjs/common';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectRef } from '../../src/core/model.js';
import { Authz } from '../../src/embed/authz.js';
import { openEngine, type AuthzModuleOptions } from '../../src/embed/authz-options.js';
import { Can } from '../../src/embed/can.decorator.js';
import type { Checker } from '../../src/embed/checker.js';
import { Target } from '../../src/nest/authorized-request.js';
import { Action, Public, Resource } from '../../src/nest/route-policy.js';
import { plantDocuments } from '../support/embedding/documents-world.js';
import { PLATFORMS, startGuardedApp, type GuardedApp } from '../support/embedding/guarded-app.js';
import { createEmptyDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';
import { startTestService, type TestService } from '../support/service.js';

@Resource('document')
@Controller('documents')
class DocumentsController {
  constructor(private readonly authz: Authz) {}

  @Get(':id')
  show(): string {
    return 'shown';
  }

  @Get(':id/rights')
  async rights(@Can() can: Checker, @Param('id') id: string): Promise<object> {
    return { actions: await can.actions(`document:${id}`), anywhere: await can.anywhere('publish', 'document') };
  }

  @Post(':id/written')
  @Action('view')
  async written(@Can() can: Checker, @Target() document: ObjectRef): Promise<object> {
    const client = new pg.Client(service.databaseUrl);
    await client.connect();
    try {
      const before = await can.check('publish', document);
      await client.query('BEGIN');
      const tx = this.authz.with(client);
      await tx.grants.create([{ subject: 'user:carol', permission: 'document:publish', object: document }]);
      const inside = await tx.check('publish', document);
      const outside = await can.check('publish', document);
      await client.query('COMMIT');
      const { rows } = await client.query(
        'SELECT actor_type, actor_id FROM castellan.changes ORDER BY id DESC LIMIT 1',
      );
      return { before, inside, outside, after: await can.check('publish', document), changes: rows };
    } finally {
      await client.end();
    }
  }

  @Public()
  @Get('of/:name')
  async of(@Can() can: Checker): Promise<boolean> {
    return can.anywhere('view', 'note');
  }
}

let service: TestService;
let app: GuardedApp | undefined;
const pools: pg.Pool[] = [];

beforeAll(async () => {
  service = await startTestService();
  await plantDocuments(service);
});
afterEach(async () => {
  await app?.stop();
  app = undefined;
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
});
afterAll(() => service.stop());

async function start(authz: AuthzModuleOptions): Promise<GuardedApp> {
  app = await startGuardedApp({ platform: 'fastify', controllers: [DocumentsController], authz });
  return app;
}

function poolOf(options: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: service.databaseUrl, max: 1, ...options });
  pools.push(pool);
  return pool;
}

const SETTINGS = `SELECT name, setting FROM pg_settings WHERE source <> 'override' OR name = 'transaction_isolation' ORDER BY name`;
const settingsOf = async (pool: pg.Pool): Promise<unknown[]> => (await pool.query(SETTINGS)).rows;

describe("an app's own pool", () => {
  it('comes back with its settings as they were, and in no transaction', async () => {
    const pool = poolOf({ options: '-c statement_timeout=12345 -c enable_hashjoin=on' });
    const before = await settingsOf(pool);
    const { send } = await start({ pool });
    // A lone question, several at once, the snapshots of lists, and what is refused.
    expect((await send('GET', '/documents/1', { as: 'alice' })).status).toBe(200);
    expect((await send('GET', '/documents/1', { as: 'bob' })).status).toBe(404);
    expect((await send('GET', '/documents/1/rights', { as: 'alice' })).body).toEqual({
      actions: ['view', 'change', 'publish'],
      anywhere: true,
    });
    await Promise.all(['alice', 'bob', 'carol'].map((as) => send('GET', '/documents/1', { as })));
    await send('GET', '/documents/of/carol', { as: 'carol' });
    expect(await settingsOf(pool)).toEqual(before);
    expect(pool.totalCount).toBe(1);
    const { rows } = await pool.query('SELECT now() <> statement_timestamp() AS inside');
    expect(rows).toEqual([{ inside: false }]);
  });

  it('is used under the settings that decisions are made under', async () => {
    const pool = poolOf();
    const seen: string[] = [];
    pool.on('connect', (client) => {
      const asked = client.query.bind(client) as (...args: unknown[]) => unknown;
      client.query = ((...args: unknown[]) => {
        const [text] = args;
        if (typeof text === 'string') seen.push(text);
        return asked(...args);
      }) as typeof client.query;
    });
    const { send } = await start({ pool });
    await send('GET', '/documents/1', { as: 'alice' });
    expect(seen[0]).toContain(`SET LOCAL plan_cache_mode = 'force_generic_plan'`);
    expect(seen.at(-1)).toBe('COMMIT');
  });

  it('is usable after a statement on it failed', async () => {
    const elsewhere = await createEmptyDatabase();
    const pool = poolOf({ connectionString: elsewhere.databaseUrl });
    const before = await settingsOf(pool);
    const { send } = await start({ pool });
    const answer = await send('GET', '/documents/1', { as: 'alice' });
    expect([answer.status, answer.body.code]).toEqual([503, 'database_unavailable']);
    expect(answer.text).not.toContain('castellan.');
    expect(await settingsOf(pool)).toEqual(before);
    expect(pool.totalCount).toBe(1);
    await app?.stop();
    app = undefined;
    await Promise.all(pools.splice(0).map((each) => each.end()));
    await elsewhere.drop();
  });

  it('whose connections are all taken makes requests wait no longer than they should', async () => {
    const pool = poolOf();
    const held = await pool.connect();
    const { send } = await start({ pool });
    const answer = await send('GET', '/documents/1', { as: 'alice' });
    expect([answer.status, answer.body.code]).toEqual([503, 'overloaded']);
    held.release();
    // What it was given too late it gives back.
    expect((await send('GET', '/documents/1', { as: 'alice' })).status).toBe(200);
    expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([1, 1, 0]);
  });

  it('may begin its transactions as it likes', async () => {
    const pool = poolOf({ options: '-c default_transaction_isolation=serializable' });
    const { send } = await start({ pool });
    expect((await send('GET', '/documents/1', { as: 'alice' })).status).toBe(200);
  });

  it('is the app’s own to end', async () => {
    const pool = poolOf();
    const { send, stop } = await start({ pool });
    await send('GET', '/documents/1', { as: 'alice' });
    await stop();
    app = undefined;
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('ids that there can not be', () => {
  const on = (id: string) => ({
    subject: { type: 'user', id: 'alice' },
    permission: { type: 'document', action: 'view' },
    object: { type: 'document', id },
  });

  it('are denied, and fail nobody whose questions travel with theirs', async () => {
    const engine = openEngine({ databaseUrl: service.databaseUrl });
    try {
      const ids = ['1', '', 'a\u0000', '\ud800', 'x'.repeat(5000), '1'];
      const alone = ids.map(async (id) => (await engine.decideAll([on(id)])).map(({ allowed }) => allowed));
      expect((await Promise.all(alone)).flat()).toEqual([true, false, false, false, false, true]);
      const together = await engine.decideAll(ids.map(on));
      expect(together.map(({ allowed }) => allowed)).toEqual([true, false, false, false, false, true]);
      expect(await engine.actions(on('a\u0000'))).toEqual([]);
      const nobody = { type: 'user', id: 'a\u0000' };
      expect(await engine.objects({ subject: nobody, type: 'document', action: 'view', limit: 1 })).toEqual({
        items: [],
        next: null,
      });
      expect(await engine.rulesOf(nobody)).toEqual({ rules: [], subjectAttributes: null });
    } finally {
      await engine.close();
    }
  });
});

describe('values as an app reads them', () => {
  const OIDS = [16, 20, 21, 23, 25, 114, 1043, 3802];
  const parsers = OIDS.map((oid) => [oid, pg.types.getTypeParser(oid)] as const);
  afterEach(() => {
    for (const [oid, parser] of parsers) pg.types.setTypeParser(oid, parser);
  });

  it('are its own affair: decisions read them as they always do', async () => {
    for (const oid of OIDS) pg.types.setTypeParser(oid, () => 'whatever the app makes of it');
    const { send } = await start({ databaseUrl: service.databaseUrl });
    expect((await send('GET', '/documents/1', { as: 'alice' })).status).toBe(200);
    expect((await send('GET', '/documents/1', { as: 'bob' })).status).toBe(404);
    expect((await send('GET', '/documents/1/rights', { as: 'alice' })).body).toEqual({
      actions: ['view', 'change', 'publish'],
      anywhere: true,
    });
  });
});

describe('a write in the app’s own transaction', () => {
  it.each(PLATFORMS)(
    'is seen by what the same request asks afterwards, and names who made it (%s)',
    async (platform) => {
      app = await startGuardedApp({
        platform,
        controllers: [DocumentsController],
        authz: { databaseUrl: service.databaseUrl },
      });
      const { body } = await app.send('POST', '/documents/1/written', { as: 'carol' });
      expect(body).toEqual({ before: false, inside: true, outside: false, after: true, changes: [expect.anything()] });
      expect(JSON.stringify(body.changes)).toContain('carol');
      await query(
        service.databaseUrl,
        `DELETE FROM castellan.grants g USING castellan.permissions p, castellan.subjects s
       WHERE p.id = g.permission_id AND p.action = 'publish' AND s.id = g.subject_id AND s.external_id = 'carol'`,
      );
    },
  );
});

describe('connections of the module’s own', () => {
  it('are closed with the app', async () => {
    const name = 'embedded-connections';
    const url = new URL(service.databaseUrl);
    const open = async (): Promise<unknown> =>
      (
        await query(service.databaseUrl, `SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = '${name}'`)
      )[0]?.['n'];
    await query(service.databaseUrl, `CREATE ROLE "${name}" LOGIN SUPERUSER PASSWORD 'secret'`);
    try {
      url.username = name;
      url.password = 'secret';
      const { send, stop } = await start({ databaseUrl: url.href });
      await send('GET', '/documents/1/rights', { as: 'alice' });
      expect(await open()).toBeGreaterThan(0);
      await stop();
      app = undefined;
      await expect.poll(open).toBe(0);
    } finally {
      await query(service.databaseUrl, `DROP ROLE "${name}"`);
    }
  });
});

describe('a database that is not there', () => {
  it('lets nobody in', async () => {
    const url = new URL(service.databaseUrl);
    url.port = '1';
    const { send } = await start({ databaseUrl: url.href });
    const answer = await send('GET', '/documents/1', { as: 'alice' });
    expect([answer.status, answer.body.code]).toEqual([503, 'database_unavailable']);
  });

  it('lets nobody in, where it is a service', async () => {
    const { send } = await start({ url: 'http://127.0.0.1:1', token: 'a-token' });
    const answer = await send('GET', '/documents/1', { as: 'alice' });
    expect([answer.status, answer.body.code]).toEqual([503, 'database_unavailable']);
    expect(answer.text).not.toContain('a-token');
  });
});
