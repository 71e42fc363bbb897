import {
  asksElsewhere,
  explain,
  MOST_ELSEWHERE,
  withElsewhere,
  type ExplainedFacts,
  type HeldRule,
} from '../core/explain.js';
import { shortestPaths, type Edge } from '../core/explain-paths.js';
import { ANYONE, AUTHENTICATED } from '../core/built-ins.js';
import { permissionName, refName, sameRef, type ObjectRef, type Question, type SubjectRef } from '../core/model.js';
import type { Explanation, RulePath } from '../core/ports/explanations.js';
import type { WorldFacts } from './world-facts.js';
import { inWindow, isAmong, placesOf, principalsOf, roleRef } from './world-principals.js';
import type { StoredRule, StoredWindow, WorldState } from './world-state.js';

/** A rule that is held, by whom and over which role, if any: as a row of what a database says of it. */
interface Holding extends StoredWindow {
  readonly rule: StoredRule;
  readonly source: HeldRule['source'];
  readonly holder: SubjectRef;
  /** The role by whose assignment, where it came by one. */
  readonly assigned: SubjectRef | null;
  /** Who the rule is written for: the holder, that role, or one it includes. */
  readonly keeper: SubjectRef;
  readonly place: ObjectRef | null;
}

/** How a role came to be held. */
interface Reach {
  readonly holder: SubjectRef;
  readonly assigned: SubjectRef | null;
  readonly place: ObjectRef | null;
  readonly window: StoredWindow;
}

const ALWAYS: StoredWindow = { startsAt: null, expiresAt: null };

/** Tells why a world in memory decides as it does, by the very words by which a database is explained. */
export class WorldExplanations {
  constructor(
    private readonly state: WorldState,
    private readonly facts: WorldFacts,
    /** In milliseconds since 1970. */
    private readonly now: () => number,
  ) {}

  explain(question: Question): Explanation {
    const line = placesOf(this.state, question.object);
    const held = this.#holdings(question);
    const isHere = ({ place }: Holding): boolean => place === null || isAmong(line, place);
    const pathOf = this.#pathsFrom(question.subject);
    const told = (holding: Holding): HeldRule => this.#told(question, holding, pathOf(holding));
    const explanation = explain(question, { ...this.#factsOf(question), rules: held.filter(isHere).map(told) });
    if (!asksElsewhere(explanation)) return explanation;
    const elsewhere = held
      .filter((holding) => !isHere(holding) && holding.rule.effect === 'allow' && inWindow(holding, this.now()))
      .map((holding) => ({ holding, steps: this.#steps(line, holding.place) }))
      .toSorted((one, other) => one.steps - other.steps)
      .slice(0, MOST_ELSEWHERE + 1);
    return withElsewhere(
      explanation,
      elsewhere.map(({ holding }) => told(holding)),
    );
  }

  // Of a question, only what is not tied to the rules inside their window; attributes always, as more rules are looked at.
  #factsOf(question: Question): Omit<ExplainedFacts, 'rules'> {
    return {
      ...this.facts.factsOf(question),
      subjectAttributes: this.state.subjects.get(question.subject)?.attributes ?? null,
      objectAttributes: (question.object && this.state.objects.get(question.object)?.attributes) ?? null,
    };
  }

  /** Every rule that is held for the permission, wherever and whenever. */
  #holdings({ subject, permission }: Question): Holding[] {
    const name = permissionName(permission);
    const isFor = (rule: StoredRule): boolean => rule.permission === name;
    const principals = principalsOf(this.state, subject);
    const straight = principals.flatMap((holder) =>
      this.state.grants
        .of(holder)
        .filter(isFor)
        .map((rule): Holding => {
          const { object: place, startsAt, expiresAt } = rule;
          return { rule, source: 'grant', holder, assigned: null, keeper: holder, place, startsAt, expiresAt };
        }),
    );
    const assigned = principals.flatMap((holder) =>
      this.state.assignments.of(holder).flatMap((assignment) => {
        const reach = { holder, assigned: roleRef(assignment.role), place: assignment.object, window: assignment };
        return this.#ofRole(assignment.role, reach, isFor);
      }),
    );
    const themselves = principals
      .filter(({ type }) => type === 'role')
      .flatMap((holder) => this.#ofRole(holder.id, { holder, assigned: null, place: null, window: ALWAYS }, isFor));
    return [...straight, ...assigned, ...themselves];
  }

  #ofRole(role: string, { holder, assigned, place, window }: Reach, isFor: (rule: StoredRule) => boolean): Holding[] {
    const { startsAt, expiresAt } = window;
    return [...this.state.withIncluded([role])].map(roleRef).flatMap((keeper): Holding[] => {
      const rules = (this.state.rules.get(keeper.id) ?? [])
        .filter(isFor)
        .map((rule): Holding => ({ rule, source: 'role', holder, assigned, keeper, place, startsAt, expiresAt }));
      // What a role has been granted itself is found among its own grants, where it is the one who asks.
      if (assigned === null && sameRef(keeper, holder)) return rules;
      const grants = this.state.grants
        .of(keeper)
        .filter(isFor)
        .flatMap((rule): Holding[] => {
          const lower = this.#lower(place, rule.object);
          if (lower === undefined) return [];
          return [
            Object.assign(bothWindows(window, rule), {
              rule,
              source: 'grant' as const,
              holder,
              assigned,
              keeper,
              place: lower,
            }),
          ];
        });
      return rules.concat(grants);
    });
  }

  /** Of two places the lower one; undefined where neither is below the other. */
  #lower(one: ObjectRef | null, other: ObjectRef | null): ObjectRef | null | undefined {
    if (one === null || other === null) return one ?? other;
    if (isAmong(placesOf(this.state, one), other)) return one;
    return isAmong(placesOf(this.state, other), one) ? other : undefined;
  }

  /** From the object up to what is above both, and down to the place. */
  #steps(line: readonly ObjectRef[], place: ObjectRef | null): number {
    const theirs = place ? placesOf(this.state, place) : [];
    const ways = line.map((mine, up) => {
      const down = theirs.findIndex((each) => sameRef(each, mine));
      return down < 0 ? Number.MAX_SAFE_INTEGER : up + down;
    });
    return Math.min(Number.MAX_SAFE_INTEGER, ...ways);
  }

  #told({ permission }: Question, { rule, source, place, startsAt, expiresAt }: Holding, path: RulePath): HeldRule {
    const { id, effect, condition, fields } = rule;
    const now = this.now();
    const isOver = expiresAt !== null && expiresAt <= now;
    return {
      id,
      source,
      effect,
      permission: permissionName(permission),
      placed: place ? 'object' : 'everywhere',
      place,
      condition,
      fields,
      startsAt: startsAt === null ? null : new Date(startsAt).toISOString(),
      expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
      path,
      window: isOver ? 'expired' : startsAt !== null && startsAt > now ? 'not_started' : 'inside',
    };
  }

  /** The shortest way from the subject to whoever keeps a rule. */
  #pathsFrom(subject: SubjectRef): (holding: Holding) => RulePath {
    const numbers = new Map<string, number>();
    const refs: SubjectRef[] = [];
    const numberOf = (ref: SubjectRef): number => {
      const known = numbers.get(refName(ref));
      if (known !== undefined) return known;
      numbers.set(refName(ref), refs.length);
      return refs.push({ type: ref.type, id: ref.id }) - 1;
    };
    const edge = (from: SubjectRef, to: SubjectRef): Edge => ({ from: numberOf(from), to: numberOf(to) });
    const groups = principalsOf(this.state, subject).flatMap((principal) =>
      this.state.groupsWith(principal).map((group) => edge(principal, group)),
    );
    const toHolders = shortestPaths(numberOf(subject), [
      edge(subject, AUTHENTICATED),
      edge(subject, ANYONE),
      ...groups,
    ]);
    const inclusions = [...this.state.includes].flatMap(([role, included]) =>
      included.map((id) => edge(roleRef(role), roleRef(id))),
    );
    return ({ holder, assigned, keeper }) => {
      const first = assigned ?? holder;
      const holders = toHolders.get(numberOf(holder)) ?? [numberOf(subject), numberOf(holder)];
      const keepers = shortestPaths(numberOf(first), inclusions).get(numberOf(keeper)) ?? [numberOf(keeper)];
      const steps = [...holders, ...keepers].filter((step, index, all) => step !== all[index - 1]);
      return steps.flatMap((step) => refs[step] ?? []);
    };
  }
}

function bothWindows(one: StoredWindow, other: StoredWindow): StoredWindow {
  const [starts, ends] = [
    [one.startsAt, other.startsAt].filter((time) => time !== null),
    [one.expiresAt, other.expiresAt].filter((time) => time !== null),
  ];
  return {
    startsAt: starts.length > 0 ? Math.max(...starts) : null,
    expiresAt: ends.length > 0 ? Math.min(...ends) : null,
  };
}
