import { fileURLToPath } from 'node:url';
import { Passwords } from '../auth/passwords.js';
import { operator } from '../core/caller.js';
import type { Store } from '../store/store.js';
import { generatePassword } from './first-admin.js';
import { applyPolicy } from './policy/apply-policy.js';
import { loadPolicyFile } from './policy/policy-file.js';

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
  const policy = await loadPolicyFile(DEMO_FILE);
  const password = generatePassword();
  const users = policy.users.map((user) => Object.assign({}, user, { password }));
  await applyPolicy(store, operator('demo', 'demo'), { ...policy, users }, passwords);
  return password;
}

/** Loads the demo policy as it is: nobody can sign in by it who could not before. */
export async function loadDemoWithoutPasswords(store: Store, passwords: Passwords): Promise<void> {
  await applyPolicy(store, operator('demo', 'demo'), await loadPolicyFile(DEMO_FILE), passwords);
}
