import { z } from 'zod';
import type { Json } from '../../core/model.js';
import { anyObject, effect, refAnswer, saying } from '../answers.js';
import type { DescribedPart, RouteDocs } from '../route-docs.js';
import type { EvaluationAnswer } from './access.service.js';
import { evaluationBody, evaluationsBody } from './evaluation.schema.js';
import type { Metadata } from './metadata.controller.js';
import { actionSearch, resourceSearch, subjectSearch } from './search.schema.js';

const reason = z.enum([
  'superuser',
  'rule_allows',
  'rule_denies',
  'no_rule_allows',
  'subject_inactive',
  'narrowed',
  'unknown_type',
  'unknown_action',
]);
const fieldScope = z
  .strictObject({ only: z.array(z.string()).nullable(), except: z.array(z.string()) })
  .meta({ id: 'FieldScope', description: 'Only these fields (null: all of them), and none of the excepted.' });

/** The parts of a rule that was looked at for a question. */
export const fetchedRuleParts = {
  id: z.string(),
  source: z.enum(['grant', 'role']),
  effect,
  placed: z.enum(['everywhere', 'object']),
  condition: anyObject.nullable(),
  fields: z.array(z.string()).nullable(),
};

/** What a decision is answered with, beside the verdict. */
export const decisionParts = { reason, fields: fieldScope };

const evaluationAnswer = saying<EvaluationAnswer>()(
  z
    .strictObject({
      decision: z.boolean(),
      context: z.exactOptional(
        z.union([
          z.strictObject({ error: z.strictObject({ status: z.literal(400), message: z.string() }) }),
          z.strictObject({
            ...decisionParts,
            rules: z.array(z.strictObject(fetchedRuleParts).meta({ id: 'FetchedRule' })),
          }),
        ]),
      ),
    })
    .meta({ id: 'Evaluation' }),
);
const evaluationsAnswer = z.strictObject({ evaluations: z.array(evaluationAnswer) }).meta({ id: 'Evaluations' });

const foundPage = z
  .strictObject({
    next_token: z.string().meta({ description: 'Empty on the last page.' }),
    count: z.int().min(0),
    total: z.exactOptional(z.int().min(0)),
  })
  .meta({ id: 'PageOfSearch' });

function found<Result extends z.ZodType>(result: Result, id: string) {
  return z.strictObject({ page: foundPage, results: z.array(result) }).meta({ id });
}

const metadataAnswer = saying<Metadata>()(
  z
    .strictObject({
      policy_decision_point: z.string(),
      access_evaluation_endpoint: z.string(),
      access_evaluations_endpoint: z.string(),
      search_subject_endpoint: z.string(),
      search_resource_endpoint: z.string(),
      search_action_endpoint: z.string(),
    })
    .meta({ id: 'AuthzenConfiguration' }),
);

const alice = { type: 'user', id: 'alice' };
const post = { type: 'post', id: '123' };

// Its own way of telling faults: 400 for what the rest of the API answers with 415 and 422.
function asked(of: Omit<RouteDocs, 'refusals'>): RouteDocs {
  return { ...of, refusals: ['malformed_request', 'forbidden'] };
}

function search(
  body: z.ZodType,
  answer: z.ZodType,
  texts: Pick<RouteDocs, 'operationId' | 'summary'>,
  of: Json,
  results: Json[],
): RouteDocs {
  return {
    ...texts,
    description: 'Asking about yourself needs nothing more; about others, or with properties, takes `access:evaluate`.',
    body,
    answers: { 200: answer },
    refusals: ['malformed_request', 'invalid_cursor', 'forbidden'],
    examples: {
      'the first page, counted': {
        body: of,
        answer: { page: { next_token: '', count: results.length, total: results.length }, results },
      },
    },
  };
}

const page = { limit: 10, properties: { total: true } };

/** The routes of the AuthZEN Authorization API, as they are described. */
export const authzenDocs: DescribedPart = {
  tag: 'authzen',
  description: 'The AuthZEN Authorization API 1.0: questions of access, from any program.',
  routes: {
    'POST /access/v1/evaluation': asked({
      operationId: 'evaluate',
      summary: 'Answers whether a subject may do an action on a resource',
      description:
        'Asking about yourself needs nothing more; about others, or with properties, takes `access:evaluate`.',
      body: evaluationBody,
      answers: { 200: evaluationAnswer },
      examples: {
        'a question': {
          body: { subject: alice, action: { name: 'change' }, resource: post },
          answer: { decision: true },
        },
        'with properties, which go over the stored attributes': {
          body: {
            subject: alice,
            action: { name: 'view' },
            resource: { type: 'post', id: '9', properties: { status: 'published' } },
            context: { time: '2026-11-25T08:00:00Z' },
          },
          answer: { decision: true },
        },
        'of a resource that is yet to be made': {
          body: {
            subject: alice,
            action: { name: 'add' },
            resource: { type: 'post', properties: { status: 'draft' } },
            parent: { type: 'folder', id: 'press' },
          },
          answer: { decision: false },
        },
      },
    }),
    'POST /access/v1/evaluations': asked({
      operationId: 'evaluateAll',
      summary: 'Answers several questions at once',
      description: 'What stands at the top goes for each that does not name its own.',
      body: evaluationsBody,
      answers: { 200: z.union([evaluationsAnswer, evaluationAnswer]) },
      examples: {
        'one subject, two actions': {
          body: {
            subject: alice,
            resource: post,
            evaluations: [{ action: { name: 'change' } }, { action: { name: 'delete' } }],
            options: { evaluations_semantic: 'execute_all' },
          },
          answer: { evaluations: [{ decision: true }, { decision: false }] },
        },
        'with reasons': {
          body: {
            subject: alice,
            resource: post,
            evaluations: [{ action: { name: 'delete' } }],
            options: { reasons: true },
          },
          answer: {
            evaluations: [
              {
                decision: false,
                context: { reason: 'no_rule_allows', rules: [], fields: { only: [], except: [] } },
              },
            ],
          },
        },
      },
    }),
    'POST /access/v1/search/subject': search(
      subjectSearch,
      found(refAnswer, 'FoundSubjects'),
      { operationId: 'searchSubjects', summary: 'Answers which subjects of a type may do an action on a resource' },
      { subject: { type: 'user' }, action: { name: 'change' }, resource: post, page },
      [{ type: 'user', id: 'admin' }, alice],
    ),
    'POST /access/v1/search/resource': search(
      resourceSearch,
      found(refAnswer, 'FoundResources'),
      { operationId: 'searchResources', summary: 'Answers which resources of a type a subject may do an action on' },
      { subject: alice, action: { name: 'change' }, resource: { type: 'post' }, page },
      [post],
    ),
    'POST /access/v1/search/action': search(
      actionSearch,
      found(z.strictObject({ name: z.string() }), 'FoundActions'),
      { operationId: 'searchActions', summary: 'Answers which actions a subject may do on a resource' },
      { subject: alice, resource: post, page },
      [{ name: 'change' }],
    ),
    'GET /.well-known/authzen-configuration': {
      operationId: 'getAuthzenConfiguration',
      summary: 'Tells programs where to ask',
      answers: { 200: metadataAnswer },
      headers: { 'Cache-Control': 'It may be kept for an hour.' },
      examples: {
        'a service': {
          answer: {
            policy_decision_point: 'https://access.example.com',
            access_evaluation_endpoint: 'https://access.example.com/access/v1/evaluation',
            access_evaluations_endpoint: 'https://access.example.com/access/v1/evaluations',
            search_subject_endpoint: 'https://access.example.com/access/v1/search/subject',
            search_resource_endpoint: 'https://access.example.com/access/v1/search/resource',
            search_action_endpoint: 'https://access.example.com/access/v1/search/action',
          },
        },
      },
    },
  },
};
