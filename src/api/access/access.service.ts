import { Injectable } from '@nestjs/common';
import type { Caller } from '../../core/caller.js';
import { Decider } from '../../core/decider.js';
import { CastellanError } from '../../core/errors.js';
import { sameRef, type Question } from '../../core/model.js';
import type { EvaluationRequest } from './evaluation.schema.js';

/** Answers other programs' questions of access, by the AuthZEN Authorization API. */
@Injectable()
export class AccessService {
  constructor(private readonly decider: Decider) {}

  /**
   * Whether the subject may do the action on the resource. Whatever is unknown is denied.
   *
   * @throws CastellanError `forbidden` when the caller asks about another, or with properties of its own, without `access:evaluate`.
   */
  async evaluate(caller: Caller, request: EvaluationRequest): Promise<boolean> {
    const { subject, action, resource } = request;
    const question: Question = { subject, permission: { type: resource.type, action: action.name }, object: resource };
    const supplied = subject.properties ?? action.properties ?? resource.properties;
    if (supplied === undefined && sameRef(caller.subject, subject))
      return (await this.decider.decide(question)).allowed;
    const mayAsk: Question = { subject: caller.subject, permission: { type: 'access', action: 'evaluate' } };
    const [may, answer] = await this.decider.decideAll([mayAsk, question]);
    if (may?.allowed !== true) {
      throw new CastellanError(
        'forbidden',
        'Asking about another subject, or with properties, takes the permission access:evaluate.',
      );
    }
    return answer?.allowed === true;
  }
}
