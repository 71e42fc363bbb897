import { Injectable } from '@nestjs/common';
import type { Caller } from '../../core/caller.js';
import { Decider } from '../../core/decider.js';
import { CastellanError, notFound } from '../../core/errors.js';
import { EVERYTHING, toldExplanation, type Sight, type ToldExplanation } from '../../core/explain-sight.js';
import { refName, type Decision, type ObjectRef, type Question, type SubjectRef } from '../../core/model.js';
import { isNarrowed } from '../../core/narrowing.js';
import { Explanations, type Explanation } from '../../core/ports/explanations.js';
import { askedAbout } from './asking.js';

/** Explains decisions to those who may have them explained, as far as they may look. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly decider: Decider,
    private readonly explanations: Explanations,
  ) {}

  /**
   * Tells why the decision comes out as it does: takes `access:explain` on the object that is asked about, and without one everywhere.
   *
   * @throws CastellanError `not_found` (may neither explain nor view the object), `forbidden`.
   */
  async explain(caller: Caller, asked: Question): Promise<ToldExplanation> {
    const question = { ...asked, subject: askedAbout(caller, asked.subject) };
    const right = await this.#requireRight(caller, question.object);
    await this.#requireMaySupply(caller, question);
    const explanation = await this.explanations.explain(question);
    const sight =
      right.reason === 'superuser' && !isNarrowed(caller.subject)
        ? EVERYTHING
        : await this.#sightOf(caller.subject, question, explanation);
    return toldExplanation(question, explanation, sight);
  }

  async #requireRight({ subject }: Caller, object: ObjectRef | undefined): Promise<Decision> {
    const permission = { type: 'access', action: 'explain' };
    const { seen, decision } = object
      ? await this.decider.decideOnObject({ subject, permission, object })
      : { seen: true, decision: await this.decider.decide({ subject, permission }) };
    if (decision.allowed) return decision;
    if (!seen) throw notFound();
    throw new CastellanError(
      'forbidden',
      `This takes the permission access:explain${object ? ', on the object or above it' : ''}.`,
    );
  }

  // Made-up properties could find out what the rules are that are not told.
  async #requireMaySupply({ subject }: Caller, { supplied }: Question): Promise<void> {
    const { subject: ofSubject, resource, action } = supplied ?? {};
    if ([ofSubject, resource, action].every((properties) => Object.keys(properties ?? {}).length === 0)) return;
    const { allowed } = await this.decider.decide({ subject, permission: { type: 'access', action: 'evaluate' } });
    if (allowed) return;
    throw new CastellanError('forbidden', 'Supplying properties takes the permission access:evaluate as well.');
  }

  /** A place is told of where the caller may have it explained; a value, where the caller may view it. */
  async #sightOf(caller: SubjectRef, question: Question, explanation: Explanation): Promise<Sight> {
    const places = new Map<string, ObjectRef>();
    for (const { place } of [...explanation.counted, ...explanation.missed]) {
      if (place) places.set(refName(place), place);
    }
    const names = [...places.keys()];
    const [everywhere, subject, ...others] = await this.decider.decideAll([
      mayExplain(caller, undefined),
      ...viewing(caller, question.subject),
      ...[...places.values()].map((place) => mayExplain(caller, place)),
      ...viewing(caller, question.object),
    ]);
    const seen = new Set(names.filter((_name, index) => others[index]?.allowed === true));
    return {
      seesPlace: (place) => (place ? seen.has(refName(place)) : everywhere?.allowed === true),
      seesElsewhere: everywhere?.allowed === true,
      subjectFields: fieldsOf(subject),
      objectFields: fieldsOf(others[names.length]),
    };
  }
}

function mayExplain(subject: SubjectRef, object: ObjectRef | undefined): Question {
  return { subject, permission: { type: 'access', action: 'explain' }, object };
}

function viewing(subject: SubjectRef, object: ObjectRef | undefined): Question[] {
  return object ? [{ subject, permission: { type: object.type, action: 'view' }, object }] : [];
}

function fieldsOf(decision: Decision | undefined): Sight['objectFields'] {
  return decision?.allowed === true ? decision.fields : null;
}
