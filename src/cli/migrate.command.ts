import type { Command } from 'commander';
import { examples, onDatabase, operatorSetting, type Context, type DatabaseOptions } from './context.js';

/** `castellan migrate` */
export function migrateCommand(program: Command, { output }: Context): void {
  onDatabase(program.command('migrate').description('bring the tables of the database up to date'))
    .addHelpText('after', examples('migrate', 'migrate --wait 60 --json'))
    .action(async (given: DatabaseOptions) => {
      const { withDatabase } = await import('../app/operator.js');
      const { config, options } = await operatorSetting(given);
      const applied = await withDatabase(
        config,
        output.note,
        (database) => Promise.resolve(database.migrated),
        options,
      );
      await output.answer(
        { applied },
        applied.length === 0
          ? ['The database is up to date.']
          : [`Applied ${applied.length} migration${applied.length > 1 ? 's' : ''}: ${applied.join(', ')}.`],
      );
    });
}
