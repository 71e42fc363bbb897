import { Option, type Command } from 'commander';
import { administer } from './administering.js';
import { examples, onDatabaseOrService, wholeNumber, type Context, type PlaceOptions } from './context.js';

const HELP = `
Prints one id a line; with --json one object a line, {"type": ..., "id": ...}.
`;

/** `castellan list SUBJECT ACTION TYPE` */
export function listCommand(program: Command, context: Context): void {
  const { output } = context;
  onDatabaseOrService(
    program.command('list').description('print the objects of a type on which a subject may do an action'),
  )
    .argument('<subject>', 'who, as type:id')
    .argument('<action>', 'such as view')
    .argument('<type>', 'such as post')
    .addOption(
      new Option('--limit <n>', 'stop after so many; all without it').argParser(
        wholeNumber(1, Number.MAX_SAFE_INTEGER),
      ),
    )
    .addHelpText('after', HELP + examples('list user:alice view post', 'list group:staff change post --limit 10'))
    .action(async (subject: string, action: string, type: string, given: PlaceOptions & { limit?: number }) => {
      const { readList } = await import('../app/operator-questions.js');
      const question = readList(subject, action, type);
      await administer(context, given, async ({ questions }) => {
        let some = false;
        for await (const ids of questions.list(question, given.limit)) {
          some ||= ids.length > 0;
          const isRead = await output.lines(output.json ? ids.map((id) => JSON.stringify({ type, id })) : ids);
          if (!isRead) return;
        }
        if (!some) for (const note of await questions.notes(question)) output.note(note);
      });
    });
}
