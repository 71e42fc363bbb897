import type { MongoAbility, RawRuleOf } from '@casl/ability';
import { packRules, type PackRule } from '@casl/ability/extra';
import { remainingCondition, type AttributesAt, type KnownEntities, type TypeRule } from './casl-ability-rule.js';
import { permissionName } from './model.js';
import type { Query } from './packed-ability-conjunction.js';
import { queriesOf } from './packed-ability-query.js';

/** One rule, as `unpackRules` of `@casl/ability/extra` takes it. */
export type PackedRule = PackRule<RawRuleOf<MongoAbility>>;

/** The rules of an ability, for whoever has CASL and nothing of Castellan: a front end. */
export interface PackedAbility {
  readonly rules: PackedRule[];
  /** The permissions of which less is allowed than a decision would: not all that their rules say can be said in CASL's language. */
  readonly approximated: string[];
}

interface MongoRule {
  readonly action: string;
  readonly subject: string;
  readonly inverted?: boolean;
  readonly fields?: string[];
  readonly conditions?: Query;
}

/**
 * The rules that a subject holds everywhere, with conditions in the query language that `createMongoAbility` of CASL 7 understands. They allow what a
 * decision by these rules allows of things that are JSON, except for permissions named in `approximated`: of these, never more, and maybe less.
 *
 * @param known the subject and the context.
 * @example
 * const { rules } = packedAbilityOf(held, known, { attributes: 'attributes' });
 * createMongoAbility(unpackRules<RawRuleOf<MongoAbility>>(rules)).can('view', subject('document', { id: '1', attributes: { status: 'draft' } }));
 * @see https://casl.js.org/v6/en/cookbook/cache-rules
 */
export function packedAbilityOf(
  rules: readonly TypeRule[],
  known: KnownEntities,
  { attributes = 'top' }: { readonly attributes?: AttributesAt | undefined } = {},
): PackedAbility {
  const approximated = new Set<string>();
  const said = (effect: TypeRule['effect']): MongoRule[] =>
    rules
      .filter((rule) => rule.effect === effect)
      .flatMap((rule) => {
        const { made, exact } = mongoRulesOf(rule, known, attributes);
        if (!exact) approximated.add(permissionName(rule.permission));
        return made;
      });
  // CASL lets later rules win: allows first, denies after them.
  const inOrder = [...said('allow'), ...said('deny')] as RawRuleOf<MongoAbility>[];
  return { rules: packRules(inOrder), approximated: [...approximated].toSorted() };
}

interface Made {
  readonly made: MongoRule[];
  readonly exact: boolean;
}

const NOTHING_MADE: Made = { made: [], exact: true };

function mongoRulesOf(rule: TypeRule, known: KnownEntities, at: AttributesAt): Made {
  const { permission, effect } = rule;
  const remaining = remainingCondition(rule, known);
  if (remaining === null) return NOTHING_MADE;
  // Where nothing is allowed, nothing has to be denied.
  if (!isPlainName(permission.type, 'all') || !isPlainName(permission.action, 'manage'))
    return { made: [], exact: effect === 'deny' };
  const scope = fieldsOf(rule);
  if (!scope) return { made: [], exact: false };
  const { queries, exact } = queriesOf(rule, remaining, at);
  const common = {
    action: permission.action,
    subject: permission.type,
    ...(effect === 'deny' ? { inverted: true } : {}),
    ...(scope.fields ? { fields: scope.fields } : {}),
  };
  const made = queries.map((conditions): MongoRule => {
    return Object.assign({}, common, Object.keys(conditions).length > 0 ? { conditions } : {});
  });
  return { made, exact: exact && scope.exact };
}

// CASL packs names with a comma between them, and has words that mean all of them.
function isPlainName(name: string, wildcard: string): boolean {
  return name !== wildcard && !name.includes(',');
}

/** Undefined where none of the fields can be said. CASL reads a star in a field as a pattern. */
function fieldsOf({
  effect,
  fields,
}: TypeRule): { readonly fields: string[] | null; readonly exact: boolean } | undefined {
  if (fields === null) return { fields: null, exact: true };
  const plain = fields.filter((field) => !/[*,]/.test(field));
  if (plain.length === fields.length) return { fields: plain, exact: true };
  if (effect === 'deny') return { fields: null, exact: false };
  return plain.length > 0 ? { fields: plain, exact: false } : undefined;
}
