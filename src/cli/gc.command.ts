import { Option, type Command } from 'commander';
import type { Collected } from '../app/operator-gc.js';
import { examples, onDatabase, operatorSetting, wholeNumber, type Context, type DatabaseOptions } from './context.js';

const HELP = `
Removes expired grants, assignments and tokens, ended sessions, counts of sign-ins that have run out, and records of imports
that nobody has gone on with, in one transaction that other writes wait for. None of them decides anything any more; explain can say that a grant has expired as long as it is there.
`;

interface GcOptions extends DatabaseOptions {
  readonly olderThan: number;
  readonly dryRun?: boolean;
}

const SAID: Readonly<Record<keyof Collected, string>> = {
  grants: 'expired grants',
  assignments: 'expired assignments',
  tokens: 'expired tokens',
  sessions: 'ended sessions',
  signInAttempts: 'counts of sign-ins',
  imports: 'records of imports that were left alone',
};

/** `castellan gc` */
export function gcCommand(program: Command, { output }: Context): void {
  onDatabase(program.command('gc').description('remove what has expired, and decides nothing any more'))
    .addOption(
      new Option('--older-than <days>', 'for how many days it must have been expired, or left alone')
        .argParser(wholeNumber(0, 36_500))
        .default(30),
    )
    .option('--dry-run', 'tell what would be removed, and remove nothing')
    .addHelpText('after', HELP + examples('gc --dry-run', 'gc --older-than 90 --json'))
    .action(async ({ olderThan, dryRun = false, ...given }: GcOptions) => {
      const [{ withDatabase }, { collectAsOperator }] = await Promise.all([
        import('../app/operator.js'),
        import('../app/operator-gc.js'),
      ]);
      const { config, options } = await operatorSetting(given);
      const asked = { olderThanDays: olderThan, dryRun };
      const removed = await withDatabase(
        config,
        output.note,
        (database) => collectAsOperator(database, asked),
        options,
      );
      await output.answer({ dryRun, olderThanDays: olderThan, removed }, told(removed, dryRun));
    });
}

function told(removed: Collected, dryRun: boolean): string[] {
  const some = Object.entries(SAID).flatMap(([kind, said]) => {
    const count = removed[kind as keyof Collected];
    return count > 0 ? [`${dryRun ? 'would remove' : 'removed'} ${said}: ${count}`] : [];
  });
  return some.length > 0 ? some : ['There is nothing to remove.'];
}
