import type { Command } from 'commander';
import type { User } from '../app/administration/administration.js';
import { administer, printAll } from './administering.js';
import { examples, onDatabaseOrService, type Context, type PlaceOptions } from './context.js';

/** `castellan user list` and `user show`. */
export function userShowCommands(user: Command, context: Context): void {
  onDatabaseOrService(user.command('list').description('print all users'))
    .addHelpText(
      'after',
      `\nOne a line: the id, and what is not usual of it.\n${examples('user list', 'user list --json')}`,
    )
    .action(async (given: PlaceOptions) => {
      await administer(context, given, ({ users }) => printAll(context, users.list(), (one) => toldUser(one, given)));
    });
  onDatabaseOrService(user.command('show').description('print a user'))
    .argument('<user>', 'the id of the user')
    .addHelpText('after', examples('user show alice', 'user show alice --json'))
    .action(async (id: string, given: PlaceOptions) => {
      const one = await administer(context, given, ({ users }) => users.get(id));
      const { username, email, active, superuser, attributes } = one;
      await context.output.answer(one, [
        `user:${one.id}`,
        `  username    ${username}`,
        `  email       ${email ?? 'none'}`,
        `  active      ${active ? 'yes' : 'no'}`,
        `  superuser   ${superuser ? 'yes' : 'no'}`,
        `  attributes  ${JSON.stringify(attributes)}`,
      ]);
    });
}

function toldUser({ id, username, active, superuser }: User, { quiet }: PlaceOptions): string {
  if (quiet) return id;
  return [
    id,
    ...(username === id ? [] : [`username ${username}`]),
    ...(superuser ? ['superuser'] : []),
    ...(active ? [] : ['not active']),
  ].join('  ');
}
