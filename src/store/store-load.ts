import type pg from 'pg';

/** How much a pool of connections has to do. */
export interface PoolLoad {
  readonly size: number;
  readonly idle: number;
  /** Those that wait for a connection. */
  readonly waiting: number;
}

/** How many questions wait for a statement to share, and how many such statements run. */
export interface QuestionLoad {
  readonly waiting: number;
  readonly running: number;
}

/** How much of the database's work is waiting, as of now. */
export interface StoreLoad {
  readonly pools: Readonly<Record<'decisions' | 'writes', PoolLoad>>;
  readonly questions: Readonly<Record<'decisions' | 'credentials' | 'tokens', QuestionLoad>>;
}

/** The load of a pool of `pg`. */
export function poolLoad({ totalCount, idleCount, waitingCount }: pg.Pool): PoolLoad {
  return { size: totalCount, idle: idleCount, waiting: waitingCount };
}
