import { Option, type Command } from 'commander';
import { CommandError } from './command-error.js';
import { promptForPassword, readPasswordFromStdin } from './password-input.js';

/** Where a new password comes from. */
export interface PasswordOptions {
  readonly passwordStdin?: true;
  readonly generatePassword?: true;
}

/** What help says of it. */
export const PASSWORD_HELP = `
The password is asked for, unseen, unless one of the options says where it comes from.
`;

/** Adds where a new password comes from: never the command line, which others can read. */
export function passwordOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--password-stdin', 'read the password from the standard input').conflicts('generatePassword'),
    )
    .option('--generate-password', 'make up a password, and print it this once');
}

/** A new password; `generated` where it is to be told. @throws CommandError where there is none to be had. */
export async function newPassword({
  passwordStdin,
  generatePassword,
}: PasswordOptions): Promise<{ readonly password: string; readonly generated: string | undefined }> {
  if (generatePassword) {
    const { generatePassword: generate } = await import('../app/first-admin.js');
    const generated = generate();
    return { password: generated, generated };
  }
  if (passwordStdin) return { password: await readPasswordFromStdin(process.stdin), generated: undefined };
  if (process.stdin.isTTY)
    return { password: await promptForPassword(process.stdin, process.stderr), generated: undefined };
  throw new CommandError('There is no terminal to ask for a password: use --password-stdin or --generate-password.');
}

/** How a password that was made up is told. */
export function toldPassword(generated: string | undefined): string[] {
  return generated === undefined ? [] : [`Password: ${generated} (shown this once: keep it)`];
}
