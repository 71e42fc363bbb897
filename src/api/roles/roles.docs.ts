import { z } from 'zod';
import type { RoleRecord } from '../../core/ports/roles.js';
import { anyObject, countedPageOf, effect, saying } from '../answers.js';
import type { DescribedPart } from '../route-docs.js';

const roleAnswer = saying<RoleRecord>()(
  z
    .strictObject({
      id: z.string(),
      description: z.string().nullable(),
      rules: z.array(
        z
          .strictObject({
            permission: z.string(),
            effect,
            condition: anyObject.nullable(),
            fields: z.array(z.string()).nullable(),
          })
          .meta({ id: 'Rule' }),
      ),
      includes: z.array(z.string()),
    })
    .meta({ id: 'Role' }),
);

const reader = {
  id: 'reader',
  description: 'Reads what is published',
  rules: [{ permission: 'post:view', effect: 'allow', condition: { 'resource.status': 'published' }, fields: null }],
  includes: [],
};

const tags = { ETag: 'Stands for what the role says: for `If-Match`.' };

/** The routes of roles, as they are described. */
export const rolesDocs: DescribedPart = {
  tag: 'roles',
  description: 'Named sets of rules, which may include other roles.',
  routes: {
    'GET /api/v1/roles': {
      operationId: 'listRoles',
      summary: 'Lists the roles that you may view',
      answers: { 200: countedPageOf(roleAnswer, 'RolePage') },
      examples: { 'a list': { query: { limit: '1' }, answer: { items: [reader], next: null } } },
    },
    'POST /api/v1/roles': {
      operationId: 'createRole',
      summary: 'Makes a role',
      description: 'You have to hold what you put into it.',
      answers: { 201: roleAnswer },
      refusals: ['already_exists', 'cannot_hand_out', 'cycle', 'too_deep', 'unknown_reference'],
      examples: {
        'a role that includes another': {
          body: {
            id: 'editor',
            description: 'Changes what is not yet published',
            rules: [
              {
                permission: 'post:change',
                condition: { 'resource.status': { $ne: 'published' } },
                fields: ['title', 'text'],
              },
            ],
            includes: ['reader'],
          },
          answer: {
            id: 'editor',
            description: 'Changes what is not yet published',
            rules: [
              {
                permission: 'post:change',
                effect: 'allow',
                condition: { 'resource.status': { $ne: 'published' } },
                fields: ['title', 'text'],
              },
            ],
            includes: ['reader'],
          },
        },
      },
    },
    'GET /api/v1/roles/:id': {
      operationId: 'getRole',
      summary: 'Answers a role',
      answers: { 200: roleAnswer },
      headers: tags,
      examples: { 'a role': { params: { id: 'reader' }, answer: reader } },
    },
    'PATCH /api/v1/roles/:id': {
      operationId: 'changeRole',
      summary: 'Changes a role',
      description:
        'A merge patch: rules and includes are replaced as a whole. You have to hold what comes and what goes.',
      requestHeaders: {
        'If-Match': 'The `ETag` of the role as it was read: the change is made only while it is still that.',
      },
      answers: { 200: roleAnswer },
      headers: tags,
      refusals: ['changed_meanwhile', 'cannot_hand_out', 'cycle', 'too_deep', 'unknown_reference'],
      examples: {
        'other rules': {
          params: { id: 'reader' },
          body: { rules: [{ permission: 'post:view' }] },
          answer: {
            ...reader,
            rules: [{ permission: 'post:view', effect: 'allow', condition: null, fields: null }],
          },
        },
      },
    },
    'DELETE /api/v1/roles/:id': {
      operationId: 'deleteRole',
      summary: 'Deletes a role, and takes it from all who hold it',
      answers: { 204: null },
      refusals: ['cannot_hand_out', 'has_children'],
      examples: { 'a role': { params: { id: 'reader' } } },
    },
  },
};
