import { z } from 'zod';
import { pageOf, saying, time } from '../answers.js';
import type { DescribedPart } from '../route-docs.js';
import type { OwnSession } from './sessions.controller.js';

const sessionAnswer = saying<OwnSession>()(
  z
    .strictObject({
      id: z.string(),
      createdAt: time,
      usedAt: time.meta({ description: 'To the minute.' }),
      expiresAt: time.meta({ description: 'When it ends unless it is used.' }),
      address: z.string().nullable().meta({ description: 'Whence it was opened.' }),
      userAgent: z.string().nullable(),
      current: z.boolean().meta({ description: 'Whether the request itself comes by it.' }),
    })
    .meta({ id: 'Session' }),
);

const session = {
  id: '01936f2e-9c5e-7d3a-8f41-3b1c6a5d2e97',
  createdAt: '2026-11-25T08:00:00.000Z',
  usedAt: '2026-11-25T08:00:00.000Z',
  expiresAt: '2026-11-25T08:30:00.000Z',
  address: '127.0.0.1',
  userAgent: null,
  current: true,
};

/** The routes of one's own sessions, as they are described. */
export const sessionsDocs: DescribedPart = {
  tag: 'sign-in',
  description: 'Sessions, and what signed-in users may do about themselves.',
  routes: {
    'GET /api/v1/auth/sessions': {
      operationId: 'listSessions',
      summary: 'Lists your sessions',
      answers: { 200: pageOf(sessionAnswer, 'SessionPage') },
      refusals: ['not_found'],
      examples: { 'a list': { answer: { items: [session], next: null } } },
    },
    'DELETE /api/v1/auth/sessions': {
      operationId: 'endOtherSessions',
      summary: 'Ends your sessions, but for the one that the request comes by',
      answers: { 204: null },
      refusals: ['not_found'],
      examples: { 'all others': {} },
    },
    'DELETE /api/v1/auth/sessions/:id': {
      operationId: 'endSession',
      summary: 'Ends one of your sessions with the very next request',
      answers: { 204: null },
      refusals: ['not_found'],
      examples: { 'a session': { params: { id: session.id } } },
    },
  },
};
