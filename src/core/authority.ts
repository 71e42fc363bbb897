import { isAnonymous, type Author, type Caller } from './caller.js';
import type { Decider } from './decider.js';
import { CastellanError } from './errors.js';
import { parsePermission } from './identifiers.js';
import type { ObjectRef, Permission, Place, SubjectRef } from './model.js';

/** Compares what two principals hold: reads afresh, in the transaction of the write that asks. */
export interface HoldingsSource {
  /**
   * Whether the author holds, at each place, every rule that the holder has there (of its groups and roles too).
   * Must be false for a holder that is a superuser, and must measure an inactive holder as if it were active.
   */
  coversHolder(author: SubjectRef, holder: SubjectRef): Promise<boolean>;
  isSuperuser(subject: SubjectRef): Promise<boolean>;
}

/**
 * What the author of one write may do and hand out: nobody grants, puts in a role or assigns what they do not hold
 * themselves at that place, and taking away is measured by the same rule as giving. A superuser, or the operator, may do all of it.
 */
export class Authority {
  constructor(
    readonly author: Author,
    private readonly decider: Decider,
    private readonly holdings: HoldingsSource,
  ) {}

  /** @throws CastellanError `not_found`, `forbidden`. @see Decider.requireOnObject */
  async requireOnObject(action: string, object: ObjectRef): Promise<void> {
    if (!this.author.operator) await this.decider.requireOnObject(this.#caller, action, object);
  }

  /** @throws CastellanError `forbidden`. @see Decider.requireEverywhere */
  async requireEverywhere(type: string, action: string): Promise<void> {
    if (!this.author.operator) await this.decider.requireEverywhere(this.#caller, type, action);
  }

  /** @throws CastellanError `superuser_only`. */
  async requireSuperuser(what: string): Promise<void> {
    if (!(await this.isSuperuser())) throw new CastellanError('superuser_only', `${what} takes a superuser.`);
  }

  async isSuperuser(): Promise<boolean> {
    return this.author.operator || (await this.holdings.isSuperuser(this.author.subject));
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

  /** @throws CastellanError `cannot_hand_out` when the author does not hold each permission at its place. */
  async requireHolds(held: readonly { permission: Permission; place: Place }[]): Promise<void> {
    if (held.length === 0 || (await this.isSuperuser())) return;
    const decisions = await this.decider.decideAll(
      held.map(({ permission, place }) => ({ subject: this.author.subject, permission, object: place })),
    );
    if (!decisions.every((decision) => decision.allowed)) throw cannotHandOut();
  }

  /** The same for permissions as they are written (`document:view`), everywhere; what is unknown is left for the write to name. */
  async requireHoldsEverywhere(permissions: readonly string[]): Promise<void> {
    const known = permissions.map(parsePermission).filter((permission) => permission !== undefined);
    await this.requireHolds(known.map((permission) => ({ permission, place: undefined })));
  }

  /**
   * Lets the author hand on, or take away, all that a group or role brings, or act in a user's name.
   *
   * @throws CastellanError `cannot_hand_out`.
   */
  async requireCovers(holder: SubjectRef): Promise<void> {
    if (await this.isSuperuser()) return;
    if (!(await this.holdings.coversHolder(this.author.subject, holder))) throw cannotHandOut();
  }

  get #caller(): Caller {
    return { subject: this.author.subject, signedIn: !isAnonymous(this.author.subject) };
  }
}

function cannotHandOut(): CastellanError {
  return new CastellanError(
    'cannot_hand_out',
    'You do not hold yourself, there, all that this would give or take away; ask somebody who does.',
  );
}
