import type { Command } from 'commander';
import type { Fault, Mending } from '../app/operator-doctor.js';
import { examples, onDatabase, operatorSetting, type Context, type DatabaseOptions } from './context.js';
import { EXIT } from './exit-status.js';
import type { Output } from './output.js';

const HELP = `
Compares what the tables say of each other, and exits with 1 when it finds a fault. --fix mends what can be mended, in one transaction
that other writes wait for, says what it did, and exits with 1 when something is left. Notes tell of what is no fault and comes to nothing:
what has expired, grants that nobody can use, roles that nobody holds, rules that never count. They don't change how it exits.
`;

/** `castellan doctor` */
export function doctorCommand(program: Command, { output, finish }: Context): void {
  onDatabase(program.command('doctor').description('look for faults in the database, and mend them'))
    .option('--fix', 'mend what can be mended')
    .addHelpText('after', HELP + examples('doctor', 'doctor --fix', 'doctor --json'))
    .action(async ({ fix = false, ...given }: DatabaseOptions & { fix?: boolean }) => {
      const [{ withDatabase }, { examineAsOperator }] = await Promise.all([
        import('../app/operator.js'),
        import('../app/operator-doctor.js'),
      ]);
      const { config, options } = await operatorSetting(given);
      const found = await withDatabase(
        config,
        output.note,
        (database) => examineAsOperator(database, { fix }),
        options,
      );
      await output.answer(found, told(found, fix, output));
      finish(found.faults.length === 0 ? EXIT.fine : EXIT.no);
    });
}

function told({ faults, mended, notes }: Mending, fix: boolean, output: Output): string[] {
  return [
    ...mended.flatMap((fault) => faultLines(output.paint('green', 'mended'), fault)),
    ...faults.flatMap((fault) => [...faultLines(output.paint('red', 'fault'), fault), `  ${cure(fault, fix)}`]),
    ...notes.flatMap(({ count, says, examples: some }) => [
      `${output.paint('yellow', 'note')}: ${says}: ${count}`,
      ...exampleLines(count, some),
    ]),
    ...(faults.length === 0 ? [mended.length > 0 ? 'All faults are mended.' : 'No faults.'] : []),
  ];
}

function faultLines(word: string, { kind, says, count, examples: some }: Fault): string[] {
  return [`${word}: ${says} (${kind}: ${count})`, ...exampleLines(count, some)];
}

function exampleLines(count: number, some: readonly string[]): string[] {
  const more = count - some.length;
  return [...some.map((example) => `  ${example}`), ...(more > 0 ? [`  and ${more} more`] : [])];
}

function cure({ mendable, advice }: Fault, fix: boolean): string {
  if (mendable && !fix) return 'castellan doctor --fix mends it.';
  return advice === undefined ? 'This could not be mended.' : `To mend it: ${advice}.`;
}
