import { foldCondition } from '../conditions/fold-condition.js';
import { TRUE, type Condition } from '../conditions/condition.js';
import { conditionOf } from '../conditions/parse-condition.js';
import { entitiesButResource } from '../entities.js';
import type { JsonObject, Mode, SubjectRef } from '../model.js';
import type { ActionRules, PlacedKind, RowRules, RuleKind } from '../ports/row-rules.js';
import { EVERY_ROW, NO_ROW, allOf, anyOf, type Reach, type RowFilter } from './row-filter.js';
import type { RowModel } from './row-model.js';
import { rowsWhere } from './row-conditions.js';

/** Whose rows, for which action, and how the action is decided. */
export interface RowsAsked {
  readonly subject: SubjectRef;
  readonly action: string;
  /** Goes over the mode of the type. */
  readonly mode?: Mode | undefined;
  readonly context?: JsonObject | undefined;
}

/**
 * The rows for which a decision allows the action, where the attributes of their objects are what their columns say. The same rules as
 * a decision's: a deny that counts wins, and the mode says which allows it takes.
 */
export function rowsAllowed(rules: RowRules | null, asked: RowsAsked, model: RowModel): RowFilter {
  const ofAction = rules?.byAction.get(asked.action);
  if (!rules || !ofAction) return NO_ROW;
  if (rules.superuser) return EVERY_ROW;
  return new Rows(rules, ofAction, asked, model).allowed();
}

const REACHES: readonly Reach[] = ['many', 'some', 'few'];

class Rows {
  readonly #mode: Mode;
  readonly #known: ReturnType<typeof entitiesButResource>;

  constructor(
    rules: RowRules,
    private readonly ofAction: ActionRules,
    asked: RowsAsked,
    private readonly model: RowModel,
  ) {
    this.#mode = asked.mode ?? rules.mode;
    const permission = { type: model.type, action: asked.action };
    const supplied = { context: asked.context };
    this.#known = entitiesButResource({ subject: asked.subject, permission, supplied }, rules.subjectAttributes);
  }

  allowed(): RowFilter {
    const { everywhere, placed } = this.ofAction;
    const allows = ({ effect }: RuleKind): boolean => effect === 'allow';
    const denies = ({ effect, ofFields }: RuleKind): boolean => effect === 'deny' && !ofFields;
    return allOf([
      this.#allowing(everywhere.filter(allows), placed.filter(allows)),
      ...everywhere.filter(denies).map((kind) => this.#isFalse(kind)),
      ...this.#notDenied(placed.filter(denies)),
    ]);
  }

  #allowing(everywhere: readonly RuleKind[], placed: readonly PlacedKind[]): RowFilter {
    const byPlace = (): RowFilter =>
      anyOf(
        this.#byCondition(placed).map(({ condition, kinds }) =>
          allOf([this.#placed(kinds, true), rowsWhere(condition, true, this.model)]),
        ),
      );
    const byType = (): RowFilter => anyOf(everywhere.map((kind) => rowsWhere(this.#folded(kind), true, this.model)));
    if (this.#mode === 'object') return byPlace();
    return this.#mode === 'both' ? allOf([byType(), byPlace()]) : anyOf([byType(), byPlace()]);
  }

  #notDenied(placed: readonly PlacedKind[]): RowFilter[] {
    return this.#byCondition(placed).map(({ condition, kinds }) =>
      anyOf([rowsWhere(condition, false, this.model), this.#placed(kinds, false)]),
    );
  }

  #isFalse(kind: RuleKind): RowFilter {
    return rowsWhere(this.#folded(kind), false, this.model);
  }

  /** The kinds whose conditions come to the same for this subject. */
  #byCondition(kinds: readonly PlacedKind[]): { condition: Condition; kinds: PlacedKind[] }[] {
    const groups = new Map<string, { condition: Condition; kinds: PlacedKind[] }>();
    for (const kind of kinds) {
      const condition = this.#folded(kind);
      const key = JSON.stringify(condition);
      const group = groups.get(key);
      if (group) group.kinds.push(kind);
      else groups.set(key, { condition, kinds: [kind] });
    }
    return [...groups.values()];
  }

  // What the view calls a rule says all of it but its place, so that ways and rules of several kinds can be asked for at once.
  #placed(kinds: readonly PlacedKind[], placed: boolean): RowFilter {
    const unique = <Of>(all: readonly Of[]): Of[] => [...new Set(all)];
    return {
      kind: 'placed',
      placed,
      permissionId: this.ofAction.permissionId,
      holders: unique(kinds.flatMap(({ holders }) => holders)),
      ways: unique(kinds.map(({ way }) => way)),
      rules: unique(kinds.map(({ rule }) => rule)),
      reach: REACHES.find((reach) => kinds.some((kind) => kind.reach === reach)) ?? 'few',
    };
  }

  #folded({ condition }: RuleKind): Condition {
    return condition === null ? TRUE : foldCondition(conditionOf(condition), this.#known);
  }
}
