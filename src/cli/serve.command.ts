import type { Command } from 'commander';
import { examples, type Context } from './context.js';

/** `castellan serve` */
export function serveCommand(program: Command, { output }: Context): void {
  program
    .command('serve')
    .description('run the service until Ctrl-C')
    .addHelpText(
      'after',
      `\nSettings come from the environment: docs/configuration.md has them all.\n${examples('serve', 'serve   # PORT=8080 in the environment')}`,
    )
    .action(async () => {
      const [{ readConfig }, { serve }] = await Promise.all([import('../app/config.js'), import('../app/serve.js')]);
      await serve(readConfig(), { write: (line) => void output.lines([line]) });
    });
}
