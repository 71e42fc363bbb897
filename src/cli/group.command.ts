import type { Command } from 'commander';
import { administer, answerWrite, deleteNamed, printAll } from './administering.js';
import {
  deleting,
  examples,
  onDatabaseOrService,
  writing,
  type Context,
  type DeleteOptions,
  type PlaceOptions,
  type WriteOptions,
} from './context.js';

/** `castellan group …` */
export function groupCommands(program: Command, context: Context): void {
  const group = program
    .command('group')
    .description('look after groups, and who is in them')
    .addHelpText('after', examples('group create staff', 'group add staff user:alice'));
  writing(group.command('create').description('make a group'))
    .argument('<group>', 'its id')
    .option('--description <text>', 'what it is for')
    .addHelpText('after', examples('group create staff --description "everybody here"'))
    .action(async (id: string, given: WriteOptions & { readonly description?: string }) => {
      const { description } = given;
      const made = await administer(context, given, ({ groups }) => groups.create({ id, description }));
      await answerWrite(context, given, made, [`Created group:${id}.`], [id]);
    });
  deleting(group.command('delete').description('delete a group, with all that it holds'))
    .argument('<group>', 'its id')
    .addHelpText('after', examples('group delete staff', 'group delete staff --yes'))
    .action((id: string, given: DeleteOptions) =>
      deleteNamed(context, given, { type: 'group', id }, ({ groups }) => groups.delete(id)),
    );
  membershipCommands(group, context);
  onDatabaseOrService(group.command('list').description('print all groups'))
    .addHelpText('after', examples('group list', 'group list --json'))
    .action(async (given: PlaceOptions) => {
      await administer(context, given, ({ groups }) =>
        printAll(context, groups.list(), ({ id, description }) =>
          description === null || given.quiet ? id : `${id}  ${description}`,
        ),
      );
    });
  onDatabaseOrService(group.command('show').description('print the direct members of a group'))
    .argument('<group>', 'its id')
    .addHelpText(
      'after',
      `\nOne member a line, as type:id.\n${examples('group show staff', 'group show staff --json')}`,
    )
    .action(async (id: string, given: PlaceOptions) => {
      await administer(context, given, ({ groups }) =>
        printAll(context, groups.members(id), (member) => `${member.type}:${member.id}`),
      );
    });
}

function membershipCommands(group: Command, context: Context): void {
  writing(group.command('add').description('put a user, service or group into a group'))
    .argument('<group>', 'its id')
    .argument('<member>', 'who, as type:id')
    .addHelpText('after', `\nWho is in it already stays, and that is fine.\n${examples('group add staff user:alice')}`)
    .action(async (id: string, text: string, given: WriteOptions) => {
      const { readMember } = await import('../app/administration/read-arguments.js');
      const member = readMember('MEMBER', text);
      await administer(context, given, ({ groups }) => groups.add(id, member));
      await answerWrite(context, given, { group: id, member }, [`${text} is in group:${id}.`], [text]);
    });
  writing(group.command('remove').description('take a member out of a group'))
    .argument('<group>', 'its id')
    .argument('<member>', 'who, as type:id')
    .addHelpText('after', examples('group remove staff user:alice'))
    .action(async (id: string, text: string, given: WriteOptions) => {
      const { readMember } = await import('../app/administration/read-arguments.js');
      const member = readMember('MEMBER', text);
      await administer(context, given, ({ groups }) => groups.remove(id, member));
      await answerWrite(context, given, { group: id, member }, [`${text} is no more in group:${id}.`], [text]);
    });
}
