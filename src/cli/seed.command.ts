import type { Command } from 'commander';
import type { PolicyResult } from '../app/policy/policy-result.js';
import { examples, onDatabase, operatorSetting, type Context, type DatabaseOptions } from './context.js';
import { policyProgress } from './policy-progress.js';

const HELP = `
FILE is YAML 1.2 or JSON (docs/cli.md describes it); - is the standard input. It is applied as a whole or not at all, and
applying it again changes nothing.
`;

/** `castellan seed FILE` */
export function seedCommand(program: Command, { output }: Context): void {
  onDatabase(
    program
      .command('seed')
      .description('load types, users, services, groups, roles, assignments, objects and grants from a file'),
  )
    .argument('<file>', 'YAML or JSON')
    .addHelpText('after', HELP + examples('seed demo/demo.yaml', 'seed - --json < policy.json'))
    .action(async (file: string, given: DatabaseOptions) => {
      const [{ withStore }, { loadPolicyFile }, { applyPolicyAsOperator }] = await Promise.all([
        import('../app/operator.js'),
        import('../app/policy/policy-file.js'),
        import('../app/policy/operator-policy.js'),
      ]);
      const { config, options } = await operatorSetting(given);
      // Before any database is started, as a slip in the file needs none to be found.
      const seed = await loadPolicyFile(file);
      const { changed, counts } = await withStore(
        config,
        output.note,
        (store) => applyPolicyAsOperator(store, seed, { onProgress: policyProgress(output) }),
        options,
      );
      output.progress('');
      await output.answer({ file: seed.source.file, changed, counts }, told(seed.source.file, { changed, counts }));
    });
}

function told(file: string, { changed, counts }: Pick<PolicyResult, 'changed' | 'counts'>): string[] {
  if (!changed) return [`${file}: nothing changed, all of it was there.`];
  const kinds = Object.entries(counts).filter(([, count]) => Object.values(count).some((number) => number > 0));
  const width = Math.max(...kinds.map(([kind]) => kind.length));
  const lines = kinds.map(([kind, count]) => {
    const outcomes = Object.entries(count).filter(([, number]) => number > 0);
    return `  ${kind.padEnd(width)}  ${outcomes.map(([outcome, number]) => `${number} ${outcome}`).join(', ')}`;
  });
  return [`${file}: loaded.`, ...lines];
}
