import type { Command } from 'commander';
import { administer, answerWrite, deleteNamed } from './administering.js';
import { deleting, examples, writing, type Context, type DeleteOptions, type WriteOptions } from './context.js';
import { newPassword, PASSWORD_HELP, passwordOptions, toldPassword, type PasswordOptions } from './new-password.js';

/** `castellan user passwd`, `activate`, `deactivate` and `delete`. */
export function userChangeCommands(user: Command, context: Context): void {
  passwordOptions(writing(user.command('passwd').description('set the password of a user')))
    .argument('<user>', 'the id of the user')
    .addHelpText('after', PASSWORD_HELP + examples('user passwd alice', 'user passwd alice --generate-password'))
    .action(async (id: string, given: WriteOptions & PasswordOptions) => {
      const { password, generated } = await newPassword(given);
      const told = given.dryRun ? undefined : generated;
      const changed = await administer(context, given, ({ users }) => users.update(id, { password }));
      await answerWrite(
        context,
        given,
        told === undefined ? { user: changed } : { user: changed, password: told },
        [`Set the password of user:${id}. Whoever was signed in by the old one is so no more.`, ...toldPassword(told)],
        [told ?? id],
      );
    });
  for (const active of [true, false])
    writing(user.command(active ? 'activate' : 'deactivate'))
      .description(active ? 'let a user sign in again, with all that it holds' : 'keep a user from everything, for now')
      .argument('<user>', 'the id of the user')
      .addHelpText('after', examples(`user ${active ? 'activate' : 'deactivate'} alice`))
      .action(async (id: string, given: WriteOptions) => {
        const changed = await administer(context, given, ({ users }) => users.update(id, { active }));
        await answerWrite(
          context,
          given,
          { user: changed },
          [`user:${id} is ${active ? 'active' : 'not active'}.`],
          [id],
        );
      });
  deleting(user.command('delete').description('delete a user, with all that it holds'))
    .argument('<user>', 'the id of the user')
    .addHelpText('after', examples('user delete alice', 'user delete alice --yes'))
    .action((id: string, given: DeleteOptions) =>
      deleteNamed(context, given, { type: 'user', id }, ({ users }) => users.delete(id)),
    );
}
