import type { DescribedPart } from '../route-docs.js';
import { countedPageOf, userAnswer } from '../answers.js';

const carol = {
  id: 'carol',
  username: 'carol',
  email: 'carol@example.com',
  active: true,
  superuser: false,
  attributes: { department: 'press' },
};

/** The routes of users, as they are described. */
export const usersDocs: DescribedPart = {
  tag: 'users',
  description: 'Those who sign in.',
  routes: {
    'GET /api/v1/users': {
      operationId: 'listUsers',
      summary: 'Lists the users that you may view',
      answers: { 200: countedPageOf(userAnswer, 'UserPage') },
      examples: {
        'the first of them, counted': {
          query: { limit: '1', total: 'true' },
          answer: {
            items: [{ id: 'admin', username: 'admin', email: null, active: true, superuser: true, attributes: {} }],
            next: 'Zm9ybS1vZi1hLWN1cnNvcg',
            total: 4,
          },
        },
      },
    },
    'POST /api/v1/users': {
      operationId: 'createUser',
      summary: 'Makes a user',
      description:
        'Its id is its username unless told, and never changes. Without a password nobody signs in as it by one.',
      answers: { 201: userAnswer },
      refusals: ['already_exists', 'cannot_hand_out', 'superuser_only'],
      examples: {
        'a user with a password': {
          body: {
            username: 'dave',
            password: 'wind over the harbour',
            email: 'dave@example.com',
            attributes: { department: 'sales' },
          },
          answer: {
            id: 'dave',
            username: 'dave',
            email: 'dave@example.com',
            active: true,
            superuser: false,
            attributes: { department: 'sales' },
          },
        },
        'a service, to be given tokens': {
          body: { id: 'billing', username: 'billing' },
          answer: { id: 'billing', username: 'billing', email: null, active: true, superuser: false, attributes: {} },
        },
      },
    },
    'GET /api/v1/users/:id': {
      operationId: 'getUser',
      summary: 'Answers a user',
      description: 'With the attributes that you may view.',
      answers: { 200: userAnswer },
      examples: { 'a user': { params: { id: 'carol' }, answer: carol } },
    },
    'PATCH /api/v1/users/:id': {
      operationId: 'changeUser',
      summary: 'Changes a user',
      description:
        'A merge patch, also within the attributes. A new password, a new username and a deactivation end its sessions at once.',
      answers: { 200: userAnswer },
      refusals: ['already_exists', 'cannot_hand_out', 'superuser_only', 'last_superuser'],
      examples: {
        'another address, and one attribute': {
          params: { id: 'carol' },
          body: { email: null, attributes: { department: 'sales' } },
          answer: { ...carol, email: null, attributes: { department: 'sales' } },
        },
        'a deactivation': {
          params: { id: 'carol' },
          body: { active: false },
          answer: { ...carol, email: null, attributes: { department: 'sales' }, active: false },
        },
      },
    },
    'DELETE /api/v1/users/:id': {
      operationId: 'deleteUser',
      summary: 'Deletes a user, with all that it holds',
      answers: { 204: null },
      refusals: ['cannot_hand_out', 'superuser_only', 'last_superuser', 'has_children'],
      examples: { 'a user': { params: { id: 'carol' } } },
    },
  },
};
