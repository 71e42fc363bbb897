import pg from 'pg';
import { applyPolicy, planPolicy, type ApplyOptions } from '../../src/app/policy/apply-policy.js';
import { parsePolicy } from '../../src/app/policy/parse-policy.js';
import { PolicyError } from '../../src/app/policy/policy-error.js';
import type { PolicyResult } from '../../src/app/policy/policy-result.js';
import { Passwords } from '../../src/auth/passwords.js';
import { operator } from '../../src/core/caller.js';
import { openStore, type Store } from '../../src/store/store.js';
import { integrityFaults } from './integrity.js';
import { createTestDatabase } from './postgres.js';
import { query } from './query.js';

/** A database of its own, to apply policies to. */
export interface PolicyDatabase {
  readonly store: Store;
  readonly databaseUrl: string;
  /** What every password is stored as; with an x behind it, `another one`. */
  readonly hash: string;
  apply(text: string, options?: ApplyOptions): Promise<PolicyResult>;
  plan(text: string, options?: Pick<ApplyOptions, 'prune'>): Promise<PolicyResult>;
  /** Applies a policy that is to be refused, and answers how. */
  refusal(text: string): Promise<PolicyError>;
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** Whether the user may do the action on the object. */
  may(user: string, action: string, type: string, id: string): Promise<boolean>;
  /** What is wrong with the tables; [] when nothing is. */
  integrity(): Promise<string[]>;
  close(): Promise<void>;
}

// Hashed once: it is meant to take long.
let hashing: Promise<string> | undefined;

export async function openPolicyDatabase(): Promise<PolicyDatabase> {
  hashing ??= new Passwords().hash('correct horse');
  const hash = await hashing;
  const database = await createTestDatabase();
  const { databaseUrl } = database;
  // A test shares its machine with others.
  const patience = { statementTimeout: 20_000, lockTimeout: 20_000, transactionTimeout: 120_000 };
  const store = openStore({ url: databaseUrl, connections: 4, ...patience });
  const passwords = {
    hash: (password: string) => Promise.resolve(`${hash}${password === 'another one' ? 'x' : ''}`),
  };
  const apply = (text: string, options?: ApplyOptions): Promise<PolicyResult> =>
    applyPolicy(store, operator('cli', 'test'), parsePolicy(text, 'policy.yaml'), passwords, options);
  return {
    store,
    databaseUrl,
    hash,
    apply,
    plan: (text, options) => planPolicy(store, operator('cli', 'test'), parsePolicy(text, 'policy.yaml'), options),
    refusal: async (text) => {
      const error: unknown = await apply(text).then(
        () => 'It was taken.',
        (reason: unknown) => reason,
      );
      if (error instanceof PolicyError) return error;
      throw new Error('Not an error of the policy.', { cause: error });
    },
    rows: (sql) => query(databaseUrl, sql),
    may: async (user, action, type, id) => {
      const question = { subject: { type: 'user', id: user }, permission: { type, action }, object: { type, id } };
      return (await store.decider.decide(question)).allowed;
    },
    integrity: async () => {
      const client = new pg.Client(databaseUrl);
      await client.connect();
      try {
        return await integrityFaults(client);
      } finally {
        await client.end();
      }
    },
    close: async () => {
      await store.close();
      await database.drop();
    },
  };
}
