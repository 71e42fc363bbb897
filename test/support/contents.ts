import { query } from './query.js';

const TABLES =
  "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'castellan' AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'sign\\_in\\_%'";

/**
 * Number and digest of the rows of each of the service's tables: what a refused request must leave as it was. Sign-ins are counted and
 * recorded whatever becomes of the request, so they are left out.
 */
export async function contentsOf(databaseUrl: string): Promise<Record<string, string>> {
  const names = (await query(databaseUrl, TABLES)).map((row) => String(row['name']));
  const digests = names.map(
    (name) => `(SELECT count(*) || ' rows, ' || md5(coalesce(string_agg(row::text, '|' ORDER BY row::text), ''))
      FROM castellan."${name}" row${name === 'changes' ? " WHERE action NOT LIKE 'sign\\_in.%'" : ''}) AS "${name}"`,
  );
  const [row] = await query(databaseUrl, `SELECT ${digests.join(', ')}`);
  return row as Record<string, string>;
}
