import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireEmbeddedPostgres, type EmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.js';
import { processIdentity } from '../../src/store/embedded/processes.js';
import { query } from './query.js';
import { spawnDatabaseUser, type DatabaseUser } from './spawn-database-user.js';
import { temporaryFolder, type TemporaryFolder } from './temporary-folder.js';

/** What is set for every database here: nothing of it has to survive the machine. */
export const settings = { fsync: 'off' };

/** A data directory with a database in it that is not running, and that has one row, `kept`, in its table `notes`. */
export async function makeDatabase(): Promise<TemporaryFolder> {
  const made = await temporaryFolder('embedded-made');
  const options = { dataDir: join(made.path, 'data'), stagingDir: join(made.path, 'staging'), settings };
  const postgres = await acquireEmbeddedPostgres({ ...options, log: () => undefined });
  await query(postgres.databaseUrl, 'CREATE TABLE notes (note text); INSERT INTO notes VALUES ($$kept$$)');
  await postgres.release();
  return made;
}

/** One test's data directory, its uses by this and other processes, and what they logged. */
export class EmbeddedFixture {
  dataDir: string;
  stagingDir: string;
  readonly lines: string[] = [];
  readonly #uses: { release(): Promise<void> }[] = [];

  private constructor(readonly folder: TemporaryFolder) {
    this.dataDir = join(folder.path, 'data');
    this.stagingDir = join(folder.path, 'staging');
  }

  /** With `made`, the data directory is a copy of that one: making a database is what takes the time. */
  static async create(made?: TemporaryFolder): Promise<EmbeddedFixture> {
    const fixture = new EmbeddedFixture(await temporaryFolder('embedded'));
    if (made !== undefined) {
      execFileSync('cp', ['-Rp', join(made.path, 'data'), fixture.dataDir]);
      fixture.stagingDir = join(made.path, 'staging');
    }
    return fixture;
  }

  async remove(): Promise<void> {
    for (const use of this.#uses) await use.release().catch(() => undefined);
    await this.folder.remove();
  }

  async acquire(more: object = {}): Promise<EmbeddedPostgres> {
    const { dataDir, stagingDir, lines } = this;
    const log = (line: string): void => void lines.push(line);
    const postgres = await acquireEmbeddedPostgres({ dataDir, stagingDir, settings, log, ...more });
    this.#uses.push(postgres);
    return postgres;
  }

  /** Acquires in another process. */
  async acquireElsewhere(more?: Parameters<typeof spawnDatabaseUser>[1]): Promise<DatabaseUser> {
    const { dataDir, stagingDir } = this;
    const user = await spawnDatabaseUser({ dataDir, stagingDir, settings }, more);
    this.#uses.push({ release: () => user.leave() });
    return user;
  }

  get postmasterFile(): string {
    return join(this.dataDir, 'postgres', 'postmaster.pid');
  }

  serverPid(): number {
    return Number.parseInt(readFileSync(this.postmasterFile, 'utf8'), 10);
  }

  isServerRunning(): boolean {
    return existsSync(this.postmasterFile);
  }

  /** kill -9 of the server's main process. */
  async killServer(): Promise<void> {
    const pid = this.serverPid();
    process.kill(pid, 'SIGKILL');
    while ((await processIdentity(pid)) !== undefined) await sleep(10);
  }
}
