import { InvalidArgumentError, Option, type Command } from 'commander';
import type { PolicyTestRun } from '../app/policy-test/policy-test-result.js';
import { CommandError } from './command-error.js';
import { examples, type Context } from './context.js';
import { EXIT } from './exit-status.js';

const HELP = `
Asks what the tests in policy files assert, in a world in memory that holds what the files say: no database is looked for. Several
files are one policy; - is the standard input. docs/policy-tests.md tells how tests are written.
Exits with 0 when all of it is so, and with 1 when something is not, or fewer rules are touched than --min-coverage says.
`;

interface Given {
  readonly tap?: boolean;
  readonly junit?: string;
  readonly coverage?: boolean;
  readonly minCoverage?: number;
}

/** `castellan test FILE…` */
export function testCommand(program: Command, { output, finish }: Context): void {
  program
    .command('test')
    .description('tell whether the tests in policy files hold, without a database')
    .argument('<file...>', 'policy files, YAML or JSON')
    .option('--tap', 'answer in the Test Anything Protocol, version 14')
    .option('--junit <file>', 'write JUnit XML to this file as well; with - to stdout, in place of the answer')
    .option('--coverage', 'list the rules that no assertion touches')
    .addOption(
      new Option('--min-coverage <percent>', 'fail when fewer of the rules are touched').argParser(readPercent),
    )
    .addOption(new Option('--json', 'answer in JSON, errors too').conflicts('tap'))
    .addHelpText(
      'after',
      HELP + examples('test castellan.yaml', 'test policy/*.yaml --junit report.xml --min-coverage 90'),
    )
    .action(async (files: string[], given: Given) => {
      const [{ loadPolicyFiles }, { runPolicyTests }] = await Promise.all([
        import('../app/policy/policy-files.js'),
        import('../app/policy-test/run-policy-tests.js'),
      ]);
      const policy = await loadPolicyFiles(files);
      if (policy.tests.length === 0)
        throw new CommandError(
          `${policy.source.file}: there are no tests in it. Add a list tests, as docs/policy-tests.md tells; castellan init writes some.`,
          EXIT.usage,
          'no_tests',
        );
      const run = runPolicyTests(policy);
      const isCovered = run.coverage.percent >= (given.minCoverage ?? 0);
      await tell(run, given, { output });
      for (const { place, notes, passed } of run.tests.flatMap(({ assertions }) => assertions))
        if (passed) for (const note of notes) output.note(`${place.file}:${place.line}:${place.column}: note: ${note}`);
      if (!isCovered)
        output.note(
          `castellan: ${run.coverage.percent}% of the rules are touched; --min-coverage asks for ${given.minCoverage}%`,
        );
      finish(run.passed && isCovered ? EXIT.fine : EXIT.no);
    });
}

async function tell(run: PolicyTestRun, given: Given, { output }: Pick<Context, 'output'>): Promise<void> {
  const [{ junitText, tapText }, { testText }] = await Promise.all([
    import('./test-reports.js'),
    import('./test-text.js'),
  ]);
  if (given.junit !== undefined) {
    const text = junitText(run);
    if (given.junit === '-') {
      await output.lines([text.trimEnd()]);
      return;
    }
    const { writeFile } = await import('node:fs/promises');
    await writeFile(given.junit, text).catch((cause: NodeJS.ErrnoException) => {
      throw new CommandError(`${given.junit}: can not be written: ${cause.message}`, EXIT.no, 'unwritable_file');
    });
  }
  const paint = output.paint.bind(output);
  await output.answer(run, given.tap ? tapText(run) : testText(run, paint, given.coverage === true));
}

function readPercent(text: string): number {
  const value = Number(text);
  if (/^\d{1,3}(\.\d+)?$/.test(text) && value <= 100) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 100.');
}
