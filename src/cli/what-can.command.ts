import type { Command } from 'commander';
import type { HeldPermission } from '../app/administration/held-permissions.js';
import { administer } from './administering.js';
import { examples, onDatabaseOrService, type Context, type PlaceOptions } from './context.js';

const HELP = `
Every permission that the subject has, one a line, and how: everywhere; everywhere where conditions hold; or on how many of the
registered objects; add also below which objects, where a rule is placed on them. castellan list prints those objects, castellan explain tells by which rules. With --object, the actions that it may do there.
`;

/** `castellan what-can SUBJECT` */
export function whatCanCommand(program: Command, context: Context): void {
  const { output } = context;
  onDatabaseOrService(program.command('what-can').description('print what a subject may do'))
    .argument('<subject>', 'who, as type:id')
    .option('--object <object>', 'on this object, as type:id')
    .addHelpText('after', HELP + examples('what-can user:alice', 'what-can user:alice --object post:123 --json'))
    .action(async (text: string, given: PlaceOptions & { readonly object?: string }) => {
      const [{ readRef }, { readObject }, { heldPermissions }] = await Promise.all([
        import('../app/operator-questions.js'),
        import('../app/administration/read-arguments.js'),
        import('../app/administration/held-permissions.js'),
      ]);
      const subject = readRef('SUBJECT', text);
      const object = readObject(given.object);
      await administer(context, given, async (administration) => {
        const { questions } = administration;
        let some = false;
        if (object) {
          const actions = await questions.actions(subject, object);
          some = actions.length > 0;
          await output.lines(output.json ? actions.map((action) => JSON.stringify({ action })) : actions);
        } else
          for await (const held of heldPermissions(administration, subject, (line) => output.note(line))) {
            some = true;
            if (!(await output.lines([output.json ? JSON.stringify(held) : told(held, given)]))) return;
          }
        if (!object && !administration.seesAll) output.note('Types that you may not view are left out.');
        if (!some) for (const note of await questions.notes({ subject })) output.note(note);
      });
    });
}

function told(held: HeldPermission, { quiet }: PlaceOptions): string {
  const { permission, everywhere, objects, below } = held;
  if (quiet) return permission;
  const number = `on ${objects} object${objects === 1 ? '' : 's'}`;
  const on = below ? [...(objects > 0 ? [number] : []), `below ${places(below, held.moreBelow)}`].join('; ') : number;
  if (everywhere === 'yes') return `${permission}  everywhere`;
  return `${permission}  ${everywhere === 'no' ? on : `everywhere, under conditions; ${on} now`}`;
}

function places(below: NonNullable<HeldPermission['below']>, more = false): string {
  const named = below.map(({ type, id, conditionally }) => `${type}:${id}${conditionally ? ' under conditions' : ''}`);
  if (more && named.length === 0) return 'perhaps others than the ten that were looked at';
  return [...named, ...(more ? ['more'] : [])].join(', ');
}
