import { isAnonymous, type Author, type Caller } from './caller.js';
import type { Decider } from './decider.js';
import { CastellanError, notFound, notSignedIn, unknownReference } from './errors.js';
import { ALL_FIELDS, attributesWithin, coversField } from './field-scope.js';
import { parsePermission } from './identifiers.js';
import type { Decision, JsonObject, ObjectRef, Permission, Place, SubjectRef } from './model.js';
import { isNarrowed, permits } from './narrowing.js';
import type { AssignedRole, HandedRule, HoldingsSource } from './ports/holdings.js';
import type { ObjectRecord } from './ports/objects.js';

/**
 * What the author of one write may do and hand out: nobody grants, puts in a role or assigns what they do not hold
 * themselves at that place, and taking away is measured by the same rule as giving. A superuser, or the operator, may do all of it; an author who
 * asks with a narrowed token hands out what the token names, rule by rule, and nothing that is not told by rules, such as a role or a group.
 */
export class Authority {
  constructor(
    readonly author: Author,
    private readonly decider: Decider,
    private readonly holdings: HoldingsSource,
  ) {}

  /** @throws CastellanError `not_found`, `forbidden`. @see Decider.requireOnObject */
  async requireOnObject(action: string, object: ObjectRef): Promise<Decision> {
    if (this.author.operator) return OPERATOR_MAY;
    return this.decider.requireOnObject(this.#caller, action, object);
  }

  /** @throws CastellanError `forbidden`. @see Decider.requireEverywhere */
  async requireEverywhere(type: string, action: string): Promise<void> {
    if (!this.author.operator) await this.decider.requireEverywhere(this.#caller, type, action);
  }

  /**
   * Lets the author decide at a place about something of another type, such as an assignment on a folder: it takes viewing the place as well.
   *
   * @throws CastellanError `not_found` (may not view the place), `forbidden`.
   */
  async requireAt(permission: Permission, place: ObjectRef): Promise<void> {
    if (this.author.operator) return;
    const { subject } = this.author;
    const { seen, decision } = await this.decider.decideOnObject({ subject, permission, object: place });
    if (seen && decision.allowed) return;
    if (!this.#caller.signedIn) throw notSignedIn();
    if (!seen) throw notFound();
    throw new CastellanError('forbidden', `This takes the permission ${permission.type}:${permission.action} there.`);
  }

  /**
   * Lets the author do something to what only rules placed everywhere are about, such as an assignment everywhere.
   *
   * @throws CastellanError `not_authenticated`, `not_found` (may not view such everywhere), `forbidden`.
   */
  async requireSeenEverywhere(type: string, action: string): Promise<void> {
    if (this.author.operator) return;
    const [view, decision] = await this.#decideAll([
      { permission: { type, action: 'view' } },
      { permission: { type, action } },
    ]);
    if (view?.allowed === true && decision?.allowed === true) return;
    if (!this.#caller.signedIn) throw notSignedIn();
    if (view?.allowed !== true) throw notFound();
    throw new CastellanError('forbidden', `This takes the permission ${type}:${action}.`);
  }

  /**
   * Lets the author make an object: decided against the parent named for it, else everywhere, with the attributes that are proposed. A
   * parent that may not be viewed is answered like one that does not exist.
   *
   * @returns the decision, which says what attributes may be given.
   * @throws CastellanError `not_authenticated`, `forbidden`, `unknown_reference` (the parent).
   */
  async requireAdd(
    type: string,
    parent: ObjectRef | null,
    proposed: { readonly id: string; readonly attributes: JsonObject },
  ): Promise<Decision> {
    if (this.author.operator) return OPERATOR_MAY;
    const permission = { type, action: 'add' };
    if (!parent) {
      const [decision, seesTypes] = await this.#decideAll([
        { permission, proposed },
        { permission: { type: 'type', action: 'view' } },
      ]);
      if (decision?.allowed === true) return decision;
      throw this.#mayNotAdd(type, decision?.reason === 'unknown_type' && seesTypes?.allowed === true);
    }
    const [view, there, everywhere, seesTypes] = await this.#decideAll([
      { permission: { type: parent.type, action: 'view' }, object: parent },
      { permission, object: parent, proposed },
      { permission, proposed },
      { permission: { type: 'type', action: 'view' } },
    ]);
    const exists = await this.holdings.exists(parent);
    if (view?.allowed === true && exists) {
      if (there?.allowed === true) return there;
    } else if (everywhere?.allowed === true) {
      throw unknownReference('parent', `${parent.type} ${parent.id}`);
    }
    throw this.#mayNotAdd(type, there?.reason === 'unknown_type' && seesTypes?.allowed === true);
  }

  /** @throws CastellanError `forbidden`, naming each field that the decision does not cover. */
  requireFields(decision: Decision, names: readonly string[], prefix = 'attributes'): void {
    const faults = names
      .filter((name) => !coversField(decision.fields, name))
      .map((name) => ({ path: `${prefix}.${name}`, message: 'is not yours to set' }));
    if (faults.length === 0) return;
    const detail = faults.map(({ path, message }) => `${path} ${message}.`).join(' ');
    throw new CastellanError('forbidden', detail, faults);
  }

  /**
   * Lets the author move an object to another parent: it takes changing it and handing out access to it, adding there, and covering every rule that
   * comes to count below the object, or ceases to.
   *
   * @throws CastellanError `not_found`, `forbidden`, `unknown_reference` (the parent), `cannot_hand_out`.
   */
  async requireMove(object: ObjectRecord, parent: ObjectRef | null): Promise<void> {
    if (this.author.operator) return;
    await this.requireOnObject('change', object);
    await this.requireOnObject('grant', object);
    await this.requireAdd(object.type, parent, object);
    await this.#requireCovered((author) => this.holdings.coversMove(author, object, parent));
  }

  /** @throws CastellanError `forbidden` when something below the object may not be deleted. */
  async requireDeleteBelow(object: ObjectRef): Promise<void> {
    if (await this.isSuperuser()) return;
    const below = await this.holdings.descendants(object);
    const decisions = await this.#decideAll(
      below.map((each) => ({ permission: { type: each.type, action: 'delete' }, object: each })),
    );
    if (decisions.length === below.length && decisions.every((decision) => decision.allowed)) return;
    throw new CastellanError('forbidden', `You may not delete all that is below this ${object.type}.`);
  }

  /** @throws CastellanError `superuser_only`. */
  async requireSuperuser(what: string): Promise<void> {
    if (!(await this.isSuperuser())) throw new CastellanError('superuser_only', `${what} takes a superuser.`);
  }

  /** Whether all is the author's to do: a superuser's narrowed token is like anybody's. */
  async isSuperuser(): Promise<boolean> {
    const { operator, subject } = this.author;
    return operator || (!isNarrowed(subject) && (await this.holdings.isSuperuser(subject)));
  }

  /**
   * Lets the author see and change the grants at a place: it takes the grant action of the object's type there
   * (of the permission's type for a grant everywhere).
   *
   * @throws CastellanError `not_found` (may not view the object), `forbidden`.
   */
  async requireGrantRight(permission: Permission, place: Place): Promise<void> {
    if (place) await this.requireOnObject('grant', place);
    else await this.requireEverywhere(permission.type, 'grant');
  }

  /**
   * The first of the places at which the author may not see and change the grants, by its index: asked for all of them at once.
   *
   * @see requireGrantRight for which refusal that is
   */
  async findWithoutGrantRight(
    asked: readonly { readonly permission: Permission; readonly place: Place }[],
  ): Promise<number | undefined> {
    const { subject } = this.author;
    if (this.author.operator) return undefined;
    const onObjects = asked.flatMap(({ place }) => (place ? [place] : []));
    const everywhere = asked.flatMap(({ permission, place }) => (place ? [] : [permission.type]));
    const [placed, unplaced] = [
      await this.decider.decideAllOnObjects(
        onObjects.map((object) => ({ subject, permission: { type: object.type, action: 'grant' }, object })),
      ),
      await this.#decideAll(everywhere.map((type) => ({ permission: { type, action: 'grant' } }))),
    ];
    const may = asked.map(({ place }) => {
      if (!place) return unplaced.shift()?.allowed === true;
      const { seen = false, decision } = placed.shift() ?? {};
      return seen && decision?.allowed === true;
    });
    const index = may.indexOf(false);
    return index < 0 ? undefined : index;
  }

  /**
   * Lets the author hand out, or take away, each of the rules.
   *
   * @param recipients who gets or loses them; with `anyone` among them, what only the signed-in are denied is measured as well.
   * @throws CastellanError `cannot_hand_out`.
   */
  async requireHandsOut(rules: readonly HandedRule[], ...recipients: readonly SubjectRef[]): Promise<void> {
    if (rules.length === 0 || (await this.isSuperuser())) return;
    const { subject } = this.author;
    const named = rules.every(({ permission: name }) => {
      const permission = parsePermission(name);
      return permission !== undefined && permits(subject, permission);
    });
    if (!named) throw cannotHandOut();
    if (isNarrowed(subject) && (await this.holdings.isSuperuser(subject))) return;
    if (!(await this.holdings.coversRules(subject, rules, recipients))) throw cannotHandOut();
  }

  /**
   * Lets the author hand on, or take away, all that a group or role brings, or a user has.
   *
   * @param into the id of a role that comes to include the holder, a role, or ceases to.
   * @throws CastellanError `cannot_hand_out`.
   */
  async requireCovers(holder: SubjectRef, into?: string): Promise<void> {
    await this.#requireCovered((author) => this.holdings.coversHolder(author, holder, into));
  }

  /**
   * Lets the author come to act in a user's name, by setting its password or the name that goes with it.
   *
   * @throws CastellanError `cannot_hand_out`.
   */
  async requireCoversIdentity(user: SubjectRef): Promise<void> {
    await this.#requireCovered((author) => this.holdings.coversIdentity(author, user));
  }

  /**
   * Lets the author assign a role, or end an assignment of it.
   *
   * @throws CastellanError `cannot_hand_out`.
   */
  async requireCoversRole(assigned: AssignedRole): Promise<void> {
    await this.#requireCovered((author) => this.holdings.coversRole(author, assigned));
  }

  /** What the author may view of an object that it wrote: nothing of its attributes where it may not view it. */
  async viewable(record: ObjectRecord): Promise<ObjectRecord> {
    if (this.author.operator) return record;
    const [view, parentView] = await this.#decideAll([
      { permission: { type: record.type, action: 'view' }, object: record },
      ...(record.parent ? [{ permission: { type: record.parent.type, action: 'view' }, object: record.parent }] : []),
    ]);
    return {
      ...record,
      parent: parentView?.allowed === true ? record.parent : null,
      attributes: view?.allowed === true ? attributesWithin(view.fields, record.attributes) : {},
    };
  }

  // What is compared is all that the author holds, which says nothing of what a narrowed token does.
  async #requireCovered(covers: (author: SubjectRef) => Promise<boolean>): Promise<void> {
    if (await this.isSuperuser()) return;
    const { subject } = this.author;
    if (isNarrowed(subject) || !(await covers(subject))) throw cannotHandOut();
  }

  #decideAll(
    asked: readonly Pick<Parameters<Decider['decide']>[0], 'permission' | 'object' | 'proposed'>[],
  ): Promise<Decision[]> {
    const { subject } = this.author;
    return this.decider.decideAll(asked.map((question) => ({ ...question, subject })));
  }

  #mayNotAdd(type: string, unknownType: boolean): CastellanError {
    if (!this.#caller.signedIn) return notSignedIn();
    if (unknownType) return unknownReference('type', `type ${type}`);
    return new CastellanError('forbidden', `This takes the permission ${type}:add.`);
  }

  get #caller(): Caller {
    return { subject: this.author.subject, signedIn: !isAnonymous(this.author.subject) };
  }
}

const OPERATOR_MAY: Decision = {
  allowed: true,
  reason: 'superuser',
  rules: [],
  fields: ALL_FIELDS,
};

/** The answer to who would give, or take, what they do not hold. */
export function cannotHandOut(): CastellanError {
  return new CastellanError(
    'cannot_hand_out',
    'You do not hold yourself, there, all that this would give or take away; ask somebody who does.',
  );
}
