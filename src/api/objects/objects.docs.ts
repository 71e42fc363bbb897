import { z } from 'zod';
import type { ObjectRecord } from '../../core/ports/objects.js';
import { anyObject, countedPageOf, refAnswer, saying } from '../answers.js';
import type { DescribedPart } from '../route-docs.js';

const objectAnswer = saying<ObjectRecord>()(
  z
    .strictObject({
      type: z.string(),
      id: z.string(),
      parent: refAnswer.nullable().meta({ description: 'Null for a root, and where you may not view it.' }),
      attributes: anyObject,
    })
    .meta({ id: 'Object' }),
);

const post = {
  type: 'post',
  id: '123',
  parent: { type: 'folder', id: 'press' },
  attributes: { title: 'We open on Monday', status: 'draft' },
};

/** The routes of objects, as they are described. */
export const objectsDocs: DescribedPart = {
  tag: 'objects',
  description: 'The protected things themselves, of the types that are not built in.',
  routes: {
    'GET /api/v1/objects/:type': {
      operationId: 'listObjects',
      summary: 'Lists the objects of a type that you may view',
      description: 'Or do another action on, of those that you may view.',
      answers: { 200: countedPageOf(objectAnswer, 'ObjectPage') },
      refusals: ['built_in'],
      freeQuery: {
        name: 'attributes',
        description: 'Narrows the list: `attributes.status=draft`, by up to 8 attributes, each a path of names.',
      },
      examples: {
        'what you may change, of the drafts': {
          params: { type: 'post' },
          query: { action: 'change', 'attributes.status': 'draft' },
          answer: { items: [post], next: null },
        },
      },
    },
    'POST /api/v1/objects/:type': {
      operationId: 'createObject',
      summary: 'Registers an object',
      description: 'You get on it what its type says that a creator gets.',
      answers: { 201: objectAnswer },
      refusals: ['already_exists', 'built_in', 'cannot_hand_out', 'too_deep', 'unknown_reference'],
      examples: {
        'an object below another': {
          params: { type: 'post' },
          body: { id: '124', parent: { type: 'folder', id: 'press' }, attributes: { status: 'draft' } },
          answer: { type: 'post', id: '124', parent: { type: 'folder', id: 'press' }, attributes: { status: 'draft' } },
        },
      },
    },
    'GET /api/v1/objects/:type/:id': {
      operationId: 'getObject',
      summary: 'Answers an object',
      description: 'With the attributes that you may view.',
      answers: { 200: objectAnswer },
      refusals: ['built_in'],
      examples: { 'an object': { params: { type: 'post', id: '123' }, answer: post } },
    },
    'PATCH /api/v1/objects/:type/:id': {
      operationId: 'changeObject',
      summary: 'Changes or moves an object',
      description:
        'A merge patch, also within the attributes. To move it takes to be allowed to delete it where it is, and to add it where it goes.',
      answers: { 200: objectAnswer },
      refusals: ['built_in', 'cannot_hand_out', 'cycle', 'too_deep', 'unknown_reference'],
      examples: {
        'an attribute, and one that goes': {
          params: { type: 'post', id: '123' },
          body: { attributes: { status: 'published', title: null } },
          answer: { ...post, attributes: { status: 'published' } },
        },
        'a move': {
          params: { type: 'post', id: '123' },
          body: { parent: null },
          answer: { ...post, parent: null, attributes: { status: 'published' } },
        },
      },
    },
    'DELETE /api/v1/objects/:type/:id': {
      operationId: 'deleteObject',
      summary: 'Deletes an object, with all that is granted on it',
      answers: { 204: null },
      refusals: ['built_in', 'has_children'],
      examples: {
        'with all that is below it': { params: { type: 'folder', id: 'press' }, query: { cascade: 'true' } },
      },
    },
  },
};
