import { randomUUID } from 'node:crypto';
import type { FoundSession, SessionContent, SessionStore } from '../../src/auth/sessions.js';
import type { Credentials } from '../../src/core/ports/credentials.js';

type Stored = Parameters<SessionStore['set']>[1];
type Callback = (error?: unknown, session?: Stored | null) => void;

/** Sessions as the database keeps them: as JSON, and never made by saving. */
export class InMemorySessionStore implements SessionStore {
  readonly rows = new Map<string, string>();
  reads = 0;
  saves = 0;
  /** Thrown by the next calls, as a database that is away. */
  failure: Error | undefined;
  readonly ids = new Map<string, string>();

  /** Whether a session still signs its user in is asked of `credentials` as it is looked up. */
  constructor(private readonly credentials: Pick<Credentials, 'standing'>) {}

  async open(sid: string, session: SessionContent): Promise<boolean> {
    if (this.failure) throw this.failure;
    this.rows.set(sid, JSON.stringify(session));
    this.ids.set(sid, randomUUID());
    return true;
  }

  get(sid: string, done: Callback): void {
    this.reads++;
    // On a tick of its own, so that what the callback throws is not taken for a failure to find.
    this.#find(sid).then(
      (session) => process.nextTick(done, this.failure, session),
      (error: unknown) => process.nextTick(done, error),
    );
  }

  async #find(sid: string): Promise<Stored | null> {
    const row = this.rows.get(sid);
    if (row === undefined) return null;
    const session = JSON.parse(row) as Stored & SessionContent;
    const found: FoundSession = {
      id: this.ids.get(sid) as string,
      subject: await this.credentials.standing(session.stamp),
    };
    return { ...session, found };
  }

  set(sid: string, session: Stored, done: Callback): void {
    this.saves++;
    if (this.rows.has(sid)) this.rows.set(sid, JSON.stringify({ ...session, cookie: undefined, found: undefined }));
    queueMicrotask(() => done(this.failure));
  }

  /** Ends the session that its user knows by this id. */
  end(id: string): void {
    for (const [sid, known] of this.ids) if (known === id) this.rows.delete(sid);
  }

  destroy(sid: string, done: Callback): void {
    this.rows.delete(sid);
    queueMicrotask(() => done(this.failure));
  }
}
