import type { Command } from 'commander';
import { CommandError } from './command-error.js';
import { examples, type Context } from './context.js';
import { EXIT } from './exit-status.js';

const HELP = `
Writes a policy file to begin with, with comments and with tests that hold: castellan.yaml unless told. A file that is there is
left alone without --force.
`;

/** `castellan init [FILE]` */
export function initCommand(program: Command, { output }: Context): void {
  program
    .command('init')
    .description('write a policy file to begin with')
    .argument('[file]', 'where to', 'castellan.yaml')
    .option('--force', 'overwrite what is there')
    .option('--json', 'answer in JSON, errors too')
    .addHelpText('after', HELP + examples('init', 'init policy/castellan.yaml'))
    .action(async (file: string, { force = false }: { force?: boolean }) => {
      const [{ writeFile }, { starterPolicy }] = await Promise.all([
        import('node:fs/promises'),
        import('../app/policy/starter-policy.js'),
      ]);
      try {
        await writeFile(file, starterPolicy(file), { flag: force ? 'w' : 'wx' });
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        const why = code === 'EEXIST' ? 'is there already; --force overwrites it' : `can not be written: ${message}`;
        throw new CommandError(`${file}: ${why}`, EXIT.no, code === 'EEXIST' ? 'file_exists' : 'unwritable_file');
      }
      await output.answer({ file }, [`Wrote ${file}.`, `Next: castellan test ${file}, then castellan plan ${file}`]);
    });
}
