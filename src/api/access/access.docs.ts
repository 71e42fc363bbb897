import { z } from 'zod';
import { anyObject, effect, saying } from '../answers.js';
import type { DescribedPart } from '../route-docs.js';
import type { AbilityAnswer } from './ability.service.js';
import { explanationAnswer } from './explanation.answers.js';

const abilityAnswer = saying<AbilityAnswer>()(
  z
    .strictObject({
      rules: z.array(
        z
          .strictObject({
            permission: z.string(),
            effect,
            condition: anyObject.nullable(),
            fields: z.array(z.string()).nullable(),
          })
          .meta({ id: 'HeldRule' }),
      ),
      subjectAttributes: anyObject.nullable(),
    })
    .meta({ id: 'HeldRules' }),
);

/** The routes of explanations and abilities, as they are described. */
export const accessDocs: DescribedPart = {
  tag: 'access',
  description: 'What is behind decisions.',
  routes: {
    'POST /api/v1/access/explain': {
      operationId: 'explain',
      summary: 'Tells why a decision comes out as it does',
      description: 'The rules that counted, how each was reached, and those that nearly counted.',
      answers: { 200: explanationAnswer },
      refusals: ['forbidden', 'not_found'],
      examples: {
        'of an object': {
          body: {
            subject: { type: 'user', id: 'alice' },
            permission: 'post:change',
            object: { type: 'post', id: '123' },
          },
          answer: {
            decision: { allowed: true, reason: 'rule_allows', fields: { only: null, except: [] } },
            mode: 'union',
            unknown: [],
            counted: [
              {
                id: '01936f2e-9c5e-7d3a-8f41-3b1c6a5d2e94',
                source: 'grant',
                effect: 'allow',
                placed: 'object',
                condition: null,
                fields: null,
                permission: 'post:change',
                place: { type: 'post', id: '123' },
                startsAt: null,
                expiresAt: null,
                path: [{ type: 'user', id: 'alice' }],
              },
            ],
            missed: [],
            moreElsewhere: false,
          },
        },
      },
    },
    'POST /api/v1/access/ability': {
      operationId: 'getHeldRules',
      summary: 'Tells the rules that a subject holds everywhere',
      description: 'Of another than yourself it takes `access:evaluate`.',
      answers: { 200: abilityAnswer },
      refusals: ['forbidden'],
      examples: {
        'a user': {
          body: { subject: { type: 'user', id: 'alice' } },
          answer: {
            rules: [
              { permission: 'post:view', effect: 'allow', condition: { 'resource.status': 'published' }, fields: null },
            ],
            subjectAttributes: { department: 'press' },
          },
        },
      },
    },
  },
};
