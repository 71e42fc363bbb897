import type { Mode } from '../core/model.js';
import type { TypeRecord } from '../core/ports/types.js';
import type { Collection } from './collection.js';

export type { TypeRecord as ResourceType } from '../core/ports/types.js';

/** What a resource type is made of. */
export interface NewType {
  readonly id: string;
  /** With `view` among them; `view`, `add`, `change`, `delete` and `grant` unless told. */
  readonly actions?: readonly string[] | undefined;
  /** What the creator of an object gets on it; all of `view`, `change`, `delete` and `grant` that are actions unless told. */
  readonly creatorActions?: readonly string[] | undefined;
  /** `union` unless told. @see docs/modes.md */
  readonly mode?: Mode | undefined;
}

/** What changes of a type: lists are replaced as a whole, and an action that goes takes its rules and grants along. */
export interface TypePatch {
  readonly actions?: readonly string[] | undefined;
  readonly creatorActions?: readonly string[] | undefined;
  readonly mode?: Mode | undefined;
}

/** The resource types. */
export type Types = Collection<TypeRecord, NewType, TypePatch>;
