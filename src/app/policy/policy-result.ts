/** The kinds of thing that a policy makes, in the order in which it makes them. */
export const SEED_KINDS = ['types', 'users', 'groups', 'members', 'roles', 'objects', 'assignments', 'grants'] as const;
export type PolicyKind = (typeof SEED_KINDS)[number];

/** What became of one entry of a policy file. */
export type Outcome = 'created' | 'updated' | 'unchanged';

export type PolicyCounts = Record<PolicyKind, Record<Outcome, number>>;

/** What applying a policy did. */
export interface PolicyResult {
  /** False when all was there as the file says. */
  readonly changed: boolean;
  readonly counts: PolicyCounts;
}

/** Told every so often while a policy is applied: how much of one kind is done. */
export type OnProgress = (progress: {
  readonly kind: PolicyKind;
  readonly done: number;
  readonly total: number;
}) => void;

const TELL_EVERY = 1000;

/** Counts what applying a policy does, and tells how far it is. */
export class Tally {
  readonly counts = Object.fromEntries(
    SEED_KINDS.map((kind) => [kind, { created: 0, updated: 0, unchanged: 0 }]),
  ) as PolicyCounts;

  constructor(
    private readonly totals: Record<PolicyKind, number>,
    private readonly onProgress: OnProgress | undefined,
  ) {}

  add(kind: PolicyKind, outcome: Outcome): void {
    const count = this.counts[kind];
    count[outcome] += 1;
    const done = count.created + count.updated + count.unchanged;
    if (done % TELL_EVERY === 0) this.onProgress?.({ kind, done, total: this.totals[kind] });
  }

  get result(): PolicyResult {
    const changed = SEED_KINDS.some((kind) => this.counts[kind].created + this.counts[kind].updated > 0);
    return { changed, counts: this.counts };
  }
}
