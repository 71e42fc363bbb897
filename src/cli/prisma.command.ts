import { Option, type Command } from 'commander';
import { examples, type Context } from './context.js';

const HELP = `
Lists that Prisma makes are filtered through a view of who has access to what. This prints what the app's own schema.prisma takes, and the
migration that makes the view: in it, an index of the type's ids as the model holds them, and a check that they can be held so. It can be
run again, and the type has to be there by then. No database is read.
`;

interface Given {
  readonly id: 'uuid' | 'int' | 'bigint' | 'text';
  readonly model?: string;
  readonly view?: string;
  readonly schema?: string;
  readonly part?: 'schema' | 'migration';
}

/** `castellan prisma view TYPE` */
export function prismaCommands(program: Command, { output }: Context): void {
  const prisma = program
    .command('prisma')
    .description('what an app takes that lists its own rows with Prisma')
    .addHelpText('after', examples('prisma view document --id uuid'));
  prisma
    .command('view')
    .description('print the view of access of a model, for schema.prisma and as a migration')
    .argument('<type>', 'the resource type whose objects the rows are, such as document')
    .addOption(
      new Option('--id <type>', 'how the model holds its id')
        .choices(['uuid', 'int', 'bigint', 'text'])
        .default('uuid'),
    )
    .option('--model <name>', 'the Prisma model; the type in capitals without it')
    .option('--view <name>', 'the name of the view in the database; <type>_access without it')
    .option('--schema <name>', "the schema of the app's tables in the database; public without it")
    .addOption(new Option('--part <part>', 'print only this').choices(['schema', 'migration']))
    .option('--json', 'print one JSON object: { "schema", "migration" }')
    .addHelpText(
      'after',
      HELP + examples('prisma view document --id uuid', 'prisma view post --id int --part migration'),
    )
    .action(async (type: string, { id, model, view, schema, part }: Given) => {
      const { prismaView } = await import('../app/prisma-view.js');
      const made = prismaView({ type, idType: id, model, view, schema });
      if (output.json) await output.lines([JSON.stringify(part ? { [part]: made[part] } : made)]);
      else await output.lines([part ? made[part] : `${made.schema}\n${made.migration}`]);
    });
}
