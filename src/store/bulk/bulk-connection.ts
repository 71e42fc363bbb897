import pg from 'pg';
import { translatingDatabaseErrors } from '../database-errors.js';

// Nobody's request waits for it, and whoever reads a dump may take their time.
const LOCK_MS = 60_000;
const CONNECT_MS = 10_000;

/**
 * A connection of its own for what moves many rows; it ends at once when the signal comes, and what was begun is undone.
 *
 * @throws CastellanError `database_unavailable`, `overloaded`.
 */
export async function openBulkConnection(databaseUrl: string, name: string, signal: AbortSignal): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: name,
    lock_timeout: LOCK_MS,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  });
  // A connection that breaks between two statements tells so in the next one.
  client.on('error', () => {});
  await translatingDatabaseErrors(async () => {
    await client.connect();
    try {
      // Whatever the database or the role has: pg itself sends no zero.
      await client.query('SET statement_timeout = 0');
    } catch (error) {
      await breakOff(client);
      throw error;
    }
  });
  const end = (): void => void breakOff(client);
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  return client;
}

/** Ends a connection in the middle of whatever it does. */
export async function breakOff(client: pg.Client): Promise<void> {
  (client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }).connection.stream.destroy();
  await client.end().catch(() => {});
}
