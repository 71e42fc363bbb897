import type { Mode } from '../model.js';

export interface TypeRecord {
  readonly id: string;
  readonly actions: string[];
  readonly mode: Mode;
  /** What the creator of an object of this type gets on it. */
  readonly creatorActions: string[];
  readonly builtIn: boolean;
}

export type NewType = Omit<TypeRecord, 'builtIn' | 'mode'> & { readonly mode?: Mode | undefined };

/** The new values; what is absent stays, what is there replaces. An action that goes takes its rules and grants along. */
export interface TypeChange {
  readonly actions?: string[];
  readonly creatorActions?: string[];
  readonly mode?: Mode;
}

export abstract class TypeReader {
  abstract find(id: string): Promise<TypeRecord | null>;
  /** Those of the ids that exist, in the order of the ids. */
  abstract findMany(ids: readonly string[]): Promise<TypeRecord[]>;
}

export interface TypeWriter {
  find(id: string): Promise<TypeRecord | null>;
  /** Those of the ids that exist, in the order of the ids. */
  findMany(ids: readonly string[]): Promise<TypeRecord[]>;
  /** How many rules of roles and grants are about these actions of the type, and go when those do. */
  countUses(id: string, actions: readonly string[]): Promise<{ readonly rules: number; readonly grants: number }>;
  /** @throws CastellanError `already_exists`. */
  create(type: NewType): Promise<TypeRecord>;
  /** @throws CastellanError `not_found`, `built_in`, `invalid_request` (a creator's action that is no action). */
  update(id: string, change: TypeChange): Promise<TypeRecord>;
  /** @throws CastellanError `not_found`, `built_in`, `has_children` (objects of other types are below its objects). */
  delete(id: string): Promise<void>;
}
