import { Option, type Command } from 'commander';
import type { DumpAsked } from '../app/bulk/operator-dump.js';
import { examples, onDatabase, operatorSetting, type Context, type DatabaseOptions } from './context.js';

const HELP = `
Prints one JSON object a line, as import reads it (docs/bulk.md), of one instant of the database: types, users, services, groups, roles,
objects, memberships, assignments, grants. It never holds passwords, tokens or sessions.
`;

/** `castellan dump` */
export function dumpCommand(program: Command, { output }: Context): void {
  onDatabase(program.command('dump').description('print all of the database, row by row, as import reads it'))
    .option('--kind <kind...>', 'only these kinds of rows, such as grant')
    .addOption(new Option('--format <format>', 'csv for one kind').choices(['ndjson', 'csv']).default('ndjson'))
    .addHelpText(
      'after',
      HELP +
        examples(
          'dump > all.ndjson',
          'dump --kind grant object | gzip > some.ndjson.gz',
          'dump --kind grant --format csv',
        ),
    )
    .action(async ({ wait, ...asked }: DatabaseOptions & DumpAsked) => {
      const [{ withDatabase }, { dumpAsOperator, readDump }] = await Promise.all([
        import('../app/operator.js'),
        import('../app/bulk/operator-dump.js'),
      ]);
      const request = readDump(asked);
      const { config, options } = await operatorSetting({ wait });
      await withDatabase(
        config,
        output.note,
        (database, signal) => dumpAsOperator(database, request, signal, (piece) => output.bytes(piece)),
        options,
      );
    });
}
