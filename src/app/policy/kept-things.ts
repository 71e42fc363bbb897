import { refName } from '../../core/model.js';
import type { Holder, KeptThing } from '../../core/ports/file-marks.js';
import { assignmentName, grantName, memberName } from './policy-change.js';

/** What no file names any more and is kept all the same, with the first few of what hangs on it, in words. */
export interface KeptForOthers {
  readonly kind: KeptThing['kind'];
  readonly name: string;
  readonly holders: readonly string[];
  /** How many things hang on it. */
  readonly count: number;
}

/** Tells what is kept in words, in a stable order. */
export function keptInOrder(kept: readonly KeptThing[]): KeptForOthers[] {
  const keyOf = ({ kind, name }: KeptForOthers): string => `${kind} ${name}`;
  return kept
    .map(({ kind, name, holders, count }) => ({ kind, name, holders: holders.map(holderName).toSorted(), count }))
    .toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

function holderName(holder: Holder): string {
  switch (holder.kind) {
    case 'grant':
      return `grant ${grantName(holder.grant)}`;
    case 'assignment':
      return `assignment ${assignmentName(holder.assignment)}`;
    case 'member':
      return `member ${memberName(holder.member)}`;
    case 'object':
      return `object ${refName(holder.object)}`;
    case 'inclusion':
      return `role ${holder.role}, which includes it`;
    default:
      return `role ${holder.role}, which has rules about it`;
  }
}
