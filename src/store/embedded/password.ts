import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

const fileName = 'postgres-password';

/** The password of the embedded database, or undefined when `folder` holds none. */
export async function readPassword(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, fileName), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const password = text.trim();
  // It ends up in a URL and in one SQL statement, so only what makePassword makes is taken.
  return /^[0-9a-f]{32,}$/.test(password) ? password : undefined;
}

/** Makes a random password and keeps it in a file of `folder` that only its owner can read. */
export async function makePassword(folder: string): Promise<string> {
  const password = randomBytes(24).toString('hex');
  const unfinished = join(folder, `${fileName}.new`);
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(`${password}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, join(folder, fileName));
  return password;
}
