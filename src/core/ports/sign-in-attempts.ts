import type { SubjectRef } from '../model.js';

/** What a password is tried for: to open a session, for one request, or to set another one. */
export type SignInWay = 'session' | 'basic' | 'password_change';

/** Whence and how a password is tried. */
export interface SignInOrigin {
  /** The client's address as it is told in the audit trail. */
  readonly address: string;
  /** What tries from that address are counted under: itself, or the network that one client can take addresses from. */
  readonly network: string;
  readonly way: SignInWay;
  readonly requestId: string;
}

/** A try that may be verified; it counts as a failure until it is said to have succeeded, or not to have been made. */
export interface SignInAttempt {
  readonly username: string;
  readonly origin: SignInOrigin;
  /** What it is counted under, and in which count of each. */
  readonly counts: readonly { readonly key: string; readonly since: string }[];
}

/** How many tries there may be, before the next has to wait. Times in seconds. */
export interface SignInLimit {
  readonly failures: number;
  readonly within: number;
  /** How long the first wait is; each further one is twice as long, until it is the longest. */
  readonly wait: number;
  readonly longest: number;
}

const MINUTE = 60;

/**
 * The limits: for one account from one network, for one network, and for one account from all networks that it never signed in from. The last
 * only slows down, as anybody can bring it about from anywhere.
 */
export const SIGN_IN_LIMITS = {
  pair: { failures: 10, within: 15 * MINUTE, wait: 15 * MINUTE, longest: 60 * MINUTE },
  network: { failures: 100, within: 15 * MINUTE, wait: 15 * MINUTE, longest: 60 * MINUTE },
  account: { failures: 50, within: 15 * MINUTE, wait: MINUTE, longest: 15 * MINUTE },
} as const satisfies Record<string, SignInLimit>;

/** Counts the passwords that are tried, over all processes, and puts into the audit trail what came of them. */
export abstract class SignInAttempts {
  /**
   * Counts a try, before it is verified, so that no more are verified at once than there may be in all.
   *
   * @throws CastellanError `too_many_attempts`, with the seconds to wait; `overloaded`, `database_unavailable`.
   */
  abstract begin(username: string, origin: SignInOrigin): Promise<SignInAttempt>;
  /** The password was wrong: the try stays counted. @throws CastellanError `overloaded`, `database_unavailable`. */
  abstract failed(attempt: SignInAttempt): Promise<void>;
  /** The password was right: the try is not counted any more. @throws CastellanError `overloaded`, `database_unavailable`. */
  abstract succeeded(attempt: SignInAttempt, subjectKey: number, subject: SubjectRef): Promise<void>;
  /** Nothing was verified: the try is not counted any more. Never throws: what can't be taken back stays counted. */
  abstract abandoned(attempt: SignInAttempt): Promise<void>;
}
