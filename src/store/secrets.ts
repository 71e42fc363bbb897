import { randomBytes } from 'node:crypto';
import type { Database } from './database.js';

/**
 * A random secret of this installation under a name: made at its first use and kept, so that every process has the same one
 * and there is none that ships.
 */
export async function installationSecret(database: Database, name: string): Promise<string> {
  const key = `secret.${name}`;
  await database.prisma.setting.createMany({
    data: [{ key, value: randomBytes(32).toString('base64url') }],
    skipDuplicates: true,
  });
  const { value } = await database.prisma.setting.findUniqueOrThrow({ where: { key } });
  return value;
}
