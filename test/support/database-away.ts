import pg from 'pg';
import { inject } from 'vitest';

/** Shuts the database: connections to it are refused, and those there are cut. Everything in it stays. */
export async function shutDatabase(databaseUrl: string): Promise<void> {
  const name = new URL(databaseUrl).pathname.slice(1);
  await onServer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  await onServer(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
}

/** Opens it again. */
export async function openDatabase(databaseUrl: string): Promise<void> {
  await onServer(`ALTER DATABASE ${new URL(databaseUrl).pathname.slice(1)} ALLOW_CONNECTIONS true`);
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client(inject('testServerUrl'));
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
