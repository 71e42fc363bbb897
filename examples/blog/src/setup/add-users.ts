import { NestFactory } from '@nestjs/core';
import { castellan } from 'castellan';
import { BlogModule } from '../blog.module.js';
import { Database } from '../database.js';
import { hashPassword } from '../sign-in/passwords.js';

/** Lets these users sign in, each with a profile; answers those who could not before. Castellan has to know them: access.yaml names them. */
export async function addUsers(databaseUrl: string, names: readonly string[], password: string): Promise<string[]> {
  const app = await NestFactory.createApplicationContext(BlogModule.over(databaseUrl), { logger: ['error'] });
  try {
    const { prisma } = app.get(Database);
    const known = await prisma.user.findMany({ where: { id: { in: [...names] } } });
    const missing = names.filter((name) => !known.some(({ id }) => id === name));
    for (const id of missing) {
      const passwordHash = await hashPassword(password);
      // There is no request on whose behalf this is done, so somebody is named.
      await castellan.as({ type: 'service', id: 'setup' }, () =>
        prisma.$transaction(async (tx) => {
          await tx.user.create({ data: { id, passwordHash } });
          await tx.profile.create({ data: { userId: id, name: id } });
        }),
      );
    }
    return missing;
  } finally {
    await app.close();
  }
}
