import type { FactsSource } from '../core/decider.js';
import {
  permissionName,
  type Facts,
  type FetchedRule,
  type ObjectRef,
  type Question,
  type SubjectRef,
} from '../core/model.js';
import {
  inWindow,
  isAmong,
  placesOf,
  principalsOf,
  roleRef,
  rolesAssigned,
  rolesThemselves,
} from './world-principals.js';
import type { StoredGrant, StoredRule, WorldState } from './world-state.js';

/** Gathers the facts of questions from a world, as a database does in one statement. */
export class WorldFacts implements FactsSource {
  constructor(
    private readonly state: WorldState,
    /** In milliseconds since 1970. */
    private readonly now: () => number,
  ) {}

  fetchFacts(questions: readonly Question[]): Promise<Facts[]> {
    return Promise.resolve(questions.map((question) => this.factsOf(question)));
  }

  factsOf(question: Question): Facts {
    const { permission } = question;
    const type = this.state.types.get(permission.type);
    const actionKnown = type?.actions.includes(permission.action) === true;
    const subject = this.state.subjects.get(question.subject);
    const object = question.object && this.state.objects.get(question.object);
    const superuser = subject?.superuser === true;
    const rules = actionKnown && !superuser ? this.#rulesFor(question) : [];
    const isConditional = rules.some(({ condition }) => condition !== null);
    return {
      subject: subject ? (subject.active ? 'active' : 'inactive') : 'unknown',
      superuser: superuser && subject.active,
      typeKnown: type !== undefined,
      actionKnown,
      objectKnown: object !== undefined,
      mode: type?.mode ?? 'union',
      rules,
      subjectAttributes: isConditional ? (subject?.attributes ?? null) : null,
      objectAttributes: isConditional ? (object?.attributes ?? null) : null,
    };
  }

  /** The rules that the subject holds everywhere, whatever the permission. */
  heldEverywhere(subject: SubjectRef): StoredRule[] {
    const { holders, roles } = this.#actingAs(subject);
    return [...this.#grantsTo(holders, isNowhere), ...this.#rulesOf(roles)];
  }

  #rulesFor({ subject, permission, object }: Question): FetchedRule[] {
    const name = permissionName(permission);
    const isFor = (rule: StoredRule): boolean => rule.permission === name;
    const { principals, holders, roles } = this.#actingAs(subject);
    const places = placesOf(this.state, object);
    const isCovering = (place: ObjectRef | null): boolean => place === null || isAmong(places, place);
    const rolesHere = rolesAssigned(
      this.state,
      principals,
      this.now(),
      (place) => place !== null && isAmong(places, place),
    );
    const grants = this.#grantsTo(holders, isCovering).filter(isFor);
    // Through an assignment on an object all that the role holds counts there, also what it was granted everywhere.
    const grantsHere = this.#grantsTo([...rolesHere].map(roleRef), isCovering).filter(isFor);
    return [
      ...grants.map((grant) => fetched(grant, 'grant', grant.object ? 'object' : 'everywhere')),
      ...this.#rulesOf(roles)
        .filter(isFor)
        .map((rule) => fetched(rule, 'role', 'everywhere')),
      ...grantsHere.map((grant) => fetched(grant, 'grant', 'object')),
      ...this.#rulesOf(rolesHere)
        .filter(isFor)
        .map((rule) => fetched(rule, 'role', 'object')),
    ];
  }

  /** The principals, the roles that they hold everywhere (a role's own too), and both together, each once. */
  #actingAs(subject: SubjectRef): { principals: SubjectRef[]; roles: Set<string>; holders: SubjectRef[] } {
    const principals = principalsOf(this.state, subject);
    const assigned = rolesAssigned(this.state, principals, this.now(), isNowhere);
    const roles = new Set([...assigned, ...rolesThemselves(this.state, principals)]);
    return {
      principals,
      roles,
      holders: [...principals.filter(({ type }) => type !== 'role'), ...[...roles].map(roleRef)],
    };
  }

  #grantsTo(holders: readonly SubjectRef[], isAt: (place: ObjectRef | null) => boolean): StoredGrant[] {
    const now = this.now();
    return holders
      .flatMap((holder) => this.state.grants.of(holder))
      .filter((grant) => isAt(grant.object) && inWindow(grant, now));
  }

  #rulesOf(roles: ReadonlySet<string>): StoredRule[] {
    return [...roles].flatMap((role) => this.state.rules.get(role) ?? []);
  }
}

function fetched(rule: StoredRule, source: FetchedRule['source'], placed: FetchedRule['placed']): FetchedRule {
  const { id, effect, condition, fields } = rule;
  return { id, source, effect, placed, condition, fields };
}

function isNowhere(place: ObjectRef | null): boolean {
  return place === null;
}
