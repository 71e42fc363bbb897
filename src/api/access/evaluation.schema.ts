import { z } from 'zod';
import { refusal } from '../../nest/schema.pipe.js';
import { action, entity, mode, parent, properties, proposal, read } from './entity.schema.js';

/** An access evaluation request. Members that neither the standard nor Castellan names are ignored. */
const evaluation = z.object({ subject: entity, action, resource: entity, context: properties, mode });
/** One about a resource that is yet to be made, below the parent that it names (or null). */
const creation = evaluation.extend({ resource: proposal, parent });
export type EvaluationRequest = z.infer<typeof evaluation> | z.infer<typeof creation>;

const MOST_EVALUATIONS = 1000;
const SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;

/** Both forms of an access evaluation request. */
export const evaluationBody = z.union([creation, evaluation]).meta({ id: 'EvaluationRequest' });

/** Which of the answers are given: all of them, or those up to the first that is a no, or the first that is a yes. */
export type Semantic = (typeof SEMANTICS)[number];

// Each is a value for all the evaluations that do not name their own.
const defaults = evaluation.partial();
const creationDefaults = creation.partial();
const evaluations = defaults.extend({
  evaluations: z
    .array(z.unknown())
    .max(MOST_EVALUATIONS, `must hold at most ${MOST_EVALUATIONS}: send them in parts`)
    .default([]),
  options: z
    .object({ evaluations_semantic: z.enum(SEMANTICS).default('execute_all'), reasons: z.boolean().default(false) })
    .optional(),
});

/** Several evaluations as they are to be sent; what is wrong with one of them is told in its own answer. */
export const evaluationsBody = evaluations
  .extend({
    evaluations: z
      .array(z.union([creationDefaults, defaults]))
      .max(MOST_EVALUATIONS)
      .optional(),
  })
  .meta({ id: 'EvaluationsRequest' });

/** One of several evaluations that can't be asked. */
export interface FaultyEvaluation {
  readonly fault: string;
}

/** Several evaluations. */
export interface EvaluationsRequest {
  readonly evaluations: readonly (EvaluationRequest | FaultyEvaluation)[];
  readonly semantic: Semantic;
  /** Whether each answer is to tell by which rules it came about. */
  readonly reasons: boolean;
}

/**
 * Reads an access evaluation request.
 *
 * @throws CastellanError `malformed_request`: the standard asks for 400.
 * @see https://openid.net/specs/authorization-api-1_0.html
 */
export function parseEvaluation(body: unknown): EvaluationRequest {
  return isCreation(body) ? read(creation, body) : read(evaluation, body);
}

/**
 * Reads an access evaluations request; one without evaluations is an access evaluation request. What is wrong within one
 * evaluation is that one's own fault, and leaves the others standing.
 *
 * @throws CastellanError `malformed_request`.
 * @see https://openid.net/specs/authorization-api-1_0.html
 */
export function parseEvaluations(body: unknown): EvaluationRequest | EvaluationsRequest {
  const { evaluations: own, options, ...shared } = read(evaluations, body);
  if (own.length === 0) return parseEvaluation(body);
  return {
    evaluations: own.map((one) => withDefaults(one, shared)),
    semantic: options?.evaluations_semantic ?? 'execute_all',
    reasons: options?.reasons ?? false,
  };
}

// A member that the evaluation names replaces the default as a whole: nothing is merged below it.
function withDefaults(own: unknown, shared: z.infer<typeof defaults>): EvaluationRequest | FaultyEvaluation {
  const result = isCreation(own) ? creationDefaults.safeParse(own) : defaults.safeParse(own);
  if (!result.success) return { fault: refusal('malformed_request', result.error.issues).detail };
  const merged = { ...shared, ...result.data };
  if (isWhole(merged)) return merged;
  const missing = (['subject', 'action', 'resource'] as const).filter((name) => merged[name] === undefined);
  return { fault: missing.map((name) => `${name}: is missing here and at the top.`).join(' ') };
}

// The standard knows no parent, and asks for an id without it.
function isCreation(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, 'parent');
}

type Merged = z.infer<typeof defaults> | z.infer<typeof creationDefaults>;

function isWhole(merged: Merged): merged is EvaluationRequest {
  return merged.subject !== undefined && merged.action !== undefined && merged.resource !== undefined;
}
