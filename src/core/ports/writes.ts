import type { Authority } from '../authority.js';
import type { Author } from '../caller.js';
import type { ObjectRef } from '../model.js';
import type { AssignmentWriter } from './assignments.js';
import type { FileMarks } from './file-marks.js';
import type { GrantWriter } from './grants.js';
import type { GroupWriter, ProviderGroupWriter } from './groups.js';
import type { ObjectWriter } from './objects.js';
import type { RoleWriter } from './roles.js';
import type { ServiceWriter } from './services.js';
import type { SessionWriter } from './sessions.js';
import type { TokenWriter } from './tokens.js';
import type { TypeWriter } from './types.js';
import type { UserWriter } from './users.js';

/**
 * What a write is about, so that writes which could contradict each other wait for one another:
 * `structure` (users, groups, roles, assignments, types, and moving objects or deleting those below them) waits for every other write;
 * writes at places wait for those at the same place, and for structure. `null` is the place everywhere.
 * `apply` is `structure`, and refused at once while another such write goes on.
 */
export type WriteScope = 'structure' | 'apply' | { readonly places: readonly (ObjectRef | null)[] };

/** A policy can not be applied now, because another one is. Nothing was changed. */
export class ApplyRunningError extends Error {
  override readonly name = 'ApplyRunningError';
  readonly code = 'apply_running';

  constructor() {
    super('Another apply is running on this database: wait until it has ended, then plan again.');
  }
}

/** One transaction: each writer's changes, their closures and their audit rows stand or fall together. */
export interface WriteUnit {
  /** What the author may do, asked inside the transaction. */
  readonly authority: Authority;
  readonly users: UserWriter;
  readonly services: ServiceWriter;
  readonly tokens: TokenWriter;
  readonly sessions: SessionWriter;
  readonly groups: GroupWriter;
  readonly providerGroups: ProviderGroupWriter;
  readonly roles: RoleWriter;
  readonly assignments: AssignmentWriter;
  readonly types: TypeWriter;
  readonly objects: ObjectWriter;
  readonly grants: GrantWriter;
  readonly fileMarks: FileMarks;
}

/** Runs writes, each in one transaction of its own. */
export abstract class Writes {
  /**
   * Runs the work in one transaction: all of it stands when this returns, none of it when this throws.
   * The work may run more than once (a conflict with another write is retried), so it must not touch anything but its unit.
   *
   * @throws ApplyRunningError where the scope is `apply`; CastellanError as the work does; `overloaded` when other writes held it up for too long; `database_unavailable`.
   */
  abstract write<Result>(
    author: Author,
    scope: WriteScope,
    work: (unit: WriteUnit) => Promise<Result>,
  ): Promise<Result>;
}
