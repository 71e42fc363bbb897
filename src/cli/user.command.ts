import { Option, type Command } from 'commander';
import { examples, onDatabase, operatorSetting, type Context, type DatabaseOptions } from './context.js';
import { promptForPassword, readPasswordFromStdin } from './password-input.js';
import { CommandError } from './command-error.js';
import { userTokenCommand } from './user-token.command.js';

interface UserOptions extends DatabaseOptions {
  readonly id?: string;
  readonly email?: string;
  readonly passwordStdin?: true;
  readonly generatePassword?: true;
  readonly superuser?: true;
}

/** `castellan user create USERNAME`, and what else concerns users. */
export function userCommands(program: Command, context: Context): void {
  const user = program
    .command('user')
    .description('look after users')
    .addHelpText('after', examples('user create alice', 'user token billing "the billing service"'));
  onDatabase(user.command('create').description('make a user who can sign in'))
    .argument('<username>', 'the name to sign in with')
    .option('--id <id>', 'the id, when it is not to be the username; it never changes')
    .option('--email <address>', 'an email address')
    .addOption(
      new Option('--password-stdin', 'read the password from the standard input').conflicts('generatePassword'),
    )
    .option('--generate-password', 'make up a password, and print it this once')
    .option('--superuser', 'who may do everything')
    .addHelpText(
      'after',
      `\nThe password is asked for, unseen, unless one of the options says where it comes from.\n${examples(
        'user create alice --email alice@example.com',
        'user create admin2 --superuser --generate-password',
        'user create ci --password-stdin < password.txt',
      )}`,
    )
    .action((username: string, given: UserOptions) => createUser(username, given, context));
  userTokenCommand(user, context);
}

async function createUser(username: string, given: UserOptions, { output }: Context): Promise<void> {
  const [{ withStore }, users, { generatePassword }] = await Promise.all([
    import('../app/operator.js'),
    import('../app/operator-users.js'),
    import('../app/first-admin.js'),
  ]);
  const { id, email, superuser = false } = given;
  // What is wrong with the rest is said before a password is asked for.
  users.requireFit({ username, id, email, superuser, password: generatePassword() });
  const generated = given.generatePassword ? generatePassword() : undefined;
  const request = { username, id, email, superuser, password: generated ?? (await readPassword(given)) };
  users.requireFit(request);
  const { config, options } = await operatorSetting(given);
  const user = await withStore(config, output.note, (store) => users.createUser(store, request), options);
  await output.answer(generated === undefined ? { user } : { user, password: generated }, [
    `Created ${user.superuser ? 'the superuser' : 'the user'} ${user.username}${user.id === user.username ? '' : ` (user:${user.id})`}.`,
    ...(generated === undefined ? [] : [`Password: ${generated} (shown this once: keep it)`]),
  ]);
}

function readPassword({ passwordStdin }: UserOptions): Promise<string> {
  if (passwordStdin) return readPasswordFromStdin(process.stdin);
  if (process.stdin.isTTY) return promptForPassword(process.stdin, process.stderr);
  throw new CommandError('There is no terminal to ask for a password: use --password-stdin or --generate-password.');
}
