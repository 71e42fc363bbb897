import { VersioningType } from '@nestjs/common';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthzModuleOptions } from '../../src/embed/authz-options.js';
import { DocumentsController, FoldersController } from '../support/embedding/documents.js';
import { plantDocuments } from '../support/embedding/documents-world.js';
import { PLATFORMS, startGuardedApp, type GuardedApp } from '../support/embedding/guarded-app.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';

let service: TestService;
let pool: pg.Pool;

beforeAll(async () => {
  service = await startTestService();
  await plantDocuments(service);
  await plantSecrets();
  pool = new pg.Pool({ connectionString: service.databaseUrl, max: 4 });
});
afterAll(async () => {
  await pool.end();
  await service.stop();
});

const SECRET = '01a20a90-11bb-7631-85cd-ce1033cea832';

/** Two documents in a folder that edith, who views and changes all others, may see nothing of. */
async function plantSecrets(): Promise<void> {
  const folder = { type: 'folder', id: 'secret' };
  await service.arrange(async (unit) => {
    await unit.objects.create({ ...folder, attributes: {} }, null);
    for (const id of [SECRET, '70'])
      await unit.objects.create({ type: 'document', id, parent: folder, attributes: {} }, null);
    await unit.grants.create(
      ['document:view', 'document:change'].map((permission) => ({
        subject: { type: 'user', id: 'edith' },
        permission,
        object: folder,
        effect: 'deny' as const,
      })),
    );
  });
}

const SOURCES: Readonly<Record<string, () => AuthzModuleOptions>> = {
  'a database': () => ({ databaseUrl: service.databaseUrl }),
  "the app's own pool": () => ({ pool }),
  'a service': () => {
    const { port } = service.app.getHttpServer().address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, username: 'gateway', password: PASSWORD };
  },
};

/** Who asks what, and the status of the answer. The body of a POST and the version come behind the path. */
const EXPECTED: readonly [who: string, request: string, status: number, body?: object][] = [
  // What one may view is shown, what one may not is not there, and nobody is asked to sign in.
  ['alice', 'GET /documents/1', 200],
  ['carol', 'GET /documents/1', 200],
  ['edith', 'GET /documents/1', 200],
  ['bob', 'GET /documents/1', 404],
  ['frank', 'GET /documents/1', 404],
  ['nobody', 'GET /documents/1', 401],
  ['nobody', 'GET /documents/2', 200],
  ['bob', 'GET /documents/2', 200],
  ['alice', 'GET /documents/2', 200],
  // An object that is not registered is decided by the rules placed everywhere.
  ['edith', 'GET /documents/unregistered', 200],
  ['alice', 'GET /documents/unregistered', 404],
  // By verb.
  ['alice', 'HEAD /documents/1', 200],
  ['bob', 'HEAD /documents/1', 404],
  ['alice', 'OPTIONS /documents/1', 200],
  ['bob', 'OPTIONS /documents/1', 404],
  ['nobody', 'OPTIONS /documents/1', 401],
  ['alice', 'PUT /documents/1', 200],
  ['alice', 'PATCH /documents/1', 200],
  ['carol', 'PUT /documents/1', 403],
  ['carol', 'PATCH /documents/1', 403],
  ['bob', 'PATCH /documents/1', 404],
  ['nobody', 'PATCH /documents/1', 401],
  ['nobody', 'PATCH /documents/2', 401],
  ['alice', 'DELETE /documents/1', 403],
  ['admin', 'DELETE /documents/1', 204],
  ['bob', 'DELETE /documents/1', 404],
  ['alice', 'POST /documents/1/publish', 200],
  ['edith', 'POST /documents/1/publish', 403],
  ['bob', 'POST /documents/1/publish', 404],
  // @All takes the verb of the request.
  ['carol', 'GET /documents/1/anything', 200],
  ['carol', 'HEAD /documents/1/anything', 200],
  ['carol', 'PATCH /documents/1/anything', 403],
  ['alice', 'PATCH /documents/1/anything', 200],
  ['alice', 'DELETE /documents/1/anything', 403],
  ['bob', 'GET /documents/1/anything', 404],
  ['admin', 'PROPFIND /documents/1/anything', 403],
  ['alice', 'SEARCH /documents/1/search', 200],
  ['bob', 'SEARCH /documents/1/search', 404],
  // Several paths of one method.
  ['carol', 'GET /documents/1/pages', 200],
  ['carol', 'GET /documents/1/leaves', 200],
  ['bob', 'GET /documents/1/pages', 404],
  ['bob', 'GET /documents/1/leaves', 404],
  // Lists, and what is said of the type as a whole.
  ['alice', 'GET /documents', 200],
  ['nobody', 'GET /documents', 200],
  ['nobody', 'HEAD /documents', 200],
  ['bob', 'GET /documents/in/7', 200],
  ['bob', 'POST /documents', 403],
  ['nobody', 'POST /documents', 401],
  ['edith', 'POST /documents', 201],
  ['edith', 'GET /documents/export', 200],
  ['alice', 'GET /documents/export', 403],
  ['nobody', 'GET /documents/export', 401],
  ['nobody', 'GET /documents/public', 200],
  ['nobody', 'GET /documents/mine', 401],
  ['bob', 'GET /documents/mine', 200],
  ['frank', 'GET /documents/mine', 401],
  // Resolvers.
  ['alice', 'GET /documents/by-slug/first', 200],
  ['bob', 'GET /documents/by-slug/first', 404],
  ['admin', 'GET /documents/by-slug/second', 404],
  ['nobody', 'GET /documents/by-slug/second', 401],
  ['carol', 'GET /documents/by-status/5?status=open', 200],
  ['carol', 'GET /documents/by-status/5?status=shut', 404],
  // Both: one rule everywhere and one on the object.
  ['edith', 'GET /documents/1/both', 200],
  ['edith', 'GET /documents/2/both', 200],
  ['edith', 'GET /documents/MiXed/both', 404],
  ['alice', 'GET /documents/1/both', 404],
  // Spellings.
  ['alice', 'GET /documents/a%2Fb', 200],
  ['bob', 'GET /documents/a%2Fb', 404],
  ['alice', 'GET /documents/MiXed', 200],
  ['alice', 'GET /documents/mixed', 404],
  ['alice', 'GET /documents/%31', 200],
  ['bob', 'GET /documents/%31', 404],
  ['admin', 'GET /documents/%00', 404],
  ['nobody', 'GET /documents/%00', 401],
  ['admin', `GET /documents/${'x'.repeat(90)}%0a`, 404],
  // A deny on what is above an object holds, however the id of it is written.
  ['edith', `GET /documents/${SECRET}`, 404],
  ['edith', `GET /documents/${SECRET.toUpperCase()}`, 404],
  ['edith', `GET /documents/%7B${SECRET}%7D`, 404],
  ['edith', `GET /documents/${SECRET.replaceAll('-', '')}`, 404],
  ['edith', `PATCH /documents/urn:uuid:${SECRET}`, 404],
  ['edith', 'GET /documents/70', 404],
  ['edith', 'GET /documents/070', 404],
  ['edith', 'GET /documents/%2070', 404],
  ['edith', 'PATCH /documents/+70', 404],
  ['edith', 'GET /documents/7', 200],
  // What is added below something is decided there.
  ['dave', 'POST /folders/7/documents', 201],
  ['dave', 'POST /folders/8/documents', 403],
  ['dave', 'POST /folders/9/documents', 403],
  ['alice', 'POST /folders/7/documents', 404],
  ['nobody', 'POST /folders/7/documents', 401],
  ['edith', 'POST /folders/7/documents', 404],
  ['dave', 'POST /folders/x/documents/by-body', 201, { in: { folder: '7' } }],
  ['dave', 'POST /folders/x/documents/by-body', 201, { in: { folder: 7 } }],
  ['dave', 'POST /folders/x/documents/by-body', 403, { in: { folder: '9' } }],
  ['dave', 'POST /folders/x/documents/by-body', 201, { in: { folder: '8' }, document: { status: 'draft' } }],
  ['dave', 'POST /folders/x/documents/by-body', 403, { in: { folder: '8' }, document: { status: 'done' } }],
  ['dave', 'POST /folders/x/documents/by-body', 404, { in: { folder: { id: '7' } } }],
  ['dave', 'POST /folders/x/documents/by-body', 403, {}],
  ['edith', 'POST /folders/x/documents/by-body', 201, {}],
  ['dave', 'POST /folders/x/documents/by-resolver', 201, { parent: 'folder:7' }],
  ['dave', 'POST /folders/x/documents/by-resolver', 403, { parent: 'folder:8' }],
  ['dave', 'POST /folders/x/documents/by-resolver', 404, { parent: 'folder' }],
];

describe.each(PLATFORMS)('an app on %s', (platform) => {
  describe.each(Object.entries(SOURCES))('guarded by %s', (_source, options) => {
    let app: GuardedApp;
    beforeAll(async () => {
      app = await startGuardedApp({
        platform,
        controllers: [DocumentsController, FoldersController],
        authz: options(),
        prepare: (nest) => nest.enableVersioning({ type: VersioningType.URI }),
      });
    });
    afterAll(() => app.stop());

    it.each(EXPECTED)('answers %s: %s with %i', async (who, request, status, body) => {
      const [verb = '', path = ''] = request.split(' ');
      const answer = await app.send(verb, path, { as: who === 'nobody' ? undefined : who, body });
      expect(answer.status).toBe(status);
      if (status < 400 || verb === 'HEAD') return;
      expect(answer.body).toEqual({
        type: `urn:castellan:error:${CODES[status]}`,
        title: expect.any(String),
        status,
        code: CODES[status],
        detail: expect.any(String),
      });
    });

    it('guards a route of one version like any other', async () => {
      expect((await app.send('GET', '/v2/documents/1/versioned', { as: 'carol' })).status).toBe(200);
      expect((await app.send('GET', '/v2/documents/1/versioned', { as: 'bob' })).status).toBe(404);
      expect((await app.send('GET', '/v2/documents/1/versioned')).status).toBe(401);
    });

    it('tells nobody what is hidden from what is not there', async () => {
      const [hidden, missing] = [
        await app.send('GET', '/documents/1', { as: 'bob' }),
        await app.send('GET', '/documents/there-is-none', { as: 'bob' }),
      ];
      expect(hidden.body).toEqual(missing.body);
    });

    it('guards whatever spelling of a path leads to a handler', async () => {
      for (const path of [
        '/documents/1/',
        '/Documents/1',
        '/documents//1',
        '/DOCUMENTS/1/pages',
        '//documents/1',
        '/documents/./1',
      ]) {
        const answer = await app.send('GET', path, { as: 'bob' });
        expect([path, answer.status]).toEqual([path, 404]);
      }
    });

    it('leads to handlers by no other spellings than those', async () => {
      const found = await Promise.all(
        ['/Documents/1', '/documents/1/', '/documents/./1'].map((path) => app.send('GET', path, { as: 'alice' })),
      );
      expect(found.map(({ status }) => status)).toEqual(platform === 'express' ? [200, 200, 404] : [404, 404, 404]);
    });

    it('gives the handler the object that the guard decided on', async () => {
      const bySlug = await app.send('GET', '/documents/by-slug/first', { as: 'alice' });
      expect(bySlug.body).toEqual({ type: 'document', id: '1' });
      const byStatus = await app.send('GET', '/documents/by-status/5?status=open', { as: 'carol' });
      expect(byStatus.body).toEqual({ type: 'note', id: '5', attributes: { status: 'open' } });
      expect((await app.send('GET', '/documents/a%2Fb', { as: 'alice' })).body).toEqual({
        type: 'document',
        id: 'a/b',
      });
    });

    it('gives the handler a checker of what its subject may do', async () => {
      expect((await app.send('GET', '/documents/1/rights', { as: 'alice' })).body).toEqual({
        change: true,
        both: false,
        many: [true, true, false],
        actions: ['view', 'change', 'publish'],
        everywhere: false,
        anywhere: true,
        nowhere: false,
        add: true,
        addAtRoot: false,
      });
      expect((await app.send('GET', '/documents/2/rights')).body).toEqual({
        change: false,
        both: false,
        many: [false, true, false],
        actions: ['view'],
        everywhere: false,
        anywhere: false,
        nowhere: false,
        add: false,
        addAtRoot: false,
      });
      expect((await app.send('GET', '/documents/3/rights', { as: 'edith' })).body).toMatchObject({
        change: true,
        both: false,
        many: [true, true, true],
        everywhere: true,
        anywhere: true,
        addAtRoot: true,
      });
    });

    it('refuses what a handler requires as the guard does', async () => {
      const require = async (as: string | undefined, object: string): Promise<number> =>
        (await app.send('PATCH', '/documents/2/checked', { as, body: { object } })).status;
      expect(await require('alice', 'document:1')).toBe(200);
      expect(await require('carol', 'document:1')).toBe(403);
      expect(await require('bob', 'document:1')).toBe(404);
      expect(await require(undefined, 'document:1')).toBe(401);
    });
  });
});

const CODES: Readonly<Record<number, string>> = { 401: 'not_authenticated', 403: 'forbidden', 404: 'not_found' };
