import { z } from 'zod';
import type { AssignmentRecord } from '../../core/ports/assignments.js';
import { pageOf, refAnswer, saying, time } from '../answers.js';
import type { DescribedPart } from '../route-docs.js';

const assignmentAnswer = saying<AssignmentRecord>()(
  z
    .strictObject({
      id: z.string(),
      subject: refAnswer,
      role: z.string(),
      object: refAnswer.nullable().meta({ description: 'Null for everywhere.' }),
      startsAt: time.nullable(),
      expiresAt: time.nullable(),
    })
    .meta({ id: 'Assignment' }),
);

const onPress = {
  id: '01936f2e-9c5e-7d3a-8f41-3b1c6a5d2e92',
  subject: { type: 'user', id: 'alice' },
  role: 'reader',
  object: { type: 'folder', id: 'press' },
  startsAt: null,
  expiresAt: null,
};

/** The routes of assignments, as they are described. */
export const assignmentsDocs: DescribedPart = {
  tag: 'assignments',
  description: 'Who holds which role: everywhere, or on one object and all below it.',
  routes: {
    'GET /api/v1/assignments': {
      operationId: 'listAssignments',
      summary: 'Lists the assignments that you may see',
      answers: { 200: pageOf(assignmentAnswer, 'AssignmentPage') },
      examples: {
        'those of a user': { query: { subject: 'user:alice' }, answer: { items: [onPress], next: null } },
      },
    },
    'POST /api/v1/assignments': {
      operationId: 'createAssignment',
      summary: 'Gives a subject a role',
      description: 'You have to hold all that the role does. The same assignment again answers the one that stands.',
      answers: { 201: assignmentAnswer, 200: assignmentAnswer },
      refusals: ['cannot_hand_out', 'not_found', 'unknown_reference'],
      examples: {
        'everywhere, until a day': {
          body: { subject: { type: 'group', id: 'staff' }, role: 'reader', expiresAt: '2999-01-01T00:00:00Z' },
          answer: {
            id: '01936f2e-9c5e-7d3a-8f41-3b1c6a5d2e93',
            subject: { type: 'group', id: 'staff' },
            role: 'reader',
            object: null,
            startsAt: null,
            expiresAt: '2999-01-01T00:00:00.000Z',
          },
        },
        'one that stands': {
          body: {
            subject: { type: 'user', id: 'alice' },
            role: 'reader',
            object: { type: 'folder', id: 'press' },
          },
          status: 200,
          answer: onPress,
        },
      },
    },
    'DELETE /api/v1/assignments/:id': {
      operationId: 'deleteAssignment',
      summary: 'Takes a role from a subject',
      answers: { 204: null },
      refusals: ['cannot_hand_out', 'not_found'],
      examples: { 'an assignment': { params: { id: onPress.id } } },
    },
  },
};
