import type { Page } from './lists.js';

/** A session of a user that still signs it in. Times are ISO 8601 in UTC. */
export interface SessionRecord {
  readonly id: string;
  readonly createdAt: string;
  /** To the minute. */
  readonly usedAt: string;
  /** When it ends unless it is used. */
  readonly expiresAt: string;
  /** Whence it was opened; null where that is not known. */
  readonly address: string | null;
  /** What the browser said that it is. */
  readonly userAgent: string | null;
}

export interface SessionWriter {
  /** The user's sessions in the order in which they were opened. */
  list(
    user: string,
    page: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<Page<SessionRecord>>;
  /** @throws CastellanError `not_found` when the user has no such session. */
  end(user: string, id: string): Promise<void>;
  /** Ends all of the user's sessions, but for the one to keep. */
  endAll(user: string, keep: string | null): Promise<void>;
}
