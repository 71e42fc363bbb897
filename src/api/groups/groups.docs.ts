import { z } from 'zod';
import type { GroupRecord } from '../../core/ports/groups.js';
import { countedPageOf, pageOf, refAnswer, saying } from '../answers.js';
import type { DescribedPart } from '../route-docs.js';

const groupAnswer = saying<GroupRecord>()(
  z.strictObject({ id: z.string(), description: z.string().nullable() }).meta({ id: 'Group' }),
);

const staff = { id: 'staff', description: 'Everybody who works here' };
const member = { id: 'staff', subjectType: 'user', subjectId: 'bob' };

/** The routes of groups, as they are described. */
export const groupsDocs: DescribedPart = {
  tag: 'groups',
  description: 'Subjects that are given things together. Groups may be members of groups.',
  routes: {
    'GET /api/v1/groups': {
      operationId: 'listGroups',
      summary: 'Lists the groups that you may view',
      answers: { 200: countedPageOf(groupAnswer, 'GroupPage') },
      examples: {
        'a list': {
          query: { limit: '1' },
          answer: {
            items: [{ id: 'anyone', description: 'Every request, signed in or not.' }],
            next: 'Zm9ybS1vZi1hLWN1cnNvcg',
          },
        },
      },
    },
    'POST /api/v1/groups': {
      operationId: 'createGroup',
      summary: 'Makes a group',
      answers: { 201: groupAnswer },
      refusals: ['already_exists'],
      examples: {
        'a group': {
          body: { id: 'press', description: 'The press office' },
          answer: { id: 'press', description: 'The press office' },
        },
      },
    },
    'GET /api/v1/groups/:id': {
      operationId: 'getGroup',
      summary: 'Answers a group',
      answers: { 200: groupAnswer },
      examples: { 'a group': { params: { id: 'staff' }, answer: staff } },
    },
    'PATCH /api/v1/groups/:id': {
      operationId: 'changeGroup',
      summary: 'Changes a group',
      answers: { 200: groupAnswer },
      refusals: ['built_in'],
      examples: {
        'another description': {
          params: { id: 'staff' },
          body: { description: 'All who work here' },
          answer: { id: 'staff', description: 'All who work here' },
        },
      },
    },
    'DELETE /api/v1/groups/:id': {
      operationId: 'deleteGroup',
      summary: 'Deletes a group, with all that it holds',
      answers: { 204: null },
      refusals: ['built_in', 'cannot_hand_out', 'has_children'],
      examples: { 'a group': { params: { id: 'staff' } } },
    },
    'GET /api/v1/groups/:id/members': {
      operationId: 'listMembers',
      summary: 'Lists the direct members of a group',
      answers: { 200: pageOf(refAnswer, 'MemberPage') },
      examples: {
        'a list': { params: { id: 'staff' }, answer: { items: [{ type: 'user', id: 'alice' }], next: null } },
      },
    },
    'PUT /api/v1/groups/:id/members/:subjectType/:subjectId': {
      operationId: 'addMember',
      summary: 'Makes a subject a direct member of a group',
      description: 'It gets all that the group holds, so you have to hold that yourself.',
      answers: { 204: null },
      refusals: ['built_in', 'cannot_hand_out', 'cycle', 'too_deep', 'unknown_reference'],
      examples: { 'a user': { params: member } },
    },
    'DELETE /api/v1/groups/:id/members/:subjectType/:subjectId': {
      operationId: 'removeMember',
      summary: 'Ends a direct membership',
      answers: { 204: null },
      refusals: ['built_in', 'cannot_hand_out'],
      examples: { 'a user': { params: member } },
    },
  },
};
