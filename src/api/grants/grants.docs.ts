import { z } from 'zod';
import type { GrantRecord } from '../../core/ports/grants.js';
import { anyObject, effect, pageOf, refAnswer, saying, time } from '../answers.js';
import type { DescribedPart } from '../route-docs.js';

const grantAnswer = saying<GrantRecord>()(
  z
    .strictObject({
      id: z.string(),
      subject: refAnswer,
      permission: z.string(),
      object: refAnswer.nullable().meta({ description: 'Null for everywhere.' }),
      effect,
      condition: anyObject.nullable(),
      fields: z.array(z.string()).nullable(),
      startsAt: time.nullable(),
      expiresAt: time.nullable(),
    })
    .meta({ id: 'Grant' }),
);

const toAlice = {
  id: '01936f2e-9c5e-7d3a-8f41-3b1c6a5d2e94',
  subject: { type: 'user', id: 'alice' },
  permission: 'post:change',
  object: { type: 'post', id: '123' },
  effect: 'allow',
  condition: null,
  fields: null,
  startsAt: null,
  expiresAt: null,
};
const toBob = { ...toAlice, id: '01936f2e-9c5e-7d3a-8f41-3b1c6a5d2e95', subject: { type: 'user', id: 'bob' } };

/** The routes of grants, as they are described. */
export const grantsDocs: DescribedPart = {
  tag: 'grants',
  description: 'Rules given straight to a subject: everywhere, or on one object and all below it.',
  routes: {
    'GET /api/v1/grants': {
      operationId: 'listGrants',
      summary: 'Lists the grants that you may see',
      description: 'Those on objects on which you hold `grant`.',
      answers: { 200: pageOf(grantAnswer, 'GrantPage') },
      examples: { 'those on an object': { query: { object: 'post:123' }, answer: { items: [toAlice], next: null } } },
    },
    'POST /api/v1/grants': {
      operationId: 'createGrant',
      summary: 'Gives a rule to a subject',
      description:
        'Takes the action `grant` there, and to hold the permission there yourself. The same grant again answers the one that stands.',
      answers: { 201: grantAnswer, 200: grantAnswer },
      refusals: ['forbidden', 'cannot_hand_out', 'not_found', 'unknown_reference'],
      examples: {
        'a permission on an object': {
          body: {
            subject: { type: 'user', id: 'bob' },
            permission: 'post:change',
            object: { type: 'post', id: '123' },
          },
          answer: toBob,
        },
        'one that stands': {
          body: {
            subject: { type: 'user', id: 'alice' },
            permission: 'post:change',
            object: { type: 'post', id: '123' },
          },
          status: 200,
          answer: toAlice,
        },
        'a rule that denies, everywhere, for as long as a condition holds': {
          body: {
            subject: { type: 'group', id: 'staff' },
            permission: 'post:delete',
            effect: 'deny',
            condition: { 'resource.status': 'published' },
          },
          answer: {
            ...toAlice,
            id: '01936f2e-9c5e-7d3a-8f41-3b1c6a5d2e96',
            subject: { type: 'group', id: 'staff' },
            permission: 'post:delete',
            object: null,
            effect: 'deny',
            condition: { 'resource.status': 'published' },
          },
        },
      },
    },
    'POST /api/v1/grants/batch': {
      operationId: 'createGrants',
      summary: 'Gives all of the rules, or none',
      description: 'At most 1,000. Answered in their order.',
      answers: { 200: z.strictObject({ items: z.array(grantAnswer) }).meta({ id: 'Grants' }) },
      refusals: ['forbidden', 'cannot_hand_out', 'not_found', 'unknown_reference'],
      examples: {
        'two grants': {
          body: {
            grants: [
              {
                subject: { type: 'user', id: 'bob' },
                permission: 'post:change',
                object: { type: 'post', id: '123' },
              },
              {
                subject: { type: 'user', id: 'alice' },
                permission: 'post:change',
                object: { type: 'post', id: '123' },
              },
            ],
          },
          answer: { items: [toBob, toAlice] },
        },
      },
    },
    'DELETE /api/v1/grants/:id': {
      operationId: 'deleteGrant',
      summary: 'Takes a rule back',
      answers: { 204: null },
      refusals: ['forbidden', 'cannot_hand_out', 'not_found'],
      examples: { 'a grant': { params: { id: toAlice.id } } },
    },
  },
};
