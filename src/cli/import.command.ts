import { Option, type Command } from 'commander';
import type { ImportAsked, ImportSource, ImportState, TellImport } from '../app/bulk/operator-import.js';
import { examples, onDatabase, operatorSetting, wholeNumber, type Context, type DatabaseOptions } from './context.js';
import { EXIT } from './exit-status.js';

const HELP = `
FILE has one row a line: a type, user, service, group, role, object, membership, assignment or grant (docs/bulk.md); - is the standard
input. Rows go in batch by batch. What stands already stays as it is; what can't be taken goes to the rejects file with the reason,
and the status is then 1. Broken off, the same command goes on where it was. Millions of new grants go in more than twice as fast while nobody
else is connected to the database.
`;

type Given = DatabaseOptions & Omit<ImportAsked, 'file'>;

/** `castellan import FILE` */
export function importCommand(program: Command, { output, finish }: Context): void {
  onDatabase(program.command('import').description('take in many objects, users, memberships and grants from a file'))
    .argument('<file>', 'NDJSON or CSV')
    .addOption(new Option('--format <format>', 'by the name of the file without it').choices(['ndjson', 'csv']))
    .option('--kind <kind>', 'what the rows of a CSV file are, where it has no column "kind"')
    .option('--rejects <file>', 'where rows go that can not be taken; FILE.rejects.ndjson without it')
    .option('--strict', 'stop at the first row that can not be taken, and keep nothing of its batch')
    .option('--restart', 'begin with the first row, whatever was imported of the file before')
    .addOption(
      new Option('--batch-size <n>', 'how many rows go in at once, while other writes wait')
        .argParser(wholeNumber(1, 200_000))
        .default(20_000),
    )
    .addHelpText(
      'after',
      HELP +
        examples('import grants.ndjson', 'import users.csv --kind user', 'dump | castellan import - --format ndjson'),
    )
    .action(async (file: string, { wait, ...given }: Given) => {
      const [{ withDatabase, InterruptedError }, { importAsOperator, openSource, StrictRejectError }, bars] =
        await Promise.all([
          import('../app/operator.js'),
          import('../app/bulk/operator-import.js'),
          import('./import-progress-bar.js'),
        ]);
      const asked = { file, ...given };
      const source = await openSource(asked);
      const { config, options } = await operatorSetting({ wait });
      const bar = new bars.ImportProgressBar(output, source.identity?.size ?? null);
      const begun = performance.now();
      let kept: ImportState | undefined;
      const tell: TellImport = (state, event, reason) => {
        if (event !== 'taken' && event !== 'indexing') kept = state;
        if (event === 'undone')
          output.note(`${source.file}: ${reason ?? ''} Those behind row ${state.rows} go in again, batch by batch.`);
        if (event !== 'begun') return bar.show(state, event);
        if (state.resumed > 0)
          output.note(`${source.file}: going on behind row ${state.resumed}, where the import was broken off.`);
        bar.begin(state);
      };
      try {
        const state = await withDatabase(
          config,
          output.note,
          (database, signal) => importAsOperator(database, source, asked, signal, tell),
          options,
        );
        bar.end();
        await output.answer(answerOf(source, state), told(source, state, (performance.now() - begun) / 1000));
        finish(state.rejected > 0 ? EXIT.no : EXIT.fine);
      } catch (error) {
        bar.end();
        if (error instanceof StrictRejectError) {
          const { line, code, reason } = error.reject;
          const others = kept ? ` ${keptText(kept)}` : '';
          output.error({ code, message: `${source.file}:${line}: ${reason} Nothing of its batch was kept.${others}` });
          finish(EXIT.no);
          return;
        }
        if (!(error instanceof InterruptedError) || !kept) throw error;
        const again = source.identity ? ' The same command goes on from there.' : ' Repeating it does no harm.';
        throw new InterruptedError(`Interrupted. ${keptText(kept)}${again}`);
      }
    });
}

function keptText({ rows }: ImportState): string {
  return `What was taken from the first ${rows} rows stands.`;
}

function answerOf({ file, rejectsPath }: ImportSource, { rows, resumed, rejected, counts }: ImportState): object {
  return { file, rows, resumed, rejected, rejects: rejected > 0 ? rejectsPath : null, counts };
}

function told(
  { file, rejectsPath }: ImportSource,
  { rows, resumed, rejected, counts }: ImportState,
  seconds: number,
): string[] {
  const rate = Math.round((rows - resumed) / Math.max(seconds, 0.001)).toLocaleString('en');
  const kinds = Object.entries(counts);
  const width = Math.max(0, ...kinds.map(([kind]) => kind.length));
  const lines = kinds.map(([kind, count]) => {
    const outcomes = Object.entries(count).filter(([, number]) => number > 0);
    return `  ${kind.padEnd(width)}  ${outcomes.map(([outcome, number]) => `${number} ${outcome}`).join(', ')}`;
  });
  return [
    `${file}: ${rows} rows read in ${seconds.toFixed(1)} s, ${rate} a second.`,
    ...lines,
    ...(rejected > 0 ? [`  ${rejected} rejected: ${rejectsPath} tells why of each.`] : []),
  ];
}
