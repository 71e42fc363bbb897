import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESCRIBED_ROUTES } from '../../src/app/openapi/described-routes.js';
import { pathOf, type OpenApiDocument } from '../../src/app/openapi/openapi-document.js';
import { endBuiltServices, startBuiltService, type BuiltService } from '../support/built-service.js';
import { createEmptyDatabase, type TestDatabase } from '../support/postgres.js';

const PAGE = new URL('../../dist/app/openapi/page/', import.meta.url);
const SWAGGER = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

describe('the built service', () => {
  let database: TestDatabase;
  let service: BuiltService;

  beforeAll(async () => {
    database = await createEmptyDatabase();
    service = await startBuiltService({ DATABASE_URL: database.databaseUrl });
  });
  afterAll(async () => {
    await service.stop();
    endBuiltServices();
    await database.drop();
  });

  it('describes every route', async () => {
    const document = (await (await fetch(`${service.address}/openapi.json`)).json()) as OpenApiDocument;
    const paths = [...DESCRIBED_ROUTES.keys()].map((route) => pathOf(route.replace(/^\w+ /, '')));
    expect(Object.keys(document.paths).toSorted()).toEqual([...new Set(paths)].toSorted());
  });

  it('has the page of /docs, with files of its own', async () => {
    const html = await (await fetch(`${service.address}/docs`)).text();
    const links = [...html.matchAll(/"(docs\/[^"]+)"/g)].map(([, link = '']) => link);
    expect(links).toHaveLength(3);
    for (const link of links) {
      const answer = await fetch(`${service.address}/${link}`);
      const name = link.replace(/^docs\/|\?.*$/g, '');
      expect(answer.headers.get('cache-control'), link).toBe('public, max-age=31536000, immutable');
      expect(await answer.text(), link).toBe(await readFile(new URL(name, PAGE), 'utf8'));
    }
  });

  it.each([
    ['swagger-ui-bundle.js', 'swagger-ui-bundle.js'],
    ['swagger-ui.css', 'swagger-ui.css'],
    ['swagger-ui-bundle.js.LICENSE.txt', 'swagger-ui-bundle.js.LICENSE.txt'],
    ['swagger-ui-LICENSE.txt', 'LICENSE'],
    ['swagger-ui-NOTICE.txt', 'NOTICE'],
  ])('has its own copy of %s', async (copy, original) => {
    expect((await readFile(new URL(copy, PAGE))).equals(await readFile(join(SWAGGER, original)))).toBe(true);
  });
});
