import type { ToldExplanation } from '../../core/explain-sight.js';

/** Where something stands in a policy file. */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** Why one decision came out as it did: the question in the words of the command line, and its explanation. */
export interface Why {
  readonly subject: string;
  readonly action: string;
  /** An object, or a type alone. */
  readonly object: string;
  readonly explanation: ToldExplanation;
}

/** What became of one assertion. */
export interface AssertionResult {
  readonly kind: 'check' | 'list' | 'who-can';
  /** `user:alice may view post:123` */
  readonly says: string;
  readonly passed: boolean;
  /** `allow` or `deny`; ids or references for the other kinds, sorted. */
  readonly expected: string | readonly string[];
  readonly got: string | readonly string[];
  readonly place: Place;
  /** For an assertion that failed: at most ten of what it took to answer. */
  readonly why: readonly Why[];
  /** What may be a slip of the pen: it names what the policy does not know. */
  readonly notes: readonly string[];
}

/** What became of one test. */
export interface TestResult {
  readonly name: string;
  readonly passed: boolean;
  readonly place: Place;
  readonly assertions: readonly AssertionResult[];
}

/** A rule of a role, or a grant. */
export interface CoveredRule {
  readonly place: Place;
  /** `role editor: allow post:view` */
  readonly says: string;
}

/** Which rules the assertions had a part in. */
export interface Coverage {
  readonly rules: number;
  readonly touched: number;
  /** Of a hundred, rounded down to a tenth; 100 where there are no rules. */
  readonly percent: number;
  readonly untouched: readonly CoveredRule[];
}

/** What became of the tests of a policy. */
export interface PolicyTestRun {
  readonly passed: boolean;
  readonly tests: readonly TestResult[];
  readonly coverage: Coverage;
}
