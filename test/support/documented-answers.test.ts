import { describe, expect, it } from 'vitest';
import type { OpenApiDocument } from '../../src/app/openapi/openapi-document.js';
import { DocumentedAnswers, type SentAnswer } from './documented-answers.js';

const problem = {
  type: 'object',
  properties: { code: { type: 'string' }, status: { type: 'integer' } },
  required: ['code', 'status'],
  additionalProperties: false,
};
const ofThing = { $ref: '#/components/schemas/Thing' };
const document: OpenApiDocument = {
  openapi: '3.1.0',
  info: { title: 'Test', version: '1' },
  servers: [],
  tags: [],
  paths: {
    '/things/{id}': {
      get: {
        responses: {
          200: { headers: { 'X-Request-ID': {} }, content: { 'application/json': { schema: ofThing } } },
          404: { $ref: '#/components/responses/not_found' },
        },
      },
      delete: { responses: { 204: {} } },
    },
    '/figures': {
      get: { responses: { 200: { content: { 'text/plain; version=1': { schema: { type: 'string' } } } } } },
    },
  },
  components: {
    schemas: {
      Problem: problem,
      Thing: {
        type: 'object',
        properties: { id: { type: 'string' }, at: { type: 'string', format: 'date-time' } },
        required: ['id'],
        additionalProperties: false,
      },
    },
    responses: {
      not_found: {
        content: {
          'application/problem+json': {
            schema: {
              allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: ['not_found'] } } }],
            },
          },
        },
      },
    },
  },
};

const answers = new DocumentedAnswers(document);
const json = { 'x-request-id': '1', 'content-type': 'application/json; charset=utf-8' };
const refused = { 'x-request-id': '1', 'content-type': 'application/problem+json; charset=utf-8' };
const thing = { method: 'GET', route: '/things/:id', status: 200, headers: json, body: '{"id":"1"}' };
const faultOf = (parts: Partial<SentAnswer>): string | undefined => answers.faultOf({ ...thing, ...parts });

describe('the comparison of answers with the description', () => {
  it.each<[string, Partial<SentAnswer>]>([
    ['what is described', {}],
    ['a member that may be there', { body: '{"id":"1","at":"2026-11-25T08:00:00Z"}' }],
    ['a body in bytes', { body: Buffer.from('{"id":"1"}') }],
    ['the answer to HEAD', { method: 'HEAD', body: null }],
    ['a described refusal', { status: 404, headers: refused, body: '{"code":"not_found","status":404}' }],
    ['an answer without a body', { method: 'DELETE', status: 204, body: '' }],
    ['a text', { route: '/figures', headers: { 'content-type': 'text/plain; version=1' }, body: 'a 1' }],
    ['a refusal of no route', { route: undefined, status: 404, headers: refused, body: '{"code":"any","status":404}' }],
  ])('finds no fault with %s', (_, parts) => {
    expect(faultOf(parts)).toBeUndefined();
  });

  it.each<[string, Partial<SentAnswer>, string]>([
    ['a route that is not described', { route: '/others/:id' }, 'GET /others/:id is not described'],
    ['a verb that is not described', { method: 'POST' }, 'POST /things/:id is not described'],
    ['a status', { status: 201 }, 'GET /things/:id answered 201, which is not described'],
    ['a member too many', { body: '{"id":"1","passwordHash":"x"}' }, 'additional properties (passwordHash)'],
    ['a member too few', { body: '{}' }, "must have required property 'id'"],
    ['a member of another type', { body: '{"id":1}' }, '/id must be string'],
    ['a member of another form', { body: '{"id":"1","at":"today"}' }, '/at must match format "date-time"'],
    ['another type of content', { headers: { ...json, 'content-type': 'text/html' } }, 'with text/html'],
    ['no type of content', { headers: { 'x-request-id': '1' } }, 'with undefined, which is not described'],
    [
      'a header that is missing',
      { headers: { 'content-type': 'application/json' } },
      'without the header X-Request-ID',
    ],
    ['a body that is missing', { body: '' }, 'without the body that is described'],
    ['a body where there is none', { method: 'DELETE', status: 204 }, 'with a body that is not described'],
    [
      'another code',
      { status: 404, headers: refused, body: '{"code":"cycle","status":404}' },
      'allowed values (not_found)',
    ],
    ['a success of no route', { route: undefined }, 'GET of no route answered 200'],
    [
      'a refusal of no route in another form',
      { route: undefined, status: 404, headers: refused, body: '{}' },
      "'code'",
    ],
  ])('names the route and the fault of %s', (_, parts, fault) => {
    expect(faultOf(parts)).toContain(fault);
  });
});
