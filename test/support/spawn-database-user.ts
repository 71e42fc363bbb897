import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('database-user.mjs', import.meta.url));
const source = fileURLToPath(new URL('../../src/store/embedded/embedded-postgres.ts', import.meta.url));

/** Another process that has acquired an embedded database. */
export interface DatabaseUser {
  readonly databaseUrl: string;
  readonly child: ChildProcess;
  /** what it logged so far */
  readonly lines: string[];
  /** Has it release the database, and waits for its end. */
  leave(): Promise<void>;
}

/** Starts a process, in a process group of its own, that acquires the embedded database of `options.dataDir`. */
export async function spawnDatabaseUser(
  options: object,
  { module = source, user }: { module?: string; user?: { uid: number; gid: number } } = {},
): Promise<DatabaseUser> {
  const as = user === undefined ? [] : [`${user.uid}:${user.gid}`];
  const child = spawn(process.execPath, [script, module, JSON.stringify(options), ...as], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => lines.push(...chunk.toString().trim().split('\n')));
  const ended = once(child, 'exit');
  const said = await Promise.race([once(child.stdout, 'data'), ended.then(() => undefined)]);
  if (said === undefined) throw new Error(`The process ended: ${lines.join('\n')}`);
  return {
    databaseUrl: String(said[0]).trim(),
    child,
    lines,
    leave: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
