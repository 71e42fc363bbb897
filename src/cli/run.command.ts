import type { Command } from 'commander';
import { examples, onDatabase, operatorSetting, type Context, type DatabaseOptions } from './context.js';

const HELP = `
The database is started if it is the project's own, and is there for as long as the program runs. Exits as the program does.
`;

/** `castellan run -- PROGRAM ARGUMENTS` */
export function runCommand(program: Command, { output, finish }: Context): void {
  onDatabase(program.command('run').description('run a program of yours with DATABASE_URL naming the database'))
    .argument('<program...>', 'the program and its arguments, behind --')
    .addHelpText('after', HELP + examples('run -- npm run dev', 'run -- npx prisma migrate deploy'))
    .action(async (command: string[], given: DatabaseOptions) => {
      const { runOnDatabase } = await import('../app/operator-command.js');
      const { config, options } = await operatorSetting(given);
      finish(await runOnDatabase(config, output.note, command, options));
    });
}
