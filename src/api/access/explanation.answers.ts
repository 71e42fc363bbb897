import { z } from 'zod';
import type { ToldExplanation, ToldMiss } from '../../core/explain-sight.js';
import { anyObject, effect, mode, refAnswer, saying, time } from '../answers.js';
import { decisionParts, fetchedRuleParts } from './authzen.docs.js';

const place = refAnswer.nullable().meta({ description: 'Where it is placed; null for everywhere.' });

const consideredParts = {
  ...fetchedRuleParts,
  permission: z.string(),
  place,
  startsAt: time.nullable(),
  expiresAt: time.nullable(),
  path: z.array(refAnswer).meta({ description: 'By which groups and roles it is held; the last one holds it.' }),
};
const outsideParts = { outside: z.literal(true), effect };

const finding = z.union([
  z
    .strictObject({
      path: z.string(),
      value: z.exactOptional(z.json()),
      comparison: anyObject,
      other: z.exactOptional(z.strictObject({ path: z.string(), value: z.exactOptional(z.json()) })),
    })
    .meta({ id: 'Finding' }),
  z.strictObject({ path: z.string(), comparison: anyObject, hidden: z.literal(true) }).meta({ id: 'HiddenFinding' }),
]);

const why = {
  notStarted: z.literal('not_started'),
  expired: z.literal('expired'),
  condition: z.enum(['condition_false', 'condition_unknown']),
  denied: z.literal('denied'),
  mode: z.literal('mode'),
  fields: z.literal('fields'),
  elsewhere: z.literal('elsewhere'),
} as const;

const miss = saying<ToldMiss>()(
  z
    .union([
      z.strictObject({ why: why.notStarted, startsAt: time }),
      z.strictObject({ why: why.expired, expiresAt: time }),
      z.strictObject({ why: why.condition, because: z.array(finding) }),
      z.strictObject({ why: why.denied, by: z.string().nullable() }),
      z.strictObject({ why: why.mode, needs: z.enum(['everywhere', 'object']) }),
      z.strictObject({ why: why.fields, fields: z.array(z.string()) }),
      z.strictObject({ why: why.elsewhere }),
    ])
    .meta({ id: 'Miss' }),
);

const outsideRule = z
  .strictObject(outsideParts)
  .meta({ id: 'OutsideRule', description: 'A rule that counts, placed where you may not look.' });
const outsideMiss = z.strictObject({ why: z.union(Object.values(why)) });

/** Why a decision comes out as it does. */
export const explanationAnswer = saying<ToldExplanation>()(
  z
    .strictObject({
      decision: z.strictObject({
        allowed: z.boolean(),
        reason: decisionParts.reason,
        fields: decisionParts.fields.nullable(),
      }),
      mode,
      unknown: z.array(z.enum(['subject', 'object'])),
      counted: z.array(z.union([z.strictObject(consideredParts).meta({ id: 'ConsideredRule' }), outsideRule])),
      missed: z.array(
        z.union([
          z.strictObject({ ...consideredParts, miss }).meta({ id: 'MissedRule' }),
          z.strictObject({ ...outsideParts, miss: outsideMiss }).meta({ id: 'MissedOutsideRule' }),
        ]),
      ),
      moreElsewhere: z.boolean(),
    })
    .meta({ id: 'Explanation' }),
);
