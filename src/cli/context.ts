import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Config } from '../app/config.js';
import type { Output } from './output.js';

/** What every command gets. Whatever else it needs it imports when it runs, so that help is there at once. */
export interface Context {
  readonly output: Output;
  /** Sets how the process will end; fine unless set. */
  readonly finish: (status: number) => void;
}

/** The options of each command that works on the database. */
export interface DatabaseOptions {
  readonly wait: number;
}

/** Adds what each command that works on the database understands. */
export function onDatabase(command: Command): Command {
  return command
    .option('--json', 'answer in JSON, errors too')
    .addOption(
      new Option('--wait <seconds>', 'how long to wait for a database that does not answer')
        .argParser(wholeNumber(1, 86_400))
        .default(10),
    );
}

/** The options of each command that works on the database or on a service. */
export interface PlaceOptions extends DatabaseOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly insecure?: true;
  readonly as?: string;
  readonly quiet?: true;
}

/** The options of each command that writes there, and of those that delete. */
export interface WriteOptions extends PlaceOptions {
  readonly dryRun?: true;
}
export interface DeleteOptions extends WriteOptions {
  readonly yes?: true;
}

/** Adds what each command understands that works on the database, or on a service by its API. */
export function onDatabaseOrService(command: Command): Command {
  return onDatabase(command)
    .option('--url <url>', 'work on the service there (or CASTELLAN_URL), by the token in CASTELLAN_TOKEN')
    .option('--token-file <file>', 'read the token from a file')
    .option('--insecure', 'send the token over http, to wherever it is')
    .option('--as <subject>', 'under the rights of this user or service, on the database')
    .option('-q, --quiet', 'print no more than the answer itself');
}

/** The same for a command that writes. */
export function writing(command: Command): Command {
  return onDatabaseOrService(command).option('--dry-run', 'do all of it on the database, tell it, and undo it');
}

/** The same for a command that deletes what others may hang on. */
export function deleting(command: Command): Command {
  return writing(command).option('--yes', 'delete it without asking, with all that goes along');
}

/** Reads a whole number from an option. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** Examples under a command's help. */
export function examples(...lines: string[]): string {
  return `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ castellan ${line}`).join('\n')}`;
}

/** The settings, and how the command meets the database. */
export async function operatorSetting({
  wait,
}: DatabaseOptions): Promise<{ config: Config; options: { waitMs: number } }> {
  const { readConfig } = await import('../app/config.js');
  return { config: readConfig(), options: { waitMs: wait * 1000 } };
}
