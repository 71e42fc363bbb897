import { abilityOf, type AttributesAt, type TypeAbility } from '../core/casl-ability.js';
import { knownOf } from '../core/casl-ability-rule.js';
import type { JsonObject, SubjectRef } from '../core/model.js';
import { packedAbilityOf, type PackedAbility } from '../core/packed-ability.js';
import type { AuthzEngine } from '../core/ports/engine.js';

/** What an ability is made with. */
export interface AbilityOptions {
  /** What conditions find below `context`. */
  readonly context?: JsonObject | undefined;
  /** Where the attributes of the things are: beside their ids (`top`, unless it is said), or in `attributes`, as in objects of the REST API. */
  readonly attributes?: AttributesAt | undefined;
}

/**
 * What the subject may do by the rules that it holds everywhere, as they are now, in an ability of CASL. It is for things that no rules are
 * placed on; of types whose mode is `both` or `object` it allows nothing.
 *
 * @throws CastellanError `database_unavailable`, `overloaded`.
 * @example
 * const ability = await abilityFor(engine, { type: 'user', id: 'alice' });
 * ability.can('change', subject('post', post), 'title');
 * @see docs/casl.md
 */
export async function abilityFor(
  engine: AuthzEngine,
  subject: SubjectRef,
  { context, attributes }: AbilityOptions = {},
): Promise<TypeAbility> {
  const held = await engine.rulesOf(subject);
  return abilityOf(held.rules, knownOf(subject, held, context), { attributes });
}

/**
 * The same rules for a front end, or for whatever takes a `MongoAbility`: packed, with conditions in CASL's own query language.
 *
 * @throws CastellanError `database_unavailable`, `overloaded`.
 * @example
 * const { rules } = await packedAbilityFor(engine, { type: 'user', id: 'alice' });
 * const ability = createMongoAbility(unpackRules<RawRuleOf<MongoAbility>>(rules)); // on the other side
 * @see docs/casl.md
 */
export async function packedAbilityFor(
  engine: AuthzEngine,
  subject: SubjectRef,
  { context, attributes }: AbilityOptions = {},
): Promise<PackedAbility> {
  const held = await engine.rulesOf(subject);
  return packedAbilityOf(held.rules, knownOf(subject, held, context), { attributes });
}
