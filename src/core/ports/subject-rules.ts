import type { SubjectRef } from '../model.js';
import type { SubjectRules } from './engine.js';

export type { SubjectRules } from './engine.js';

/** Reads what subjects hold everywhere: must read it afresh for each call, and all of it in one snapshot. */
export abstract class SubjectRulesSource {
  /**
   * The rules that the subject holds everywhere, over all types; of an unknown subject, what anyone holds; of an inactive one, none.
   *
   * @throws CastellanError `database_unavailable`, `overloaded`.
   */
  abstract of(subject: SubjectRef): Promise<SubjectRules>;
}
