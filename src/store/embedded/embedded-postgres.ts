import { stat } from 'node:fs/promises';
import { askServer, ensureDatabase } from './ask-server.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { withExclusiveLock } from './exclusive-lock.js';
import { dropLease, sweepLeases, takeLease } from './leases.js';
import { readPostmasterFile } from './postmaster-file.js';
import { giveToOwner, openDataDir, prepareSite } from './prepare-site.js';
import { findRunningServer, stopServer, type RunningServer, type ServerSite } from './server.js';
import { boundLog } from './server-log.js';
import { startServer } from './start-server.js';

/** This process's use of the project's own Postgres. */
export interface EmbeddedPostgres {
  /**
   * `postgresql://castellan:<password>@127.0.0.1:<port>/castellan`. The port stays the same through
   * {@link EmbeddedPostgres.ensureRunning} unless something else has taken it meanwhile.
   */
  readonly databaseUrl: string;
  /**
   * Starts the server again when it has died; does nothing when it answers.
   *
   * @throws EmbeddedPostgresError
   */
  ensureRunning(): Promise<void>;
  /**
   * Gives up this process's use; the last user to leave stops the server. A second call does nothing.
   *
   * @throws EmbeddedPostgresError when the server does not stop
   */
  release(): Promise<void>;
}

/** What {@link acquireEmbeddedPostgres} needs to know. */
export interface EmbeddedPostgresOptions {
  /** the folder that holds all of it, such as `.castellan`; made, open to its owner only, when missing */
  readonly dataDir: string;
  /** takes lines for a person: what was found and what was done about it */
  readonly log: (line: string) => void;
  /** settings of postgresql.conf that go over the usual ones when the server is started */
  readonly settings?: Readonly<Record<string, string>>;
  /** where binaries and data go that the server's user can't reach otherwise; used when root */
  readonly stagingDir?: string;
}

/**
 * Makes, starts or joins the Postgres server that belongs to `dataDir`. Any number of processes may use it at once.
 *
 * @throws EmbeddedPostgresError
 * @example
 * const postgres = await acquireEmbeddedPostgres({ dataDir: '.castellan', log: console.error });
 * // ... connect to postgres.databaseUrl ...
 * await postgres.release();
 */
export async function acquireEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  return explained(options.dataDir, async () => {
    const { log } = options;
    const dataDir = await openDataDir(options.dataDir, log);
    return withExclusiveLock(dataDir, log, async () => {
      const standing = await sweepLeases(dataDir, log);
      const site = await prepareSite(dataDir, standing > 0, options);
      const server = await findOrStart(site, undefined, standing === 0);
      try {
        await ensureDatabase(server.port, site.password);
        const lease = await takeLease(dataDir);
        await giveToOwner(dataDir);
        return new Use(dataDir, site, server.port, lease);
      } catch (error) {
        if (standing === 0) await stopServer(site);
        throw error;
      }
    });
  });
}

async function findOrStart(site: ServerSite, port: number | undefined, tellWhenFound: boolean): Promise<RunningServer> {
  await boundLog(site.logFile);
  const last = await readPostmasterFile(site.dataFolder);
  const found = await findRunningServer(site);
  // The same port as before, so that the address that others hold goes on working.
  if (found === undefined) return startServer(site, port ?? (typeof last === 'object' ? last.port : undefined));
  if (tellWhenFound) site.log(`The database server (process ${found.pid}) was still running and is used as it is.`);
  return found;
}

class Use implements EmbeddedPostgres {
  #released: Promise<void> | undefined;

  constructor(
    private readonly dataDir: string,
    private readonly site: ServerSite,
    private port: number,
    private readonly lease: string,
  ) {}

  get databaseUrl(): string {
    return `postgresql://castellan:${this.site.password}@127.0.0.1:${this.port}/castellan`;
  }

  async ensureRunning(): Promise<void> {
    this.requireUse();
    const answer = await askServer(this.port, this.site.password);
    if (answer.kind === 'answers' && answer.dataFolder === this.site.dataFolder) return;
    await explained(this.dataDir, () =>
      withExclusiveLock(this.dataDir, this.site.log, async () => {
        // A release that went first has stopped the server for good.
        this.requireUse();
        this.port = (await findOrStart(this.site, this.port, false)).port;
      }),
    );
  }

  release(): Promise<void> {
    this.#released ??= explained(this.dataDir, () => this.leave());
    return this.#released;
  }

  private requireUse(): void {
    if (this.#released === undefined) return;
    throw new EmbeddedPostgresError(
      'embedded_postgres_failed',
      `This use of the database in ${this.dataDir} has ended.`,
    );
  }

  private async leave(): Promise<void> {
    if ((await stat(this.dataDir).catch(() => undefined)) === undefined) {
      this.site.log(`${this.dataDir} was removed while its database was in use; the server ends by itself.`);
      return;
    }
    await withExclusiveLock(this.dataDir, this.site.log, async () => {
      await dropLease(this.lease);
      if ((await sweepLeases(this.dataDir, this.site.log)) === 0) await stopServer(this.site);
    });
  }
}

/** Gives errors of the system (no space, no permission) a name and a place. */
async function explained<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof EmbeddedPostgresError) throw cause;
    const owner = await stat(dataDir).catch(() => undefined);
    const hint =
      owner === undefined || owner.uid === process.getuid?.() ? '' : ` The folder belongs to uid ${owner.uid}.`;
    throw new EmbeddedPostgresError(
      'embedded_postgres_failed',
      `The embedded database in ${dataDir} can't be used: ${cause instanceof Error ? cause.message : String(cause)}.` +
        `${hint} Mend that, choose another folder with CASTELLAN_DATA_DIR, or set DATABASE_URL.`,
      { cause },
    );
  }
}
