/** The kinds of thing that a seed makes, in the order in which it makes them. */
export const SEED_KINDS = ['types', 'users', 'groups', 'members', 'roles', 'objects', 'assignments', 'grants'] as const;
export type SeedKind = (typeof SEED_KINDS)[number];

/** What became of one entry of a seed file. */
export type Outcome = 'created' | 'updated' | 'unchanged';

export type SeedCounts = Record<SeedKind, Record<Outcome, number>>;

/** What applying a seed did. */
export interface SeedResult {
  /** False when all was there as the file says. */
  readonly changed: boolean;
  readonly counts: SeedCounts;
}

/** Told every so often while a seed is applied: how much of one kind is done. */
export type OnProgress = (progress: { readonly kind: SeedKind; readonly done: number; readonly total: number }) => void;

const TELL_EVERY = 1000;

/** Counts what applying a seed does, and tells how far it is. */
export class Tally {
  readonly counts = Object.fromEntries(
    SEED_KINDS.map((kind) => [kind, { created: 0, updated: 0, unchanged: 0 }]),
  ) as SeedCounts;

  constructor(
    private readonly totals: Record<SeedKind, number>,
    private readonly onProgress: OnProgress | undefined,
  ) {}

  add(kind: SeedKind, outcome: Outcome): void {
    const count = this.counts[kind];
    count[outcome] += 1;
    const done = count.created + count.updated + count.unchanged;
    if (done % TELL_EVERY === 0) this.onProgress?.({ kind, done, total: this.totals[kind] });
  }

  get result(): SeedResult {
    const changed = SEED_KINDS.some((kind) => this.counts[kind].created + this.counts[kind].updated > 0);
    return { changed, counts: this.counts };
  }
}
