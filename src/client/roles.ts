import type { Effect, JsonObject } from '../core/model.js';
import type { RoleRecord } from '../core/ports/roles.js';
import { ConflictError } from './api-errors.js';
import type { CallOptions } from './client-options.js';
import { Collection } from './collection.js';
import { isRole } from './record-shapes.js';
import { requestPath } from './request-path.js';
import type { Transport } from './transport.js';

export type { RoleRecord as Role, RoleRule } from '../core/ports/roles.js';

/** What a rule says beside its permission; null is as if it were left out. */
export interface RuleParts {
  /** `allow` unless told. */
  readonly effect?: Effect | undefined;
  /** @see docs/conditions.md */
  readonly condition?: JsonObject | null | undefined;
  /** Names of attributes; all of them unless told. */
  readonly fields?: readonly string[] | null | undefined;
}

/** A rule of a role. */
export interface NewRule extends RuleParts {
  /** `document:view` */
  readonly permission: string;
}

/** What a role is made of. */
export interface NewRole {
  readonly id: string;
  readonly description?: string | null | undefined;
  readonly rules?: readonly NewRule[] | undefined;
  /** Ids of the roles whose rules it has as well. */
  readonly includes?: readonly string[] | undefined;
}

/** What changes of a role: rules and includes are replaced as a whole. */
export interface RolePatch {
  readonly description?: string | null | undefined;
  readonly rules?: readonly NewRule[] | undefined;
  readonly includes?: readonly string[] | undefined;
}

// Each time that one has to begin anew, another is done.
const MOST_EDITS = 10;

/** The roles. */
export class Roles extends Collection<RoleRecord, NewRole, RolePatch> {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    super(transport, '/api/v1/roles', isRole);
    this.#transport = transport;
  }

  /**
   * Changes a role from what it is: what others change meanwhile is kept.
   *
   * @param patchOf makes the patch of the role as it was read; null leaves it as it is. It may be called several times.
   * @throws as `get` and `update` do, and ConflictError `changed_meanwhile` where others are always faster.
   * @example await castellan.roles.edit('editor', ({ rules }) => ({ rules: [...rules, { permission: 'post:publish' }] }));
   */
  async edit(
    id: string,
    patchOf: (role: RoleRecord) => RolePatch | null,
    options: CallOptions = {},
  ): Promise<RoleRecord> {
    const path = requestPath`/api/v1/roles/${id}`;
    let refused: string | undefined;
    for (let edits = 1; ; edits += 1) {
      const { body, tag } = await this.#transport.tagged({ method: 'GET', path, options }, isRole);
      const role = body as RoleRecord;
      const patch = patchOf(role);
      if (!patch) return role;
      try {
        return await this.#transport.json({ method: 'PATCH', path, body: patch, tag, options }, isRole);
      } catch (error) {
        const isOutdone = error instanceof ConflictError && error.code === 'changed_meanwhile';
        // The same tag again: it is not the role that changes, but the tag, on its way.
        if (!isOutdone || edits === MOST_EDITS || tag === refused) throw error;
        refused = tag;
      }
    }
  }
}
