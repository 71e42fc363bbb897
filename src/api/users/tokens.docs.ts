import { z } from 'zod';
import type { TokenRecord } from '../../core/ports/tokens.js';
import { pageOf, saying, time } from '../answers.js';
import type { DescribedPart } from '../route-docs.js';
import type { NewTokenAnswer } from './tokens.service.js';

const parts = {
  id: z.string(),
  name: z.string(),
  createdAt: time,
  expiresAt: time.nullable(),
  permissions: z
    .array(z.string())
    .nullable()
    .meta({ description: 'All that it may be used for; null for all that its user may do.' }),
};

export const tokenAnswer = saying<TokenRecord>()(z.strictObject(parts).meta({ id: 'Token' }));

export const newTokenAnswer = saying<NewTokenAnswer>()(
  z
    .strictObject({ ...parts, token: z.string().meta({ description: 'What it is known by; told this once.' }) })
    .meta({ id: 'CreatedToken' }),
);

const billing = {
  id: '01936f2e-9c5e-7d3a-8f41-3b1c6a5d2e90',
  name: 'the billing service',
  createdAt: '2026-11-25T08:00:00.000Z',
  expiresAt: null,
  permissions: null,
};

/** The routes of tokens, as they are described. */
export const tokensDocs: DescribedPart = {
  tag: 'tokens',
  description: 'What services and scripts sign in by, as a user. Users look after their own without any permission.',
  routes: {
    'GET /api/v1/users/:id/tokens': {
      operationId: 'listTokens',
      summary: 'Lists the tokens of a user',
      answers: { 200: pageOf(tokenAnswer, 'TokenPage') },
      refusals: ['forbidden', 'not_found', 'cannot_hand_out', 'superuser_only'],
      examples: { 'a list': { params: { id: 'alice' }, answer: { items: [billing], next: null } } },
    },
    'POST /api/v1/users/:id/tokens': {
      operationId: 'createToken',
      summary: 'Makes a token, and tells it this once',
      answers: { 201: newTokenAnswer },
      refusals: ['forbidden', 'not_found', 'cannot_hand_out', 'superuser_only', 'limit_reached', 'unknown_reference'],
      examples: {
        'a token that does one thing': {
          params: { id: 'alice' },
          body: { name: 'the reader', permissions: ['post:view'] },
          answer: {
            id: '01936f2e-9c5e-7d3a-8f41-3b1c6a5d2e92',
            name: 'the reader',
            token: 'castellan_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
            createdAt: '2026-11-25T08:00:00.000Z',
            expiresAt: null,
            permissions: ['post:view'],
          },
        },
        'a token that expires': {
          params: { id: 'alice' },
          body: { name: 'the nightly import', expiresAt: '2999-01-01T00:00:00Z' },
          answer: {
            id: '01936f2e-9c5e-7d3a-8f41-3b1c6a5d2e91',
            name: 'the nightly import',
            token: 'castellan_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
            createdAt: '2026-11-25T08:00:00.000Z',
            expiresAt: '2999-01-01T00:00:00.000Z',
            permissions: null,
          },
        },
      },
    },
    'DELETE /api/v1/users/:id/tokens/:tokenId': {
      operationId: 'deleteToken',
      summary: 'Ends a token with the very next request',
      answers: { 204: null },
      refusals: ['forbidden', 'not_found', 'cannot_hand_out', 'superuser_only'],
      examples: { 'a token': { params: { id: 'alice', tokenId: billing.id } } },
    },
  },
};
