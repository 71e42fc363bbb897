import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { OpenApiDocument } from '../../src/app/openapi/openapi-document.js';

/** An answer as it goes out. */
export interface SentAnswer {
  readonly method: string;
  /** The route's path, as `/api/v1/users/:id`; undefined where the request leads to none. */
  readonly route: string | undefined;
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string | Buffer | null;
}

interface Described {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

/** What the description says of a status: where it says it, and what. */
interface DescribedStatus {
  readonly pointer: string;
  readonly response: Described;
}

const ID = 'openapi';
const NO_ROUTE = 'of-no-route';

/** Says what of an answer the description does not say. */
export class DocumentedAnswers {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #statuses = new Map<string, DescribedStatus | null>();

  readonly #document: OpenApiDocument;

  constructor(document: OpenApiDocument) {
    this.#document = withRefusalOfNoRoute(document);
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(this.#document, ID);
  }

  /** What is wrong with the answer, in words that name its route; undefined when it is described. */
  faultOf(answer: SentAnswer): string | undefined {
    const { method, route, status, body } = answer;
    const name = `${method} ${route ?? 'of no route'}`;
    if (route !== undefined && !this.has(method, route)) return `${name} is not described.`;
    const described = route === undefined ? this.#ofNoRoute(status) : this.#described(method, route, status);
    const fault = described ? this.#faultBeside(answer, described) : 'which is not described';
    return fault === undefined ? undefined : `${name} answered ${status}, ${fault}. It said: ${textOf(body)}`;
  }

  /** Whether the route is described. */
  has(method: string, route: string): boolean {
    return this.#document.paths[pathOf(route)]?.[verbOf(method)] !== undefined;
  }

  #faultBeside({ method, headers, body }: SentAnswer, { pointer, response }: DescribedStatus): string | undefined {
    const missing = Object.keys(response.headers ?? {}).filter((name) => headers[name.toLowerCase()] === undefined);
    if (missing.length > 0) return `without the header ${missing.join(', ')}`;
    const { content } = response;
    const isEmpty = body === null || body.length === 0;
    if (!content) return isEmpty ? undefined : 'with a body that is not described';
    if (method === 'HEAD') return undefined;
    if (isEmpty) return 'without the body that is described';
    const type = String(headers['content-type']).split(';', 1)[0] ?? '';
    const described = Object.keys(content).find((each) => each === '*/*' || each.split(';', 1)[0] === type);
    if (described === undefined) return `with ${type}, which is not described`;
    if (!/[/+]json$/.test(type)) return undefined;
    const validate = this.#validator(`${pointer}/content/${escaped(described)}/schema`);
    if (validate(JSON.parse(String(body)))) return undefined;
    return `with a body that is not as described: ${(validate.errors ?? []).slice(0, 5).map(wordsOf).join('; ')}`;
  }

  #ofNoRoute(status: number): DescribedStatus | null {
    return status < 400 ? null : this.#refer(`#/components/responses/${NO_ROUTE}`);
  }

  #described(method: string, route: string, status: number): DescribedStatus | null {
    const key = `${verbOf(method)} ${route} ${status}`;
    let described = this.#statuses.get(key);
    if (described === undefined) this.#statuses.set(key, (described = this.#look(method, route, status)));
    return described;
  }

  #look(method: string, route: string, status: number): DescribedStatus | null {
    const at = ['paths', pathOf(route), verbOf(method), 'responses', String(status)];
    const response = this.#at(at) as (Described & { readonly $ref?: string }) | undefined;
    if (!response) return null;
    if (response.$ref === undefined) return { pointer: at.map(escaped).join('/'), response };
    return this.#refer(response.$ref);
  }

  #refer(reference: string): DescribedStatus {
    const pointer = reference.slice('#/'.length);
    return { pointer, response: this.#at(pointer.split('/')) as Described };
  }

  #validator(pointer: string): ValidateFunction {
    let validate = this.#validators.get(pointer);
    if (!validate)
      this.#validators.set(pointer, (validate = this.#ajv.compile({ $ref: `${ID}#/${encodeURI(pointer)}` })));
    return validate;
  }

  #at(names: readonly string[]): unknown {
    return names.reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], this.#document);
  }
}

// Whatever leads nowhere is refused in the form of all refusals.
function withRefusalOfNoRoute(document: OpenApiDocument): OpenApiDocument {
  const { components } = document;
  const response = {
    headers: { 'X-Request-ID': {} },
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  return {
    ...document,
    components: { ...components, responses: { ...components['responses'], [NO_ROUTE]: response } },
  };
}

function pathOf(route: string): string {
  return route.replaceAll(/:(\w+)/g, '{$1}');
}

function verbOf(method: string): string {
  return method === 'HEAD' ? 'get' : method.toLowerCase();
}

function textOf(body: SentAnswer['body']): string {
  return body === null ? 'nothing' : String(body).slice(0, 500);
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function wordsOf({ instancePath, message, params }: ErrorObject): string {
  const names = 'additionalProperty' in params ? ` (${String(params['additionalProperty'])})` : '';
  const allowed = 'allowedValues' in params ? ` (${(params['allowedValues'] as unknown[]).join(', ')})` : '';
  return `${instancePath || 'it'} ${message}${names}${allowed}`;
}
