import type { Effect, JsonObject } from '../model.js';

/** A rule of a role; `permission` is written `document:view`. */
export interface RoleRule {
  readonly permission: string;
  readonly effect: Effect;
  readonly condition: JsonObject | null;
  readonly fields: string[] | null;
}

export interface RoleRecord {
  readonly id: string;
  readonly description: string | null;
  readonly rules: RoleRule[];
  /** Ids of the roles it includes directly. */
  readonly includes: string[];
}

/** The new values; what is absent stays, what is there replaces. */
export interface RoleChange {
  readonly description?: string | null;
  readonly rules?: RoleRule[];
  readonly includes?: string[];
}

export abstract class RoleReader {
  abstract find(id: string): Promise<RoleRecord | null>;
  /** Those of the ids that exist, in the order of the ids. */
  abstract findMany(ids: readonly string[]): Promise<RoleRecord[]>;
}

export interface RoleWriter {
  find(id: string): Promise<RoleRecord | null>;
  /** Those of the ids that exist, in the order of the ids. */
  findMany(ids: readonly string[]): Promise<RoleRecord[]>;
  /** @throws CastellanError `already_exists`, `unknown_reference` (a permission or an included role), `cycle`, `too_deep`. */
  create(role: RoleRecord): Promise<RoleRecord>;
  /** @throws CastellanError `not_found`, `unknown_reference`, `cycle`, `too_deep`. */
  update(id: string, change: RoleChange): Promise<RoleRecord>;
  /** @throws CastellanError `not_found`. */
  delete(id: string): Promise<void>;
}
