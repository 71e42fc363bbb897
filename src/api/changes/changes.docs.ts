import { z } from 'zod';
import type { ChangeRecord } from '../../core/ports/changes.js';
import { pageOf, refAnswer, saying, time } from '../answers.js';
import type { DescribedPart } from '../route-docs.js';

const changeAnswer = saying<ChangeRecord>()(
  z
    .strictObject({
      id: z.string().meta({ description: 'Grows with the trail.' }),
      at: time,
      actor: refAnswer,
      action: z.string(),
      target: refAnswer,
      before: z.unknown().meta({ description: 'How it was; null where it was not there.' }),
      after: z.unknown().meta({ description: 'How it is; null where it is not there.' }),
      requestId: z.string(),
    })
    .meta({ id: 'Change' }),
);

/** The route of the audit trail, as it is described. */
export const changesDocs: DescribedPart = {
  tag: 'changes',
  description: 'The audit trail: who changed what, and when. Takes `audit:view`.',
  routes: {
    'GET /api/v1/changes': {
      operationId: 'listChanges',
      summary: 'Lists what was done',
      description:
        'The newest first; or the oldest first, to follow it: whoever goes on after the last id it has seen misses nothing.',
      answers: { 200: pageOf(changeAnswer, 'ChangePage') },
      examples: {
        'what was done to a group': {
          query: { object: 'group:staff', action: 'group.create' },
          answer: {
            items: [
              {
                id: '7',
                at: '2026-11-25T08:00:00.000Z',
                actor: { type: 'operator', id: 'test' },
                action: 'group.create',
                target: { type: 'group', id: 'staff' },
                before: null,
                after: { id: 'staff', description: 'Everybody who works here', creator: null, granted: [] },
                requestId: 'test',
              },
            ],
            next: null,
          },
        },
      },
    },
  },
};
