import { z } from 'zod';
import type { Json, JsonObject } from '../../core/model.js';
import { refusal } from '../../nest/schema.pipe.js';

// One request's properties can go over the stored ones of a thousand questions.
const MOST_NAMES = 256;
// Each of its values can be compared with by each rule of each question.
const MOST_BYTES = 16 * 1024;

// Whatever else can be no name is a name of nothing: the answer is no, and not an error.
const name = z.string().min(1);

/** Properties, and what else comes along with a question: any JSON object. It is JSON already; a look at its numbers is all it takes. */
export const properties = z
  .custom<JsonObject>(isObject, { error: 'must be an object', abort: true })
  .refine((object) => Object.keys(object).length <= MOST_NAMES, `must have at most ${MOST_NAMES} members`)
  .refine((object) => Buffer.byteLength(JSON.stringify(object)) <= MOST_BYTES, `must take at most ${MOST_BYTES} bytes`)
  .refine(hasFiniteNumbers, 'must hold no number beyond those of a double')
  .optional()
  .meta({ type: 'object', maxProperties: MOST_NAMES });

/** A subject or a resource that is named. */
export const entity = z.object({ type: name, id: name, properties }).meta({ id: 'AskedEntity' });
export type Entity = z.infer<typeof entity>;

/** The subjects or resources that a search is for. An id of theirs is ignored. */
export const kind = z.object({ type: name, properties }).meta({ id: 'AskedKind' });

export const action = z.object({ name, properties }).meta({ id: 'AskedAction' });

/** What is yet to be made: it need have no id. */
export const proposal = z.object({ type: name, id: name.optional(), properties }).meta({ id: 'AskedProposal' });

/** Where it is to be made; null for nowhere in particular. */
export const parent = z.object({ type: name, id: name }).nullable();

/** A mode that goes over the one of the resource's type. */
export const mode = z.enum(['union', 'both', 'object']).optional();

/** Reads a body through its schema. @throws CastellanError `malformed_request`: the standard asks for 400. */
export function read<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw refusal('malformed_request', result.error.issues);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// JSON.parse reads 1e999 as Infinity, which the database has no word for.
function hasFiniteNumbers(value: Json): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(hasFiniteNumbers);
}
