import { sessionCookieName } from '../../auth/register-sessions.js';
import type { DeclaredRoute } from '../../nest/undeclared-routes.js';
import { ANSWER_HEADERS, Answers } from './answers.js';
import { DESCRIBED_PARTS, DESCRIBED_ROUTES } from './described-routes.js';
import { JsonSchemas, type JsonSchema } from './json-schemas.js';
import { operationOf, type Operation } from './operation.js';

/** The description of the service's HTTP interface. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: Readonly<Record<string, unknown>> & { readonly title: string; readonly version: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  /** By path, as `/api/v1/users/{id}`, and then by verb. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>> & {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
  };
}

/** What a document is made of, beside the descriptions of routes. */
export interface DocumentParts {
  readonly routes: readonly DeclaredRoute[];
  readonly version: string;
  readonly publicUrl: URL | undefined;
}

/**
 * Describes the routes that there are. One that is not described is left out.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function openApiDocument({ routes, version, publicUrl }: DocumentParts): OpenApiDocument {
  const schemas = new JsonSchemas();
  const answers = new Answers(schemas);
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const docs = DESCRIBED_ROUTES.get(route.route);
    const [verb = '', path = ''] = route.route.split(' ');
    if (docs) (paths[pathOf(path)] ??= {})[verb.toLowerCase()] = operationOf(route, docs, schemas, answers);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Castellan',
      version,
      description: INTRODUCTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: publicUrl ? publicUrl.href.replace(/\/+$/, '') : '/' }],
    tags: tagsOf(),
    paths,
    components: {
      schemas: schemas.named(),
      responses: answers.namedRefusals(),
      examples: answers.namedExamples(),
      headers: ANSWER_HEADERS,
      parameters: { RequestId: REQUEST_ID },
      securitySchemes: schemesOf(publicUrl?.protocol === 'https:'),
    },
  };
}

/** The path of a route as OpenAPI writes it: `/api/v1/users/{id}` for `/api/v1/users/:id`. */
export function pathOf(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

const INTRODUCTION = [
  'May this subject do this action on this object, and which objects may this subject see?',
  'HEAD goes with every GET. Errors are `application/problem+json` with a stable `code`. What is hidden and what does not exist are answered alike.',
].join('\n\n');

const REQUEST_ID = {
  name: 'X-Request-ID',
  in: 'header',
  description: 'An id of your own for the request: at most 128 letters, digits and `._:-`.',
  schema: { type: 'string' },
};

function tagsOf(): { name: string; description: string }[] {
  const tags = new Map(DESCRIBED_PARTS.map(({ tag, description }) => [tag, description]));
  return [...tags].map(([name, description]) => ({ name, description }));
}

function schemesOf(https: boolean): Record<string, object> {
  return {
    basic: { type: 'http', scheme: 'basic', description: 'Username and password, in UTF-8.' },
    token: {
      type: 'http',
      scheme: 'bearer',
      description: 'A token of a user (`castellan_…`), or of the identity provider where the service has one.',
    },
    session: {
      type: 'apiKey',
      in: 'cookie',
      name: sessionCookieName(https),
      description: 'The cookie that the sign-in sets.',
    },
    csrfToken: {
      type: 'apiKey',
      in: 'header',
      name: 'X-CSRF-Token',
      description: "The session's token, with whatever is not GET or HEAD.",
    },
  };
}
