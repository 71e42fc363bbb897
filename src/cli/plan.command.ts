import type { Command } from 'commander';
import { examples, onDatabase, operatorSetting, type Context, type DatabaseOptions } from './context.js';
import { EXIT } from './exit-status.js';
import { policyProgress } from './policy-progress.js';

const HELP = `
Does all that apply would do, in a transaction that is undone at the end: what it tells is what apply does, its errors included. Nothing is
left of it. Other writes wait meanwhile. Exits with 2 when something would change, and with 0 when nothing would.
`;

/** `castellan plan FILE…` */
export function planCommand(program: Command, { output, finish }: Context): void {
  onDatabase(program.command('plan').description('tell what apply would make, change and remove'))
    .argument('<file...>', 'policy files, YAML or JSON; - is the standard input')
    .option('--prune', 'tell also what was made from files and is in none of these')
    .addHelpText(
      'after',
      HELP + examples('plan castellan.yaml', 'plan types.yaml roles.yaml --prune', 'plan castellan.yaml --json'),
    )
    .action(async (files: string[], { prune, ...given }: DatabaseOptions & { readonly prune?: true }) => {
      const [{ withStore }, { loadPolicyFiles }, { planPolicyAsOperator }, { summaryOf }, text] = await Promise.all([
        import('../app/operator.js'),
        import('../app/policy/policy-files.js'),
        import('../app/policy/operator-policy.js'),
        import('../app/policy/policy-change.js'),
        import('./policy-diff-text.js'),
      ]);
      const { config, options } = await operatorSetting(given);
      const policy = await loadPolicyFiles(files);
      const onProgress = policyProgress(output);
      const { changes, kept } = await withStore(
        config,
        output.note,
        (store) => planPolicyAsOperator(store, policy, { onProgress, prune: prune && 'all' }),
        options,
      );
      output.progress('');
      const summary = summaryOf(changes);
      await output.answer({ file: policy.source.file, changes, kept, summary }, [
        ...text.diffLines({ changes, kept }, (colour, said) => output.paint(colour, said)),
        text.summaryLine(summary, false),
      ]);
      finish(changes.length > 0 ? EXIT.pending : EXIT.fine);
    });
}
