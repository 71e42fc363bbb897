import { z } from 'zod';
import type { TypeRecord } from '../../core/ports/types.js';
import { countedPageOf, mode, saying } from '../answers.js';
import type { DescribedPart } from '../route-docs.js';

const typeAnswer = saying<TypeRecord>()(
  z
    .strictObject({
      id: z.string(),
      actions: z.array(z.string()),
      mode,
      creatorActions: z.array(z.string()),
      builtIn: z.boolean(),
    })
    .meta({ id: 'ResourceType' }),
);

const post = {
  id: 'post',
  actions: ['view', 'add', 'change', 'delete', 'grant', 'publish'],
  mode: 'union',
  creatorActions: ['view', 'change', 'delete', 'grant'],
  builtIn: false,
};

/** The routes of resource types, as they are described. */
export const typesDocs: DescribedPart = {
  tag: 'types',
  description: 'Kinds of protected things, each with its actions.',
  routes: {
    'GET /api/v1/types': {
      operationId: 'listTypes',
      summary: 'Lists the resource types that you may view',
      answers: { 200: countedPageOf(typeAnswer, 'TypePage') },
      examples: {
        'a list': {
          query: { limit: '1' },
          answer: {
            items: [
              {
                id: 'user',
                actions: ['view', 'add', 'change', 'delete', 'grant'],
                mode: 'union',
                creatorActions: ['view', 'change', 'delete', 'grant'],
                builtIn: true,
              },
            ],
            next: 'Zm9ybS1vZi1hLWN1cnNvcg',
          },
        },
      },
    },
    'POST /api/v1/types': {
      operationId: 'createType',
      summary: 'Makes a resource type',
      answers: { 201: typeAnswer },
      refusals: ['already_exists'],
      examples: {
        'a type with an action of its own': {
          body: { id: 'invoice', actions: ['view', 'add', 'change', 'delete', 'grant', 'pay'], mode: 'both' },
          answer: {
            id: 'invoice',
            actions: ['view', 'add', 'change', 'delete', 'grant', 'pay'],
            mode: 'both',
            creatorActions: ['view', 'change', 'delete', 'grant'],
            builtIn: false,
          },
        },
      },
    },
    'GET /api/v1/types/:id': {
      operationId: 'getType',
      summary: 'Answers a resource type',
      answers: { 200: typeAnswer },
      examples: { 'a type': { params: { id: 'post' }, answer: post } },
    },
    'PATCH /api/v1/types/:id': {
      operationId: 'changeType',
      summary: 'Changes a resource type',
      description:
        'A merge patch: actions are replaced as a whole, and one that goes takes its rules and grants along.',
      answers: { 200: typeAnswer },
      refusals: ['built_in'],
      examples: {
        'less for creators': {
          params: { id: 'post' },
          body: { creatorActions: ['view', 'change'] },
          answer: { ...post, creatorActions: ['view', 'change'] },
        },
      },
    },
    'DELETE /api/v1/types/:id': {
      operationId: 'deleteType',
      summary: 'Deletes a resource type, with its objects and all that is granted on them',
      answers: { 204: null },
      refusals: ['built_in', 'has_children'],
      examples: { 'a type': { params: { id: 'post' } } },
    },
  },
};
