import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { stopServer, type ServerSite } from './server.js';
import { serverEnvironment } from './server-user.js';

/**
 * Gives the superuser the site's password, after the file that held the old one was lost. Call under the lock.
 *
 * @throws EmbeddedPostgresError `embedded_postgres_failed` when other processes use the database, or it can't be done
 */
export async function resetPassword(site: ServerSite, inUse: boolean): Promise<void> {
  const file = join(dirname(site.logFile), 'postgres-password');
  try {
    if (inUse) throw new Error('other processes use the database; end them and start again');
    await stopServer(site);
    await runSingleUser(site, `ALTER ROLE castellan PASSWORD '${site.password}'\n`);
  } catch (cause) {
    // A file with a password that the server does not know would hide what happened.
    await rm(file, { force: true });
    throw new EmbeddedPostgresError(
      'embedded_postgres_failed',
      `The password of ${site.dataFolder}, kept in ${file}, is lost and could not be set anew: ${(cause as Error).message}.`,
      { cause },
    );
  }
  site.log(`The password file ${file} was missing or damaged; the database has a new password.`);
}

function runSingleUser(site: ServerSite, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(site.binaries.postgres, ['--single', '-D', site.dataFolder, 'postgres'], {
      cwd: '/',
      env: serverEnvironment(),
      stdio: ['pipe', 'ignore', 'pipe'],
      ...site.user,
    });
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0 && !/\b(ERROR|FATAL|PANIC):/.test(output)) resolve();
      else reject(new Error(`Postgres ended with code ${code}: ${output.trim()}`));
    });
    child.stdin.end(sql);
  });
}
