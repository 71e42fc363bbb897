import { Option, type Command } from 'commander';
import { examples, onDatabase, operatorSetting, wholeNumber, type Context, type DatabaseOptions } from './context.js';

const HELP = `
Prints one id a line; with --json one object a line, {"type": ..., "id": ...}.
`;

/** `castellan list SUBJECT ACTION TYPE` */
export function listCommand(program: Command, { output }: Context): void {
  onDatabase(program.command('list').description('print the objects of a type on which a subject may do an action'))
    .argument('<subject>', 'who, as type:id')
    .argument('<action>', 'such as view')
    .argument('<type>', 'such as post')
    .addOption(
      new Option('--limit <n>', 'stop after so many; all without it').argParser(
        wholeNumber(1, Number.MAX_SAFE_INTEGER),
      ),
    )
    .addHelpText('after', HELP + examples('list user:alice view post', 'list group:staff change post --limit 10'))
    .action(async (subject: string, action: string, type: string, given: DatabaseOptions & { limit?: number }) => {
      const [{ withStore }, { list, notesOnList, readList }] = await Promise.all([
        import('../app/operator.js'),
        import('../app/operator-questions.js'),
      ]);
      const question = readList(subject, action, type);
      const { config, options } = await operatorSetting(given);
      await withStore(
        config,
        output.note,
        async (store) => {
          let some = false;
          for await (const ids of list(store, question, given.limit)) {
            some ||= ids.length > 0;
            const isRead = await output.lines(output.json ? ids.map((id) => JSON.stringify({ type, id })) : ids);
            if (!isRead) return;
          }
          if (!some) for (const note of await notesOnList(store, question)) output.note(note);
        },
        options,
      );
    });
}
