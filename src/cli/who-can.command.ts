import { Option, type Command } from 'commander';
import { administer } from './administering.js';
import { examples, onDatabaseOrService, type Context, type PlaceOptions } from './context.js';

const HELP = `
Prints one subject a line, as type:id; with --json one a line as {"type": ..., "id": ...}.
`;
const TYPES = ['user', 'service', 'group'];

/** `castellan who-can ACTION OBJECT` */
export function whoCanCommand(program: Command, context: Context): void {
  const { output } = context;
  onDatabaseOrService(program.command('who-can').description('print the subjects that may do an action on an object'))
    .argument('<action>', 'such as view')
    .argument('<object>', 'on what, as type:id')
    .addOption(new Option('--type <type>', 'subjects of this type only').choices(TYPES))
    .addHelpText('after', HELP + examples('who-can change post:123', 'who-can view post:123 --type user --json'))
    .action(async (action: string, object: string, given: PlaceOptions & { type?: string }) => {
      const { readWhoCan } = await import('../app/operator-questions.js');
      const question = readWhoCan(action, object);
      await administer(context, given, async ({ questions }) => {
        let some = false;
        for (const subjectType of given.type === undefined ? TYPES : [given.type])
          for await (const subjects of questions.whoCan({ subjectType, ...question })) {
            some ||= subjects.length > 0;
            const told = subjects.map(({ type, id }) => (output.json ? JSON.stringify({ type, id }) : `${type}:${id}`));
            if (!(await output.lines(told))) return;
          }
        const permission = { type: question.object.type, action };
        if (!some) for (const note of await questions.notes({ permission, object: question.object })) output.note(note);
      });
    });
}
