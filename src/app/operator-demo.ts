import { Passwords } from '../auth/passwords.js';
import { CastellanError } from '../core/errors.js';
import type { Store } from '../store/store.js';
import { isEmpty, loadDemo, loadDemoWithoutPasswords } from './demo.js';

/** What the demo was loaded as. */
export interface LoadedDemo {
  /** What its users sign in by, kept nowhere else; null where they were given none. */
  readonly password: string | null;
  readonly users: readonly string[];
}

const USERS = ['alice', 'bob', 'carol', 'dave'];

/**
 * Loads the demo. Its users are given a password only in a database that nobody has used yet: in any other, they might be
 * somebody's.
 *
 * @throws CastellanError `already_exists` where there is something already, unless it is to be loaded anyway.
 */
export async function loadDemoAsOperator(store: Store, options: { readonly anyway: boolean }): Promise<LoadedDemo> {
  if (await isEmpty(store)) return { password: await loadDemo(store, new Passwords()), users: USERS };
  if (!options.anyway)
    throw new CastellanError(
      'already_exists',
      'The database holds users, roles or types already. To load the demo beside them, use --yes; its users get no passwords then.',
    );
  await loadDemoWithoutPasswords(store, new Passwords());
  return { password: null, users: USERS };
}
