import { fileURLToPath } from 'node:url';
import { Passwords } from '../auth/passwords.js';
import { operator } from '../core/caller.js';
import type { Store } from '../store/store.js';
import { generatePassword } from './first-admin.js';
import { applySeed } from './seed/apply-seed.js';
import { loadSeedFile } from './seed/seed-file.js';

const DEMO_FILE = fileURLToPath(new URL('../../demo/demo.yaml', import.meta.url));

/** Whether nobody has put anything into the database yet. */
export async function isEmpty(store: Store): Promise<boolean> {
  const { prisma } = store.database;
  const [types, users] = await Promise.all([
    prisma.resourceType.count({ where: { builtIn: false } }),
    prisma.subject.count({ where: { type: { in: ['user', 'role'] } } }),
  ]);
  return types === 0 && users === 0;
}

/** Loads the demo policy, and answers the password that its users were given; it is kept nowhere else. */
export async function loadDemo(store: Store, passwords: Passwords): Promise<string> {
  const seed = await loadSeedFile(DEMO_FILE);
  const password = generatePassword();
  const users = seed.users.map((user) => Object.assign({}, user, { password }));
  await applySeed(store, operator('demo', 'demo'), { ...seed, users }, passwords);
  return password;
}
