import type { Command } from 'commander';
import { examples, onDatabase, operatorSetting, type Context, type DatabaseOptions } from './context.js';

interface TokenOptions extends DatabaseOptions {
  readonly expiresAt?: string;
  readonly permission?: readonly string[];
}

/** `castellan user token USER NAME` */
export function userTokenCommand(user: Command, { output }: Context): void {
  onDatabase(user.command('token').description('make a token that a service or a script signs in by, as a user'))
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
      const [{ withStore }, { createToken }] = await Promise.all([
        import('../app/operator.js'),
        import('../app/operator-tokens.js'),
      ]);
      const { config, options } = await operatorSetting(given);
      const request = { user: id, name, expiresAt: given.expiresAt, permissions: given.permission };
      const made = await withStore(config, output.note, (store) => createToken(store, request), options);
      await output.answer(made, [
        `Created the token "${made.name}" of user:${id}, which ends ${made.expiresAt === null ? 'when it is deleted' : `on ${made.expiresAt}`}.`,
        ...(made.permissions ? [`It is narrowed to ${made.permissions.join(', ')}.`] : []),
        `Token: ${made.token} (shown this once: keep it)`,
      ]);
    });
}
