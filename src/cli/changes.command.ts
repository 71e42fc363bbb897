import { Option, type Command } from 'commander';
import type { ChangeRecord, ChangesAsked } from '../app/operator-changes.js';
import { administer } from './administering.js';
import { examples, onDatabaseOrService, wholeNumber, type Context, type PlaceOptions } from './context.js';

const HELP = `
Prints one change a line, in the order in which they were made; with --json one object a line, as GET /api/v1/changes has them.
`;

type Given = PlaceOptions & ChangesAsked & { readonly limit: number; readonly follow?: true };

/** `castellan changes` */
export function changesCommand(program: Command, context: Context): void {
  const { output } = context;
  onDatabaseOrService(program.command('changes').description('print the audit trail: who did what to what'))
    .option('--actor <ref>', 'what this one did, such as user:alice')
    .option('--action <action>', 'such as grant.create')
    .option('--subject <ref>', 'what was done to this subject, or to a grant, an assignment or a membership of it')
    .option('--object <ref>', 'what was done to this object, or to a grant or an assignment on it')
    .option('--from <time>', 'from this time on')
    .option('--to <time>', 'before this time')
    .addOption(new Option('--limit <n>', 'the newest so many').argParser(wholeNumber(0, 1000)).default(50))
    .option('--follow', 'go on with what comes, until it is told to stop')
    .addHelpText('after', HELP + examples('changes --subject user:alice', 'changes --follow --json'))
    .action(async (given: Given) => {
      const { readChanges } = await import('../app/operator-changes.js');
      const filter = readChanges(given);
      const tell = (changes: readonly ChangeRecord[]): Promise<boolean> =>
        output.lines(changes.map((change) => (output.json ? JSON.stringify(change) : told(change))));
      const work = administer(context, given, async ({ questions }) => {
        if (given.follow) {
          for await (const page of questions.followChanges(filter, given.limit)) if (!(await tell(page))) return;
        } else await tell(await questions.lastChanges(filter, given.limit));
      });
      await work.catch((error: unknown) => {
        // Following has no other end.
        if (!given.follow || (error as { code?: unknown }).code !== 'interrupted') throw error;
      });
    });
}

function told({ id, at, actor, action, target, before, after }: ChangeRecord): string {
  const what = JSON.stringify(after ?? before ?? {});
  return `${id}  ${at}  ${actor.type}:${actor.id}  ${action}  ${target.type}:${target.id}  ${what}`;
}
