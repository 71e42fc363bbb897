import { randomBytes } from 'node:crypto';
import { operator } from '../core/caller.js';
import { faultOfLikeness, faultOfPassword } from '../auth/password-rules.js';
import { Passwords } from '../auth/passwords.js';
import { CastellanError } from '../core/errors.js';
import type { Store } from '../store/store.js';
import { ConfigError, type Config } from './config.js';

/** The superuser that was made; the password is there only when it was generated, and is kept nowhere else. */
export interface FirstAdmin {
  readonly username: string;
  readonly generatedPassword: string | undefined;
}

/** A password to be read off a screen once: 20 letters and digits, about 100 bits. */
export function generatePassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  let password = '';
  while (password.length < 20) {
    for (const byte of randomBytes(32)) {
      // 248 = 8 × 31: beyond it, some letters would come more often than others.
      if (byte < 248 && password.length < 20) password += alphabet.charAt(byte % alphabet.length);
    }
  }
  return password;
}

/**
 * Makes a superuser when there is no active one, and answers whom it made.
 *
 * @throws CastellanError `already_exists` when the name belongs to somebody who is none; ConfigError for a password that can't be set.
 */
export async function ensureFirstAdmin(store: Store, config: Config, passwords: Passwords): Promise<FirstAdmin | null> {
  if ((await store.database.prisma.subject.count({ where: { superuser: true, active: true } })) > 0) return null;
  const username = config.adminUsername;
  if (config.adminPassword !== undefined) requireFitPassword(config.adminPassword, username);
  const password = config.adminPassword ?? generatePassword();
  const passwordHash = await passwords.hash(password);
  const author = operator('start', 'start');
  const made = await store.writes.write(author, 'structure', async (unit) => {
    // Another process that starts at the same moment may have been first.
    if ((await unit.users.countActiveSuperusers()) > 0) return false;
    if (await unit.users.find(username)) {
      throw new CastellanError(
        'already_exists',
        `There is no active superuser, and ${username} is an ordinary user: name another one in CASTELLAN_ADMIN_USERNAME.`,
      );
    }
    await unit.users.create({
      id: username,
      username,
      email: null,
      active: true,
      superuser: true,
      attributes: {},
      passwordHash,
    });
    return true;
  });
  return made ? { username, generatedPassword: config.adminPassword === undefined ? password : undefined } : null;
}

// Asked here and not with the other settings, as it counts only where an admin is made.
function requireFitPassword(password: string, username: string): void {
  const fault = faultOfPassword(password) ?? faultOfLikeness(password, { username });
  if (fault !== undefined)
    throw new ConfigError(`CASTELLAN_ADMIN_PASSWORD ${fault} (see docs/authentication.md#passwords).`);
}
