import { Injectable } from '@nestjs/common';
import type { Caller } from '../../core/caller.js';
import { knownOf } from '../../core/casl-ability-rule.js';
import { notSignedIn } from '../../core/errors.js';
import { packedAbilityOf, type PackedAbility } from '../../core/packed-ability.js';
import { SubjectRulesSource } from '../../core/ports/subject-rules.js';

/** Says what callers may do by the rules that they hold everywhere, in CASL's language, as it is now. */
@Injectable()
export class AbilityService {
  constructor(private readonly rules: SubjectRulesSource) {}

  /**
   * The caller's own rules, about objects as the REST API answers them; those that anyone holds for a caller that nobody signed in.
   *
   * @throws CastellanError `not_authenticated` when nobody is signed in and anyone holds nothing.
   */
  async packedFor({ subject, signedIn }: Caller): Promise<PackedAbility> {
    const held = await this.rules.of(subject);
    if (!signedIn && held.rules.length === 0) throw notSignedIn();
    return packedAbilityOf(held.rules, knownOf(subject, held), { attributes: 'attributes' });
  }
}
