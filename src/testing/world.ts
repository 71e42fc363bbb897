import type { Decision, JsonObject, Supplied } from '../core/model.js';
import type { AuthzEngine } from '../core/ports/engine.js';
import { MemoryEngine } from './memory-engine.js';
import {
  readAttributes,
  readId,
  readName,
  readOptionalRef,
  readRef,
  readTime,
  type RefLike,
  type RuleLike,
  type RuleParts,
  type TimeLike,
  type WindowLike,
} from './read-input.js';
import { addObject, deleteObject, moveObject, setAttributes } from './world-objects.js';
import {
  assignmentOf,
  grantOf,
  roleValues,
  serviceValues,
  typeValues,
  userValues,
  type ObjectOptions,
  type RoleOptions,
  type ServiceOptions,
  type TypeOptions,
  type UserOptions,
} from './world-options.js';
import { addRole, changeRole, deleteRole } from './world-roles.js';
import { giveGrant, giveRole, takeGrant, takeGrants, takeRole } from './world-rules.js';
import { WorldState } from './world-state.js';
import {
  addGroup,
  addMember,
  addService,
  addUser,
  changeService,
  changeUser,
  deleteGroup,
  deleteUser,
  removeMember,
} from './world-subjects.js';
import { addType, changeType, deleteType } from './world-types.js';

/**
 * A world in memory: users, services, groups, roles, types, objects, and the rules between them. It gives the answers that a database with the same in
 * it would give, and refuses what that would refuse, with the same codes. What is named has to be there already. Every change counts for the
 * next decision; one that is refused changes nothing.
 *
 * @example
 * const world = new World()
 *   .type('document')
 *   .user('alice')
 *   .object('document:1', { attributes: { status: 'draft' } })
 *   .grant('user:alice', 'document:view', 'document:1');
 * world.decide('user:alice', 'view', 'document:1').allowed; // true
 */
export class World {
  readonly #state: WorldState;
  #instant: number | null = null;
  readonly #engine: MemoryEngine;

  /** @param state what it holds, and is changed by its words: nothing yet. */
  constructor(state = new WorldState()) {
    this.#state = state;
    this.#engine = new MemoryEngine(state, () => this.#instant ?? Date.now());
  }

  /** Another world with all of this in it, to go on from: what a test changes there does not change it here. */
  copy(): World {
    const copy = new World();
    copy.#state.become(this.#state);
    copy.#instant = this.#instant;
    return copy;
  }

  /** What guards and checkers ask: always about this world as it is at that moment. */
  engine(): AuthzEngine {
    return this.#engine;
  }

  /**
   * Decides at once. The object is one in particular, or a type: then it is decided by the rules placed everywhere.
   *
   * @throws CastellanError `invalid_request` (no such form).
   * @example
   * world.decide('user:alice', 'add', 'document').reason; // 'no_rule_allows'
   */
  decide(subject: RefLike, action: string, object: RefLike, supplied?: Supplied): Decision {
    const isType = typeof object === 'string' && !object.includes(':');
    const about = isType ? { type: readName('object', object) } : readRef('object', object);
    return this.#engine.decide({
      subject: readRef('subject', subject),
      permission: { type: about.type, action },
      object: 'id' in about ? about : undefined,
      supplied,
    });
  }

  /**
   * Sets the clock that windows go by; null, or nothing, lets it run again.
   *
   * @throws CastellanError `invalid_request` (no time).
   * @example
   * world.at('2030-01-01T00:00:00Z');
   */
  at(time: TimeLike | null = null): this {
    this.#instant = readTime('time', time);
    return this;
  }

  /** Makes a resource type. @throws CastellanError `already_exists`, `invalid_request`. */
  type(id: string, options: TypeOptions = {}): this {
    addType(this.#state, readName('id', id), typeValues(options));
    return this;
  }

  /** @throws CastellanError `not_found`, `built_in`, `invalid_request`. */
  changeType(id: string, options: TypeOptions): this {
    changeType(this.#state, id, typeValues(options));
    return this;
  }

  /** Makes a user. @throws CastellanError `already_exists` (the id, or the username), `invalid_request`. */
  user(id: string, options: UserOptions = {}): this {
    addUser(this.#state, readId(id), userValues(options));
    return this;
  }

  /** @throws CastellanError `not_found`, `already_exists` (the username), `last_superuser`, `invalid_request`. */
  changeUser(id: string, options: UserOptions): this {
    changeUser(this.#state, id, userValues(options));
    return this;
  }

  /**
   * Makes a service.
   *
   * @throws CastellanError `already_exists`, `invalid_request`.
   * @example
   * world.service('billing').grant('service:billing', 'invoice:view');
   */
  service(id: string, options: ServiceOptions = {}): this {
    addService(this.#state, readId(id), serviceValues(options));
    return this;
  }

  /** @throws CastellanError `not_found`, `invalid_request`. */
  changeService(id: string, options: ServiceOptions): this {
    changeService(this.#state, id, serviceValues(options));
    return this;
  }

  /** Makes a group, with its members. @throws CastellanError `already_exists`, `unknown_reference` (a member), `cycle`, `too_deep`. */
  group(id: string, members: readonly RefLike[] = []): this {
    const refs = members.map((member, index) => readRef(`members.${index}`, member));
    addGroup(this.#state, readId(id), refs);
    return this;
  }

  /** @throws CastellanError `not_found` (the group), `unknown_reference` (the member), `built_in`, `cycle`, `too_deep`. */
  addMember(group: string, member: RefLike): this {
    addMember(this.#state, group, readRef('member', member));
    return this;
  }

  /** @throws CastellanError `not_found` (the group, or the membership), `built_in`. */
  removeMember(group: string, member: RefLike): this {
    removeMember(this.#state, group, readRef('member', member));
    return this;
  }

  /**
   * Makes a role.
   *
   * @throws CastellanError `already_exists`, `unknown_reference` (a permission, or an included role), `cycle`, `too_deep`, `invalid_request`.
   * @example
   * world.role('editor', ['document:change', { permission: 'document:delete', condition: { 'resource.status': 'draft' } }], ['reader']);
   */
  role(id: string, rules: readonly RuleLike[] = [], includes: readonly string[] = []): this {
    addRole(this.#state, readId(id), roleValues({ rules, includes }));
    return this;
  }

  /** @throws CastellanError `not_found`, `unknown_reference` (a permission, or an included role), `cycle`, `too_deep`, `invalid_request`. */
  changeRole(id: string, options: RoleOptions): this {
    changeRole(this.#state, id, roleValues(options));
    return this;
  }

  /** Registers an object. @throws CastellanError `already_exists`, `unknown_reference` (the type, the parent, or the creator), `too_deep`, `built_in`, `invalid_request`. */
  object(object: RefLike, { parent, attributes = {}, creator }: ObjectOptions = {}): this {
    addObject(this.#state, readRef('object', object), {
      parent: readOptionalRef('parent', parent),
      attributes: readAttributes(attributes),
      creator: readOptionalRef('creator', creator),
    });
    return this;
  }

  /** Gives an object other attributes, in place of all that it had. @throws CastellanError `not_found`, `built_in`, `invalid_request`. */
  setAttributes(object: RefLike, attributes: JsonObject): this {
    setAttributes(this.#state, readRef('object', object), readAttributes(attributes));
    return this;
  }

  /** Puts an object, with all that is below it, below another one, or (null) below none. @throws CastellanError `not_found`, `unknown_reference` (the parent), `cycle`, `too_deep`, `built_in`. */
  move(object: RefLike, parent: RefLike | null): this {
    moveObject(this.#state, readRef('object', object), readOptionalRef('parent', parent));
    return this;
  }

  /**
   * Removes an object, or a user, group, role or type, and with it every rule that hangs on it; with `cascade`, also the objects below an object.
   *
   * @throws CastellanError `not_found`, `has_children`, `built_in`, `last_superuser`.
   * @example
   * world.delete('document:1').delete('user:alice');
   */
  delete(ref: RefLike, { cascade = false }: { readonly cascade?: boolean } = {}): this {
    const { type, id } = readRef('object', ref);
    if (type === 'user') deleteUser(this.#state, id);
    else if (type === 'group') deleteGroup(this.#state, id);
    else if (type === 'role') deleteRole(this.#state, id);
    else if (type === 'type') deleteType(this.#state, id);
    else deleteObject(this.#state, { type, id }, cascade);
    return this;
  }

  /** Assigns a role: everywhere, or on an object and all below it. @throws CastellanError `unknown_reference` (the subject, the role or the object), `invalid_request`. */
  assign(subject: RefLike, role: string, object: RefLike | null = null, window: WindowLike = {}): this {
    giveRole(this.#state, assignmentOf(subject, role, object, window));
    return this;
  }

  /** Ends the assignment that was given by the same words. @throws CastellanError `not_found`. */
  unassign(subject: RefLike, role: string, object: RefLike | null = null, window: WindowLike = {}): this {
    takeRole(this.#state, assignmentOf(subject, role, object, window));
    return this;
  }

  /**
   * Gives a rule to a user, a group or a role: on an object and all below it, or everywhere. The same given again changes nothing.
   *
   * @throws CastellanError `unknown_reference` (the subject, the permission or the object), `invalid_request`.
   * @example
   * world.grant('group:staff', 'document:view', 'folder:7').grant('user:bob', 'document:view', null, { effect: 'deny' });
   */
  grant(
    subject: RefLike,
    permission: string,
    object: RefLike | null = null,
    options: RuleParts & WindowLike = {},
  ): this {
    giveGrant(this.#state, grantOf(subject, permission, object, options));
    return this;
  }

  /**
   * Takes back the grants of a permission to a subject at a place: all of them, or the one that was given by the same words.
   *
   * @throws CastellanError `not_found`, `invalid_request`.
   */
  revoke(subject: RefLike, permission: string, object: RefLike | null = null, options?: RuleParts & WindowLike): this {
    const grant = grantOf(subject, permission, object, options ?? {});
    if (options) takeGrant(this.#state, grant);
    else takeGrants(this.#state, grant);
    return this;
  }
}
