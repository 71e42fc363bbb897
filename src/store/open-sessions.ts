import type { SqlExecutor, Statement } from './executor.js';

const COUNT: Statement = {
  name: 'castellan_sessions_open',
  text: 'SELECT count(*)::int4 AS open FROM castellan.sessions WHERE expire > now()',
};

/** How many sessions are open, whichever process opened them. @throws as the database does. */
export async function countOpenSessions(sql: SqlExecutor): Promise<number> {
  const [row] = await sql.query<{ open: number }>(COUNT, []);
  return row?.open ?? 0;
}
