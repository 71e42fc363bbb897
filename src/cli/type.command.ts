import { Option, type Command } from 'commander';
import type { Administration, Mode, ResourceType } from '../app/administration/administration.js';
import { administer, answerWrite, confirmLoss, deleteNamed, printAll } from './administering.js';
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

interface TypeOptions extends WriteOptions {
  readonly actions?: readonly string[];
  readonly mode?: Mode;
  readonly creatorActions?: readonly string[];
}

/** `castellan type …` */
export function typeCommands(program: Command, context: Context): void {
  const type = program
    .command('type')
    .description('look after resource types')
    .addHelpText('after', examples('type create post', 'type change post --actions view add change delete publish'));
  typeOptions(writing(type.command('create').description('make a resource type')))
    .argument('<type>', 'its id')
    .addHelpText('after', examples('type create post', 'type create invoice --actions view add pay --mode both'))
    .action(async (id: string, given: TypeOptions) => {
      const body = { id, ...partsOf(given) };
      const made = await administer(context, given, ({ types }) => types.create(body));
      await answerWrite(context, given, made, [`Created type:${told(made)}`], [id]);
    });
  typeOptions(
    writing(type.command('change').description('change a resource type')).option(
      '--yes',
      'change it without asking, with all that goes along',
    ),
  )
    .argument('<type>', 'its id')
    .addHelpText(
      'after',
      `\nLists are replaced as a whole. An action that goes takes its rules and grants along: that is asked for\nbefore, or takes --yes where there is no terminal.\n${examples(
        'type change post --actions view add change delete grant publish',
        'type change post --mode both',
      )}`,
    )
    .action(async (id: string, given: TypeOptions & DeleteOptions) => {
      const changed = await administer(context, given, async (administration) => {
        await confirmLostActions(context, given, administration, id);
        return administration.types.update(id, partsOf(given));
      });
      await answerWrite(context, given, changed, [`Changed type:${told(changed)}`], [id]);
    });
  deleting(type.command('delete').description('delete a resource type, with its objects and every rule about it'))
    .argument('<type>', 'its id')
    .addHelpText('after', examples('type delete post', 'type delete post --yes'))
    .action((id: string, given: DeleteOptions) =>
      deleteNamed(context, given, { type: 'type', id }, ({ types }) => types.delete(id)),
    );
  onDatabaseOrService(type.command('list').description('print all resource types'))
    .addHelpText('after', examples('type list', 'type list --json'))
    .action(async (given: PlaceOptions) => {
      await administer(context, given, ({ types }) =>
        printAll(context, types.list(), (one) => (given.quiet ? one.id : told(one))),
      );
    });
  onDatabaseOrService(type.command('show').description('print a resource type'))
    .argument('<type>', 'its id')
    .addHelpText('after', examples('type show post', 'type show post --json'))
    .action(async (id: string, given: PlaceOptions) => {
      const one = await administer(context, given, ({ types }) => types.get(id));
      await context.output.answer(one, [
        `type:${id}${one.builtIn ? '  built in' : ''}`,
        `  actions         ${one.actions.join(', ')}`,
        `  mode            ${one.mode}`,
        `  creator gets    ${one.creatorActions.join(', ') || 'nothing'}`,
      ]);
    });
}

async function confirmLostActions(
  context: Context,
  { actions, yes, dryRun }: TypeOptions & DeleteOptions,
  administration: Administration,
  type: string,
): Promise<void> {
  if (!actions || yes || dryRun) return;
  const { goesWithActions } = await import('../app/administration/goes-along.js');
  const { actions: lost, along } = await goesWithActions(administration, type, actions);
  const named = `the action${lost.length > 1 ? 's' : ''} ${lost.join(', ')}`;
  await confirmLoss(context, { act: `Taking ${named} from type:${type}`, along, undone: 'nothing was changed' });
}

function typeOptions(command: Command): Command {
  return command
    .option(
      '--actions <names...>',
      'what can be done, view among it; view, add, change, delete and grant when it is new',
    )
    .addOption(
      new Option('--mode <mode>', 'which allow rules it takes; union when it is new').choices([
        'union',
        'both',
        'object',
      ]),
    )
    .option('--creator-actions <names...>', 'what the creator of an object gets on it');
}

function partsOf({ actions, mode, creatorActions }: TypeOptions) {
  return {
    ...(actions ? { actions } : {}),
    ...(mode ? { mode } : {}),
    ...(creatorActions ? { creatorActions } : {}),
  };
}

function told({ id, actions, mode }: ResourceType): string {
  return `${id}: ${actions.join(', ')}${mode === 'union' ? '' : ` (mode ${mode})`}`;
}
