import pg from 'pg';

/** What a port says to someone who wants in. */
export type ServerAnswer =
  | { kind: 'answers'; dataFolder: string | undefined }
  /** nobody, or a server that is starting up or shutting down: worth asking again */
  | { kind: 'silent'; reason: string }
  | { kind: 'refuses'; reason: string };

/** Asks the server on a port of this machine which data folder it works on. */
export async function askServer(port: number, password: string): Promise<ServerAnswer> {
  try {
    return await withClient(port, password, async (client) => {
      const { rows } = await client.query<{ folder: string }>(`SELECT current_setting('data_directory') AS folder`);
      return { kind: 'answers', dataFolder: rows[0]?.folder };
    });
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    // All connections in use: it lives, and can't be asked more.
    if (code === '53300') return { kind: 'answers', dataFolder: undefined };
    const refused = code !== undefined && /^(28|3D|42)/.test(code);
    return { kind: refused ? 'refuses' : 'silent', reason: message };
  }
}

/** Makes the database `castellan` where there is none. */
export async function ensureDatabase(port: number, password: string): Promise<void> {
  await withClient(port, password, async (client) => {
    const { rowCount } = await client.query(`SELECT FROM pg_database WHERE datname = 'castellan'`);
    if (rowCount === 0) await client.query('CREATE DATABASE castellan');
  });
}

async function withClient<T>(port: number, password: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'castellan',
    password,
    database: 'postgres',
    ssl: false,
    connectionTimeoutMillis: 5_000,
    query_timeout: 30_000,
  });
  // A server that goes away between two calls must not end this process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
