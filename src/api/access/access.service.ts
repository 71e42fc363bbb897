import { Injectable } from '@nestjs/common';
import type { Caller } from '../../core/caller.js';
import { Decider } from '../../core/decider.js';
import type { Decision } from '../../core/model.js';
import { mayAsk, questionOf, requireMayAsk, takesPermission } from './asking.js';
import type { EvaluationRequest, EvaluationsRequest, FaultyEvaluation, Semantic } from './evaluation.schema.js';

/** The answer to one evaluation. */
export interface EvaluationAnswer {
  readonly decision: boolean;
  /** What is wrong with one of several that could not be asked; or why it came out so, where that was asked for. */
  readonly context?:
    | { readonly error: { readonly status: 400; readonly message: string } }
    | Pick<Decision, 'reason' | 'rules' | 'fields'>;
}

/** Answers other programs' questions of access, by the AuthZEN Authorization API. */
@Injectable()
export class AccessService {
  constructor(private readonly decider: Decider) {}

  /**
   * Whether the subject may do the action on the resource. Whatever is unknown is denied.
   *
   * @throws CastellanError `forbidden` when the caller asks about another, or with properties of its own, without `access:evaluate`.
   */
  async evaluate(caller: Caller, request: EvaluationRequest): Promise<EvaluationAnswer> {
    const question = questionOf(caller, request);
    if (!takesPermission(caller, request)) return { decision: (await this.decider.decide(question)).allowed };
    // Decided in one statement, so that a refusal takes as long whatever the answer would be.
    const [may, answer] = await this.decider.decideAll([mayAsk(caller), question]);
    requireMayAsk(may);
    return { decision: answer?.allowed === true };
  }

  /**
   * The answers to several evaluations, in their order; by a semantic that stops early, those up to where it stops.
   * All are decided together: the answers are the same as if they had been decided one by one.
   *
   * @throws CastellanError `forbidden` when one of them, or telling the reasons, takes `access:evaluate` and the caller does not hold it.
   */
  async evaluateAll(
    caller: Caller,
    { evaluations, semantic, reasons }: EvaluationsRequest,
  ): Promise<EvaluationAnswer[]> {
    const requests = evaluations.filter(isSound);
    // Before anything else is decided: a refusal then takes as long, and as little, whatever is asked.
    if (reasons || requests.some((request) => takesPermission(caller, request)))
      requireMayAsk(await this.decider.decide(mayAsk(caller)));
    const decisions = await this.decider.decideAll(requests.map((request) => questionOf(caller, request)));
    const next = decisions.values();
    const answers = evaluations.map((one): EvaluationAnswer => {
      if (!isSound(one)) return { decision: false, context: { error: { status: 400, message: one.fault } } };
      return answerOf(next.next().value, reasons);
    });
    return upToTheEnd(answers, semantic);
  }
}

function answerOf(decision: Decision | undefined, reasons: boolean): EvaluationAnswer {
  if (!decision || !reasons) return { decision: decision?.allowed === true };
  const { allowed, reason, rules, fields } = decision;
  return { decision: allowed, context: { reason, rules, fields } };
}

function isSound(one: EvaluationRequest | FaultyEvaluation): one is EvaluationRequest {
  return !('fault' in one);
}

function upToTheEnd(answers: EvaluationAnswer[], semantic: Semantic): EvaluationAnswer[] {
  if (semantic === 'execute_all') return answers;
  const ending = semantic === 'permit_on_first_permit';
  const end = answers.findIndex(({ decision }) => decision === ending);
  return end < 0 ? answers : answers.slice(0, end + 1);
}
