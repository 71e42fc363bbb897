import { Injectable } from '@nestjs/common';
import type { Author } from '../../core/caller.js';
import { CastellanError, notFound } from '../../core/errors.js';
import type { Page } from '../../core/ports/lists.js';
import type { SessionRecord } from '../../core/ports/sessions.js';
import { Writes } from '../../core/ports/writes.js';

/** Lists and ends the author's own sessions. */
@Injectable()
export class SessionsService {
  constructor(private readonly writes: Writes) {}

  /** @throws CastellanError `not_found` for an author that is no user. */
  list(author: Author, page: { limit: number; after?: string | undefined }): Promise<Page<SessionRecord>> {
    const user = userOf(author);
    return this.writes.write(author, { places: [] }, (unit) => unit.sessions.list(user, page));
  }

  /** @throws CastellanError `not_found` for a session that is nobody's, or somebody else's. */
  end(author: Author, id: string): Promise<void> {
    const user = userOf(author);
    return this.writes.write(author, { places: [] }, (unit) => unit.sessions.end(user, id));
  }

  /** Ends all of them, but for the one to keep. */
  endAll(author: Author, keep: string | null): Promise<void> {
    const user = userOf(author);
    return this.writes.write(author, { places: [] }, (unit) => unit.sessions.endAll(user, keep));
  }

  /** Ends the session, if it has not ended meanwhile. */
  async endIfOpen(author: Author, id: string): Promise<void> {
    await this.end(author, id).catch((error: unknown) => {
      if (!(error instanceof CastellanError && error.code === 'not_found')) throw error;
    });
  }
}

function userOf({ subject }: Author): string {
  if (subject.type !== 'user') throw notFound();
  return subject.id;
}
