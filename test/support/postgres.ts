import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { templateDatabase } from './global-setup.js';

/** A database of one test's own. */
export interface TestDatabase {
  readonly databaseUrl: string;
  /** Removes it, also while connections to it are open. */
  drop(): Promise<void>;
}

/** Makes an empty database with all migrations applied, on the server of this test run (the `e2e` project has one). */
export async function createTestDatabase(): Promise<TestDatabase> {
  return copyOf(templateDatabase);
}

/** Makes a database without any tables, for what is about migrations themselves. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return copyOf('template0');
}

async function copyOf(template: string): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(inject('testServerUrl'));
  url.pathname = `/${name}`;
  return { databaseUrl: url.href, drop: () => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
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
