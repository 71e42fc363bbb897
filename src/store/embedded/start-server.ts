import { spawn, type ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { askServer } from './ask-server.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { readPostmasterFile } from './postmaster-file.js';
import { readyWithinMs, type RunningServer, type ServerSite } from './server.js';
import { lastLines, logSince, logSize } from './server-log.js';
import { serverEnvironment } from './server-user.js';

/**
 * Starts the server, on `preferredPort` when that is free. It has a session of its own, so that neither Ctrl-C nor the
 * end of this process ends it. Call under the lock, when {@link findRunningServer} has found none.
 *
 * @throws EmbeddedPostgresError `embedded_postgres_failed` with the last lines of the server's log
 */
export async function startServer(site: ServerSite, preferredPort?: number): Promise<RunningServer> {
  for (let attempt = 1; ; attempt += 1) {
    const port = attempt === 1 && preferredPort !== undefined ? preferredPort : await freePort();
    const offset = await logSize(site.logFile);
    const starting = await spawnServer(site, port);
    const failure = await waitUntilReady(site, starting, port);
    if (failure === undefined) return { pid: starting.child.pid ?? 0, port };

    const output = `${await logSince(site.logFile, offset)}${failure}`;
    if (output.includes('Address already in use') && attempt < 10) {
      site.log(`Port ${port} is taken; trying another for the database server.`);
      continue;
    }
    throw new EmbeddedPostgresError(
      'embedded_postgres_failed',
      `The database server of ${site.dataFolder} did not start. The end of its log (${site.logFile}):\n` +
        `${lastLines(output)}\nMend what it names and start again; the data is left as it is.`,
    );
  }
}

/** A port below those that systems hand out to outgoing connections, so that a restart is likely to get it again. */
async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await canListen(port)) return port;
  }
  return 0;
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

interface Starting {
  readonly child: ChildProcess;
  /** why it is no longer running */
  ended: string | undefined;
}

async function spawnServer(site: ServerSite, port: number): Promise<Starting> {
  const settings = {
    // The indexes of a million grants do not fit into the usual 128 MB. It takes no memory before it is used.
    shared_buffers: '256MB',
    ...site.settings,
    listen_addresses: '127.0.0.1',
    port: String(port),
    // A socket's path must not pass 107 bytes, and nothing needs one.
    unix_socket_directories: '',
    cluster_name: site.clusterName,
  };
  const output = await open(site.logFile, 'a', 0o600);
  try {
    const child = spawn(
      site.binaries.postgres,
      ['-D', site.dataFolder, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { cwd: '/', env: serverEnvironment(), detached: true, stdio: ['ignore', output.fd, output.fd], ...site.user },
    );
    child.unref();
    const starting: Starting = { child, ended: undefined };
    child.once('error', (error) => (starting.ended = error.message));
    child.once('exit', (code, signal) => (starting.ended = `It ended with ${signal ?? `code ${code}`}.`));
    return starting;
  } finally {
    await output.close();
  }
}

/** Undefined once the server answers, else what is known of why it ended. */
async function waitUntilReady(site: ServerSite, starting: Starting, port: number): Promise<string | undefined> {
  const deadline = Date.now() + readyWithinMs;
  while (starting.ended === undefined) {
    const file = await readPostmasterFile(site.dataFolder);
    if (typeof file === 'object' && file.pid === starting.child.pid && file.ready) {
      const answer = await askServer(port, site.password);
      if (answer.kind === 'answers') return undefined;
      if (answer.kind === 'refuses') {
        starting.child.kill('SIGINT');
        return answer.reason;
      }
    }
    if (Date.now() > deadline) return `It was not ready after ${readyWithinMs / 1000} s, and goes on trying.`;
    await sleep(20);
  }
  return starting.ended;
}
