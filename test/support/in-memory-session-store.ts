import type { SessionContent, SessionStore } from '../../src/auth/sessions.js';

type Stored = Parameters<SessionStore['set']>[1];
type Callback = (error?: unknown, session?: Stored | null) => void;

/** Sessions as the database keeps them: as JSON, and never made by saving. */
export class InMemorySessionStore implements SessionStore {
  readonly rows = new Map<string, string>();
  reads = 0;
  saves = 0;
  /** Thrown by the next calls, as a database that is away. */
  failure: Error | undefined;

  async open(sid: string, session: SessionContent): Promise<boolean> {
    if (this.failure) throw this.failure;
    this.rows.set(sid, JSON.stringify(session));
    return true;
  }

  get(sid: string, done: Callback): void {
    this.reads++;
    const row = this.rows.get(sid);
    queueMicrotask(() => done(this.failure, row === undefined ? null : (JSON.parse(row) as Stored)));
  }

  set(sid: string, session: Stored, done: Callback): void {
    this.saves++;
    if (this.rows.has(sid)) this.rows.set(sid, JSON.stringify({ ...session, cookie: undefined }));
    queueMicrotask(() => done(this.failure));
  }

  destroy(sid: string, done: Callback): void {
    this.rows.delete(sid);
    queueMicrotask(() => done(this.failure));
  }
}
