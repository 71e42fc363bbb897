import { Option, type Command } from 'commander';
import { examples, wholeNumber, type Context } from './context.js';

/** `castellan serve` */
export function serveCommand(program: Command, { output }: Context): void {
  program
    .command('serve')
    .description('run the service until Ctrl-C')
    .addOption(
      new Option(
        '--workers <n>',
        'how many processes answer on the port; CASTELLAN_WORKERS, or 1, without it',
      ).argParser(wholeNumber(1, 64)),
    )
    .addHelpText(
      'after',
      `\nSettings come from the environment: docs/configuration.md has them all.\n${examples('serve', 'serve --workers 4', 'serve   # PORT=8080 in the environment')}`,
    )
    .action(async ({ workers }: { workers?: number }) => {
      const [{ readConfig }, { serve }] = await Promise.all([import('../app/config.js'), import('../app/serve.js')]);
      const config = readConfig();
      await serve(workers === undefined ? config : { ...config, workers }, {
        write: (line) => void output.lines([line]),
      });
    });
}
