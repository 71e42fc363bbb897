import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { PlainAnswer, RouteDocs, RouteExample } from '../../api/route-docs.js';
import { ERRORS, type ErrorCode } from '../../core/errors.js';
import type { JsonSchema, JsonSchemas } from './json-schemas.js';

const PROBLEM = 'application/problem+json';
const WITH_FAULTS: ReadonlySet<ErrorCode> = new Set(['invalid_request', 'unknown_reference']);
const ASKED_AGAIN: ReadonlySet<number> = new Set([429, 503]);

const problem = z
  .strictObject({
    type: z.string().meta({ format: 'uri' }),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable, for programs.' }),
    detail: z.string().meta({ description: 'What was wrong, and what to do.' }),
    errors: z
      .exactOptional(z.array(z.strictObject({ path: z.string(), message: z.string() })))
      .meta({ description: 'Each place in the request that is at fault.' }),
  })
  .meta({ id: 'Problem', description: 'An error, by RFC 9457.' });

type Part = Readonly<Record<string, unknown>>;

const header = (name: string): Part => ({ $ref: `#/components/headers/${name}` });

/** The headers that answers have. */
export const ANSWER_HEADERS: Readonly<Record<string, Part>> = {
  'X-Request-ID': {
    description: 'What the request is found by in logs and in the audit trail; the one that it came with, if any.',
    required: true,
    schema: { type: 'string' },
  },
  'Retry-After': {
    description: 'Seconds after which it is worth another try.',
    required: true,
    schema: { type: 'integer', minimum: 0 },
  },
  'WWW-Authenticate': {
    description: 'The ways to sign in (RFC 9110), and `error="invalid_token"` where a token was refused (RFC 6750).',
    required: true,
    schema: { type: 'string' },
  },
};

/** The example of an error, as it is answered. */
export function exampleOfError(code: ErrorCode): Part {
  const { status, title } = ERRORS[code];
  const faults = WITH_FAULTS.has(code) ? { errors: [{ path: 'subject.id', message: 'must not be empty' }] } : {};
  return {
    summary: title,
    value: { type: `urn:castellan:error:${code}`, title, status, code, detail: `${title}.`, ...faults },
  };
}

/** Describes the answers of one document's routes; refusals that are alike stand once. */
export class Answers {
  readonly #refusals = new Map<string, Part>();
  readonly #codes = new Set<ErrorCode>();

  constructor(private readonly schemas: JsonSchemas) {}

  /** What succeeds, by status. */
  successes({ answers, headers = {}, examples }: RouteDocs): Record<string, Part> {
    const told = Object.entries(headers).map(([name, description]) => [
      name,
      { description, required: true, schema: { type: 'string' } },
    ]);
    const statuses = Object.entries(answers);
    return Object.fromEntries(
      statuses.map(([status, body]) => [
        status,
        {
          description: STATUS_CODES[Number(status)] ?? '',
          headers: { 'X-Request-ID': header('X-Request-ID'), ...Object.fromEntries(told) },
          ...(body === null
            ? {}
            : { content: this.#contentOf(body, examplesFor(examples, Number(status), firstStatus(answers))) }),
        },
      ]),
    );
  }

  /** How a route is refused, by status. */
  refusals(codes: readonly ErrorCode[]): Record<string, Part> {
    const statuses = new Set(codes.map((code) => ERRORS[code].status));
    const ofStatus = (status: number) => codes.filter((code) => ERRORS[code].status === status);
    return Object.fromEntries([...statuses].map((status) => [status, this.#refusal(status, ofStatus(status))]));
  }

  /** The refusals that routes refer to, by name. */
  namedRefusals(): Record<string, Part> {
    return Object.fromEntries(this.#refusals);
  }

  /** The examples of errors that refusals refer to, by code. */
  namedExamples(): Record<string, Part> {
    return Object.fromEntries([...this.#codes].map((code) => [code, exampleOfError(code)]));
  }

  #contentOf(body: z.ZodType | PlainAnswer, examples: Part): Part {
    if (body instanceof z.ZodType) return { 'application/json': { schema: this.schemas.of(body, 'output'), examples } };
    return { [body.contentType]: { schema: { type: 'string' }, example: body.example } };
  }

  #refusal(status: number, codes: readonly ErrorCode[]): Part {
    const name = codes.join('.');
    const reference = { $ref: `#/components/responses/${name}` };
    if (this.#refusals.has(name)) return reference;
    for (const code of codes) this.#codes.add(code);
    const headers = [
      'X-Request-ID',
      ...(status === 401 ? ['WWW-Authenticate'] : []),
      ...(ASKED_AGAIN.has(status) ? ['Retry-After'] : []),
    ];
    this.#refusals.set(name, {
      description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}.`).join('\n\n'),
      headers: Object.fromEntries(headers.map((each) => [each, header(each)])),
      content: {
        [PROBLEM]: {
          schema: {
            allOf: [
              this.schemas.of(problem, 'output'),
              { properties: { code: { enum: codes }, status: { const: status } } },
            ],
          } satisfies JsonSchema,
          examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
        },
      },
    });
    return reference;
  }
}

/** The status that an example is answered with. */
export function statusOf({ status }: RouteExample, answers: RouteDocs['answers']): number {
  return status ?? firstStatus(answers);
}

function firstStatus(answers: RouteDocs['answers']): number {
  const statuses = Object.keys(answers).map(Number);
  // Objects keep such names in the order of numbers: what was made goes before what stood already.
  return statuses.includes(201) ? 201 : (statuses[0] ?? 200);
}

function examplesFor(examples: RouteDocs['examples'], status: number, usual: number): Part {
  const of = Object.entries(examples).filter(([, example]) => (example.status ?? usual) === status);
  return Object.fromEntries(
    of.flatMap(([summary, { answer }]) => (answer === undefined ? [] : [[keyOf(summary), { summary, value: answer }]])),
  );
}

/** What an example goes by: its name in letters that need no quoting. */
export function keyOf(summary: string): string {
  return summary.replaceAll(/[^a-z0-9]+/gi, '-');
}
