import type { ObjectRef, SubjectRef } from '../../core/model.js';
import type { FileThings, NamedThings } from '../../core/ports/file-marks.js';
import type { MemberOf } from '../../core/ports/groups.js';
import type { PolicyChange } from './policy-change.js';
import { SEED_KINDS, type OnProgress, type Outcome, type PolicyCounts, type PolicyKind } from './policy-result.js';

const TELL_EVERY = 1000;

/** One run of applying a policy: counts its entries, notes each change, and tells how far it is. */
export class PolicyRun {
  readonly counts = Object.fromEntries(
    SEED_KINDS.map((kind) => [kind, { created: 0, updated: 0, unchanged: 0 }]),
  ) as PolicyCounts;
  readonly changes: PolicyChange[] = [];
  /** What is to be marked as made from a file. */
  readonly made = new Collected();
  /** What stays, whatever else is to be removed. */
  readonly named = new Collected();

  constructor(
    private readonly totals: Record<PolicyKind, number>,
    private readonly onProgress: OnProgress | undefined,
  ) {}

  /** Counts an entry. */
  add(kind: PolicyKind, outcome: Outcome): void {
    const count = this.counts[kind];
    count[outcome] += 1;
    const done = count.created + count.updated + count.unchanged;
    if (done % TELL_EVERY === 0) this.onProgress?.({ kind, done, total: this.totals[kind] });
  }

  /** Notes that something was made. */
  noteMade(kind: PolicyChange['kind'], name: string, after: object): void {
    this.changes.push({ kind, name, change: 'create', before: null, after });
  }

  /** Notes that something is other than before. */
  noteUpdated(
    kind: PolicyChange['kind'],
    name: string,
    before: object,
    after: object,
    along: NonNullable<PolicyChange['takesAlong']> = { rules: 0, grants: 0 },
  ): void {
    const takesAlong = along.rules + along.grants > 0 ? { takesAlong: along } : {};
    this.changes.push({ kind, name, change: 'update', before, after, ...takesAlong });
  }

  /** Notes that something is no more. */
  noteRemoved(kind: PolicyChange['kind'], name: string, before: object): void {
    this.changes.push({ kind, name, change: 'delete', before, after: null });
  }
}

class Collected implements FileThings, NamedThings {
  readonly types: string[] = [];
  readonly groups: string[] = [];
  readonly members: MemberOf[] = [];
  readonly roles: string[] = [];
  readonly objects: ObjectRef[] = [];
  readonly assignments: string[] = [];
  readonly grants: string[] = [];
  readonly creators: { object: ObjectRef; creator: SubjectRef }[] = [];
}
