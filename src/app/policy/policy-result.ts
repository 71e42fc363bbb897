import type { KeptForOthers } from './kept-things.js';
import type { PolicyChange } from './policy-change.js';

/** The kinds of thing that a policy makes, in the order in which it makes them. */
export const SEED_KINDS = [
  'types',
  'users',
  'services',
  'groups',
  'members',
  'roles',
  'objects',
  'assignments',
  'grants',
] as const;
export type PolicyKind = (typeof SEED_KINDS)[number];

/** What became of one entry of a policy file. */
export type Outcome = 'created' | 'updated' | 'unchanged';

export type PolicyCounts = Record<PolicyKind, Record<Outcome, number>>;

/** What applying a policy did. */
export interface PolicyResult {
  /** False when all was there as the file says. */
  readonly changed: boolean;
  readonly counts: PolicyCounts;
  /** What was made, changed and removed, in a stable order. */
  readonly changes: readonly PolicyChange[];
  /** What no file names any more, and what was kept all the same; [] unless such things were to be removed. */
  readonly kept: readonly KeptForOthers[];
}

/** Told every so often while a policy is applied: how much of one kind is done. */
export type OnProgress = (progress: {
  readonly kind: PolicyKind;
  readonly done: number;
  readonly total: number;
}) => void;
