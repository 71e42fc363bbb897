import type { z } from 'zod';
import type { RouteDocs } from '../../api/route-docs.js';
import type { DeclaredRoute } from '../../nest/undeclared-routes.js';
import { SAFE_VERBS } from '../../nest/verb-actions.js';
import { keyOf, type Answers } from './answers.js';
import type { JsonSchema, JsonSchemas } from './json-schemas.js';
import { refusalsOf } from './refusals.js';
import { schemasOf, type RouteSchemas } from './route-schemas.js';

/** A route as OpenAPI describes it. */
export type Operation = Readonly<Record<string, unknown>>;

/** Whoever may come, by the schemes of the document; nobody signed in is one of the ways where `anyone` may hold something. */
const WITH_HEADER = [{ basic: [] }, { token: [] }];
const SESSION = { session: [] };
const UNSAFE_SESSION = { session: [], csrfToken: [] };

/** Describes a route: its parameters, body and access from what it declares, its answers and examples from its description. */
export function operationOf(
  route: DeclaredRoute,
  docs: RouteDocs & { readonly tag: string },
  schemas: JsonSchemas,
  answers: Answers,
): Operation {
  const read = schemasOf(route);
  const query = queryParameters(read.query, docs, schemas);
  const names = query.map(({ name }) => String(name));
  const body = read.body ?? docs.body;
  return {
    operationId: docs.operationId,
    tags: [docs.tag],
    summary: docs.summary,
    ...(docs.description === undefined ? {} : { description: docs.description }),
    security: securityOf(route),
    parameters: [
      ...pathParameters(read, docs, schemas),
      ...query,
      ...headerParameters(docs),
      { $ref: '#/components/parameters/RequestId' },
    ],
    ...(body ? { requestBody: bodyOf(body, route.verb, docs, schemas) } : {}),
    responses: { ...answers.successes(docs), ...answers.refusals(refusalsOf(route, docs, read, names)) },
  };
}

function securityOf({ policy, verb = '' }: DeclaredRoute): object[] {
  if (policy.access === 'public') return [];
  const ways = [...WITH_HEADER, SAFE_VERBS.has(verb) ? SESSION : UNSAFE_SESSION];
  return policy.access === 'signed-in' ? ways : [...ways, {}];
}

function pathParameters({ params }: RouteSchemas, docs: RouteDocs, schemas: JsonSchemas): Operation[] {
  const [example] = Object.values(docs.examples);
  return [...params].map(([name, schema]) =>
    parameter({ name, in: 'path', required: true, schema: schemas.of(schema, 'input') }, example?.params?.[name]),
  );
}

function queryParameters(query: z.ZodType | undefined, docs: RouteDocs, schemas: JsonSchemas): Operation[] {
  const [example] = Object.values(docs.examples);
  const { properties = {} }: { readonly properties?: Record<string, JsonSchema> } = query
    ? schemas.of(query, 'input')
    : {};
  const named = Object.entries(properties).map(([name, { description, ...schema }]) =>
    parameter({ name, in: 'query', description, schema }, example?.query?.[name]),
  );
  return docs.freeQuery ? [...named, freeParameter(docs.freeQuery, example?.query ?? {})] : named;
}

function headerParameters({ requestHeaders = {} }: RouteDocs): Operation[] {
  return Object.entries(requestHeaders).map(([name, description]) =>
    parameter({ name, in: 'header', description, schema: { type: 'string' } }, undefined),
  );
}

// Each of its members is a parameter of that name.
function freeParameter(
  { name, description }: NonNullable<RouteDocs['freeQuery']>,
  query: Readonly<Record<string, string>>,
): Operation {
  const example = Object.fromEntries(Object.entries(query).filter(([each]) => each.startsWith(`${name}.`)));
  const schema = { type: 'object', additionalProperties: { type: 'string' } };
  return { name, in: 'query', style: 'form', explode: true, description, schema, example };
}

function parameter(parts: Operation, example: string | undefined): Operation {
  const all = Object.entries({ ...parts, example });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

function bodyOf(body: z.ZodType, verb: string | undefined, docs: RouteDocs, schemas: JsonSchemas): Operation {
  const shown = Object.entries(docs.examples).filter(([, example]) => example.body !== undefined);
  const content = {
    schema: schemas.of(body, 'input'),
    examples: Object.fromEntries(shown.map(([summary, example]) => [keyOf(summary), { summary, value: example.body }])),
  };
  return {
    required: true,
    content: {
      'application/json': content,
      ...(verb === 'PATCH' ? { 'application/merge-patch+json': content } : {}),
    },
  };
}
