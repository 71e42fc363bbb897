import { Option, type Command } from 'commander';
import type { ExportedKind, ExportSummary } from '../app/export/export-policy.js';
import { examples, onDatabase, operatorSetting, type Context, type DatabaseOptions } from './context.js';

const HELP = `
Writes types, users without their passwords, services, groups, roles, assignments, objects and grants as a policy file, as one
instant held them; what is built in is left out. With --json, the file is in JSON. With --output, a policy file that is there is changed in
place: its comments, its order and its tests stay.
`;
// As they are written.
const KINDS = ['types', 'users', 'services', 'groups', 'roles', 'assignments', 'objects', 'grants'] as const;

interface Given extends DatabaseOptions {
  readonly output?: string;
  readonly kind?: readonly ExportedKind[];
}

/** `castellan export` */
export function exportCommand(program: Command, { output }: Context): void {
  onDatabase(program.command('export').description('write what the database holds as a policy file'))
    .addOption(new Option('--kind <kind...>', 'only these lists').choices(KINDS))
    .option('--output <file>', 'write to a file, or change the one that is there; to stdout without it')
    .addHelpText(
      'after',
      HELP + examples('export > castellan.yaml', 'export --kind roles assignments --output castellan.yaml'),
    )
    .action(async (given: Given) => {
      const [{ withStore }, { exportPolicy }] = await Promise.all([
        import('../app/operator.js'),
        import('../app/export/export-policy.js'),
      ]);
      const { config, options } = await operatorSetting(given);
      const kinds = given.kind ?? KINDS;
      const { output: file } = given;
      const form = output.json ? 'json' : 'yaml';
      const summary = await withStore(
        config,
        output.note,
        async (store) => {
          if (file === undefined)
            return exportPolicy(store, { kinds, form }, (text) => output.lines([text.replace(/\n$/, '')]));
          const { exportToFile } = await import('../app/export/export-to-file.js');
          return exportToFile(store, { kinds, form, file });
        },
        options,
      );
      for (const line of await notesOn(summary)) output.note(line);
    });
}

async function notesOn({ size, saidMemberships }: ExportSummary): Promise<string[]> {
  const { MOST_BYTES } = await import('../app/policy/policy-file.js');
  return [
    ...(size > MOST_BYTES
      ? [
          `This is more than the ${MOST_BYTES / 1024 / 1024} MiB that a policy file may have: castellan dump writes what castellan import reads.`,
        ]
      : []),
    ...(saidMemberships > 0
      ? [`Memberships that the identity provider says are left out (there are ${saidMemberships}).`]
      : []),
  ];
}
