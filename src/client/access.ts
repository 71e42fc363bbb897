import type { ToldExplanation } from '../core/explain-sight.js';
import type { Effect, JsonObject, ObjectRef, SubjectRef, Supplied } from '../core/model.js';
import type { CallOptions } from './client-options.js';
import type { Transport } from './transport.js';
import { isExplanation } from './record-shapes.js';

export type { ToldExplanation as Explanation } from '../core/explain-sight.js';

/** The question that is to be explained: on an object, on one that is to be made below `parent`, or on none in particular. */
export interface ExplainRequest {
  readonly subject: SubjectRef;
  /** `document:view` */
  readonly permission: string;
  readonly object?: ObjectRef | undefined;
  readonly parent?: ObjectRef | undefined;
  /** Goes over the stored attributes. */
  readonly supplied?: Supplied | undefined;
}

/** A rule that is held everywhere. */
export interface HeldRule {
  /** `document:view` */
  readonly permission: string;
  readonly effect: Effect;
  readonly condition: JsonObject | null;
  readonly fields: readonly string[] | null;
}

/** What a subject holds everywhere, and the attributes that conditions compare with. */
export interface HeldRules {
  readonly rules: readonly HeldRule[];
  readonly subjectAttributes: JsonObject | null;
}

/** What is behind decisions. */
export class Access {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Tells why a decision comes out as it does. @throws NotFoundError, ForbiddenError (without `access:explain`). */
  async explain(question: ExplainRequest, options: CallOptions = {}): Promise<ToldExplanation> {
    const call = { method: 'POST', path: '/api/v1/access/explain', body: question, options } as const;
    return this.#transport.json({ ...call, repetition: 'harmless' }, isExplanation);
  }

  /** The rules that a subject holds everywhere. @throws ForbiddenError when it is another, without `access:evaluate`. */
  async ability(subject: SubjectRef, options: CallOptions = {}): Promise<HeldRules> {
    const call = { method: 'POST', path: '/api/v1/access/ability', body: { subject }, options } as const;
    // What denies must not be lost.
    return this.#transport.json({ ...call, repetition: 'harmless' }, ({ rules }) => Array.isArray(rules));
  }
}
