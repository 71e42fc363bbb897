import { z } from 'zod';
import type { DescribedPart } from '../route-docs.js';

const healthAnswer = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Health' });

/** The routes of health, as they are described. */
export const healthDocs: DescribedPart = {
  tag: 'health',
  description: 'What an orchestrator asks.',
  routes: {
    'GET /health/live': {
      operationId: 'isLive',
      summary: 'Whether the process is there',
      answers: { 200: healthAnswer },
      examples: { 'it is': { answer: { status: 'ok' } } },
    },
    'GET /health/ready': {
      operationId: 'isReady',
      summary: 'Whether it can answer: asks the database',
      answers: { 200: healthAnswer },
      examples: { 'it is': { answer: { status: 'ok' } } },
    },
  },
};
