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
