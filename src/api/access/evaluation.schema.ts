import { z } from 'zod';
import { refusal } from '../../nest/schema.pipe.js';

const properties = z.record(z.string(), z.unknown()).optional();
const entity = z.object({ type: z.string().min(1), id: z.string().min(1), properties });

/** An access evaluation request. Members that the standard does not name are ignored. */
const evaluation = z.object({
  subject: entity,
  action: z.object({ name: z.string().min(1), properties }),
  resource: entity,
  context: properties,
});
export type EvaluationRequest = z.infer<typeof evaluation>;

/**
 * Reads an access evaluation request.
 *
 * @throws CastellanError `malformed_request`: the standard asks for 400.
 * @see https://openid.net/specs/authorization-api-1_0.html
 */
export function parseEvaluation(body: unknown): EvaluationRequest {
  const result = evaluation.safeParse(body);
  if (result.success) return result.data;
  throw refusal('malformed_request', result.error.issues);
}
