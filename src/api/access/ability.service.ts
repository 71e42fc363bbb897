import { Injectable } from '@nestjs/common';
import type { Caller } from '../../core/caller.js';
import type { TypeRule } from '../../core/casl-ability.js';
import { Decider } from '../../core/decider.js';
import { permissionName, sameRef, type Effect, type JsonObject, type SubjectRef } from '../../core/model.js';
import { SubjectRulesSource } from '../../core/ports/subject-rules.js';
import { askedAbout, mayAsk, requireMayAsk } from './asking.js';

/** A rule as it is written; all members are always there. */
export interface WrittenRule {
  readonly permission: string;
  readonly effect: Effect;
  readonly condition: JsonObject | null;
  readonly fields: readonly string[] | null;
}

/** What a subject holds everywhere, and its attributes, which the conditions may ask for. */
export interface AbilityAnswer {
  readonly rules: readonly WrittenRule[];
  readonly subjectAttributes: JsonObject | null;
}

/** Tells other programs the rules that a subject holds everywhere, for them to make an ability of. */
@Injectable()
export class AbilityService {
  constructor(
    private readonly decider: Decider,
    private readonly rules: SubjectRulesSource,
  ) {}

  /** @throws CastellanError `forbidden` when the caller asks about another without `access:evaluate`. */
  async abilityOf(caller: Caller, subject: SubjectRef): Promise<AbilityAnswer> {
    // Before anything is read: a refusal then takes as long, whoever is asked about.
    if (!sameRef(caller.subject, subject)) requireMayAsk(await this.decider.decide(mayAsk(caller)));
    const { rules, subjectAttributes } = await this.rules.of(askedAbout(caller, subject));
    return { rules: rules.map(written), subjectAttributes };
  }
}

function written({ permission, effect, condition, fields }: TypeRule): WrittenRule {
  return { permission: permissionName(permission), effect, condition, fields };
}
