import type { Command } from 'commander';
import { administer, answerWrite } from './administering.js';
import { examples, writing, type Context, type WriteOptions } from './context.js';

interface TokenOptions extends WriteOptions {
  readonly expiresAt?: string;
  readonly permission?: readonly string[];
}

/** `castellan user token USER NAME` */
export function userTokenCommand(user: Command, context: Context): void {
  writing(user.command('token').description('make a token that a service or a script signs in by, as a user'))
    .argument('<user>', 'the id of the user')
    .argument('<name>', 'what the token is for, to tell it from the others')
    .option('--expires-at <time>', 'when it ends, such as 2027-01-01T00:00:00Z; when it is deleted, without it')
    .option('--permission <type:action...>', 'what the user may do with it, and no more; all that it may, without it')
    .addHelpText(
      'after',
      `\nThe token is printed this once.\n${examples(
        'user token billing "the billing service"',
        'user token ci deploy --expires-at 2027-01-01T00:00:00Z --json',
        'user token web reader --permission post:view comment:view',
      )}`,
    )
    .action(async (id: string, name: string, given: TokenOptions) => {
      const request = { name, expiresAt: given.expiresAt, permissions: given.permission };
      const made = await administer(context, given, ({ users }) => users.createToken(id, request));
      const ends = made.expiresAt === null ? 'when it is deleted' : `on ${made.expiresAt}`;
      const token = given.dryRun ? null : made.token;
      await answerWrite(
        context,
        given,
        { ...made, token },
        [
          `Created the token "${made.name}" of user:${id}, which ends ${ends}.`,
          ...(made.permissions ? [`It is narrowed to ${made.permissions.join(', ')}.`] : []),
          ...(token === null ? [] : [`Token: ${token} (shown this once: keep it)`]),
        ],
        token === null ? [] : [token],
      );
    });
}
