import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { environmentWith, type Config } from './config.js';
import { prepareInTime, type OperatorOptions } from './operator.js';
import { stopSignal } from './stop-signal.js';

type Log = (line: string) => void;

/**
 * Runs a program with DATABASE_URL naming the database of the settings, migrated, which is there for as long as the program runs. Answers
 * how it ended: its exit status, or 128 and the number of the signal that ended it, as shells have it.
 *
 * @throws InterruptedError, DatabaseUnreachableError, EmbeddedPostgresError, MigrationError; and when there is no such program.
 */
export async function runOnDatabase(
  config: Config,
  log: Log,
  command: readonly string[],
  options: OperatorOptions = {},
): Promise<number> {
  const stop = stopSignal();
  const database = await prepareInTime(config, log, stop.signal, options).finally(() => stop.dispose());
  try {
    return await ended(command, database.url);
  } finally {
    await database.release();
  }
}

async function ended([program = '', ...args]: readonly string[], databaseUrl: string): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit', env: environmentWith({ DATABASE_URL: databaseUrl }) });
  const pass = (signal: NodeJS.Signals): void => {
    // A terminal has told it already.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, pass);
  try {
    const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return status ?? 128 + (signal ? constants.signals[signal] : 0);
  } finally {
    for (const signal of signals) process.off(signal, pass);
  }
}
