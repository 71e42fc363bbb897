import type { Command } from 'commander';
import { administer, answerWrite } from './administering.js';
import { examples, writing, type Context, type WriteOptions } from './context.js';
import { newPassword, PASSWORD_HELP, passwordOptions, toldPassword, type PasswordOptions } from './new-password.js';
import { userChangeCommands } from './user-change.command.js';
import { userShowCommands } from './user-show.command.js';
import { userTokenCommand } from './user-token.command.js';

interface UserOptions extends WriteOptions, PasswordOptions {
  readonly id?: string;
  readonly email?: string;
  readonly superuser?: true;
}

/** `castellan user create USERNAME`, and what else concerns users. */
export function userCommands(program: Command, context: Context): void {
  const user = program
    .command('user')
    .description('look after users')
    .addHelpText('after', examples('user create alice', 'user token billing "the billing service"'));
  const create = writing(user.command('create').description('make a user who can sign in'))
    .argument('<username>', 'the name to sign in with')
    .option('--id <id>', 'the id, when it is not to be the username; it never changes')
    .option('--email <address>', 'an email address');
  passwordOptions(create)
    .option('--superuser', 'who may do everything')
    .addHelpText(
      'after',
      PASSWORD_HELP +
        examples(
          'user create alice --email alice@example.com',
          'user create admin2 --superuser --generate-password',
          'user create ci --password-stdin < password.txt',
        ),
    )
    .action((username: string, given: UserOptions) => createUser(username, given, context));
  userChangeCommands(user, context);
  userTokenCommand(user, context);
  userShowCommands(user, context);
}

async function createUser(username: string, given: UserOptions, context: Context): Promise<void> {
  const [{ requireFit }, { generatePassword }] = await Promise.all([
    import('../app/operator-users.js'),
    import('../app/first-admin.js'),
  ]);
  const { id, email, superuser = false } = given;
  // What is wrong with the rest is said before a password is asked for.
  requireFit({ username, id, email, superuser, password: generatePassword() });
  const { password, generated } = await newPassword(given);
  const request = { username, id, email, superuser, password };
  requireFit(request);
  const user = await administer(context, given, ({ users }) => users.create(request));
  // One that was undone opens nothing.
  const told = given.dryRun ? undefined : generated;
  await answerWrite(
    context,
    given,
    told === undefined ? { user } : { user, password: told },
    [
      `Created ${user.superuser ? 'the superuser' : 'the user'} ${user.username}${user.id === user.username ? '' : ` (user:${user.id})`}.`,
      ...toldPassword(told),
    ],
    [told ?? user.id],
  );
}
