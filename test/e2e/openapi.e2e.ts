import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenApiDocument } from '../../src/app/openapi/openapi-document.js';
import { ERRORS } from '../../src/core/errors.js';
import { declaredRoutes } from '../../src/nest/undeclared-routes.js';
import { servedRoutes } from '../support/routes.js';
import { startTestService, type TestService } from '../support/service.js';

type Part = Readonly<Record<string, unknown>>;
interface Content {
  readonly schema: Part;
  readonly examples?: Readonly<Record<string, { readonly value?: unknown; readonly $ref?: string }>>;
  readonly example?: unknown;
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security: readonly Part[];
  readonly parameters: readonly { readonly name?: string; readonly in?: string; readonly $ref?: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<
    Record<string, { readonly $ref?: string; readonly content?: Readonly<Record<string, Content>> }>
  >;
}

describe('the OpenAPI document', () => {
  let service: TestService;
  let document: OpenApiDocument;
  let operations: [route: string, operation: Operation][];

  beforeAll(async () => {
    service = await startTestService();
    document = (await service.as().get('/openapi.json').expect(200)).body as OpenApiDocument;
    operations = Object.entries(document.paths).flatMap(([path, verbs]) =>
      Object.entries(verbs).map(([verb, operation]): [string, Operation] => [
        `${verb.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
        operation as unknown as Operation,
      ]),
    );
  });
  afterAll(() => service.stop());

  const operation = (route: string): Operation => {
    const found = operations.find(([name]) => name === route)?.[1];
    if (!found) throw new Error(`${route} is not in the document.`);
    return found;
  };
  const codesOf = (of: Operation): string[] =>
    Object.values(of.responses).flatMap(({ $ref }) =>
      $ref === undefined ? [] : ($ref.split('/').pop() ?? '').split('.'),
    );

  it('is valid by OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document) as never);
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(document.openapi).toMatch(/^3\.1\./);
  });

  it('holds every route that there is, and no other', () => {
    const served = servedRoutes(service.app).filter((route) => !route.startsWith('HEAD '));
    expect(operations.map(([route]) => route).toSorted()).toEqual(served.toSorted());
  });

  it('names each operation once, in the order and the words of its routes', () => {
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z][a-zA-Z]*$/.test(id))).toEqual([]);
    const tags = new Set(document.tags.map(({ name }) => name));
    expect(
      operations.filter(([, { summary, tags: of }]) => summary === '' || !of.every((tag) => tags.has(tag))),
    ).toEqual([]);
  });

  it('tells the version of the package, and where the service is reached', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(document.info.version).toBe(version);
    expect(document.servers).toEqual([{ url: '/' }]);
    expect(document.components['securitySchemes']).toMatchObject({ session: { in: 'cookie', name: 'castellan.sid' } });
    const elsewhere = await startTestService({ publicUrl: new URL('https://access.example.com/castellan/') });
    const { body } = await elsewhere.as().get('/openapi.json').expect(200);
    await elsewhere.stop();
    expect(body.servers).toEqual([{ url: 'https://access.example.com/castellan' }]);
    expect(body.components.securitySchemes.session.name).toBe('__Host-castellan.sid');
  });

  it('describes every parameter of a path, in its order', () => {
    for (const [route, { parameters }] of operations) {
      const described = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      expect(described, route).toEqual([...route.matchAll(/:(\w+)/g)].map(([, name]) => name));
    }
  });

  it('asks for a sign-in where the route does, and for the CSRF token where a session needs it', () => {
    for (const { route, verb, policy } of declaredRoutes(service.app)) {
      const { security } = operation(route);
      const session = verb === 'GET' ? { session: [] } : { session: [], csrfToken: [] };
      const ways = [{ basic: [] }, { token: [] }, session];
      if (policy.access === 'public') expect(security, route).toEqual([]);
      else expect(security, route).toEqual(policy.access === 'signed-in' ? ways : [...ways, {}]);
    }
  });

  it('tells what each kind of route can be refused by', () => {
    const everywhere = ['malformed_request', 'internal', 'overloaded', 'database_unavailable'];
    for (const [route, of] of operations) expect(codesOf(of), route).toEqual(expect.arrayContaining(everywhere));
    const bySignIn = ['not_authenticated', 'invalid_credentials', 'invalid_token', 'too_many_attempts'];
    expect(codesOf(operation('GET /api/v1/users/:id'))).toEqual(expect.arrayContaining([...bySignIn, 'not_found']));
    expect(codesOf(operation('POST /api/v1/grants'))).toEqual(
      expect.arrayContaining([...bySignIn, 'cross_site', 'csrf_token', 'cannot_hand_out', 'unsupported_media_type']),
    );
    expect(codesOf(operation('GET /api/v1/grants'))).toEqual(
      expect.arrayContaining(['invalid_cursor', 'invalid_request']),
    );
    expect(codesOf(operation('GET /health/live'))).toEqual(everywhere.toSorted(byOrder));
  });

  it('knows every error code, and no other', () => {
    const told = new Set(operations.flatMap(([, of]) => codesOf(of)));
    expect([...told].toSorted()).toEqual(Object.keys(ERRORS).toSorted());
  });

  it('has an example of every body and of every answer, and each fits its schema', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
    addFormats.default(ajv);
    ajv.addSchema(document, 'openapi');
    const resolved = (part: unknown): unknown =>
      JSON.parse(JSON.stringify(part), (name, value: unknown) =>
        name === '$ref' && typeof value === 'string' && value.startsWith('#/') ? `openapi${value}` : value,
      ) as unknown;
    for (const [about, content] of contents(document, operations)) {
      const examples = Object.values(content.examples ?? {}).map((each) =>
        each.$ref === undefined ? each.value : valueAt(document, each.$ref),
      );
      expect(examples.length + (content.example === undefined ? 0 : 1), about).toBeGreaterThan(0);
      const fits = ajv.compile(resolved(content.schema) as object);
      for (const example of examples) expect(fits(example) ? [] : fits.errors, about).toEqual([]);
    }
  });

  it('takes in requests what the service takes, and answers no more than it says', () => {
    const { NewUser, User, NewGrant } = document.components.schemas as Record<
      string,
      { required: string[]; properties: Part }
    >;
    expect(NewUser).toMatchObject({ required: ['username'], additionalProperties: false });
    expect(NewUser?.properties).toMatchObject({ id: { type: 'string', maxLength: 256 }, active: { default: true } });
    expect(User).toMatchObject({
      required: ['id', 'username', 'email', 'active', 'superuser', 'attributes'],
      additionalProperties: false,
    });
    expect(User?.properties).not.toHaveProperty('password');
    expect(NewGrant?.properties['effect']).toMatchObject({ enum: ['allow', 'deny'] });
    const limit = operation('GET /api/v1/users').parameters.find(({ name }) => name === 'limit');
    expect(limit).toMatchObject({ in: 'query', schema: { type: 'integer', minimum: 1, maximum: 1000 } });
  });

  it('is the same each time, and whoever asks', async () => {
    const [one, other] = [await service.as().get('/openapi.json'), await service.as('admin').get('/openapi.json')];
    expect(one.text).toBe(other.text);
    expect((await service.as().head('/openapi.json')).headers['content-length']).toBe(one.headers['content-length']);
  });
});

const order = Object.keys(ERRORS);
const byOrder = (one: string, other: string): number => order.indexOf(one) - order.indexOf(other);

/** Every body of a request and of an answer, with words for where it is. */
function contents(document: OpenApiDocument, operations: [string, Operation][]): [string, Content][] {
  const of = (about: string, content: Readonly<Record<string, Content>> = {}): [string, Content][] =>
    Object.entries(content).map(([type, each]) => [`${about}: ${type}`, each]);
  const refusals = Object.entries(document.components['responses'] ?? {}) as [
    string,
    { content: Record<string, Content> },
  ][];
  return [
    ...operations.flatMap(([route, { requestBody, responses }]) => [
      ...of(`the body of ${route}`, requestBody?.content),
      ...Object.entries(responses).flatMap(([status, { content }]) => of(`${status} of ${route}`, content)),
    ]),
    ...refusals.flatMap(([name, { content }]) => of(name, content)),
  ];
}

function valueAt(document: OpenApiDocument, reference: string): unknown {
  const names = reference.slice('#/'.length).split('/');
  return (names.reduce<unknown>((part, name) => (part as Part)[name], document) as Part)['value'];
}
