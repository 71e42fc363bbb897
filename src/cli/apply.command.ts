import type { Command } from 'commander';
import type { Removals } from '../app/policy/prune.js';
import type { PolicyResult } from '../app/policy/policy-result.js';
import { CommandError } from './command-error.js';
import { examples, onDatabase, operatorSetting, type Context, type DatabaseOptions } from './context.js';
import { EXIT } from './exit-status.js';
import { policyProgress } from './policy-progress.js';
import { isYes } from './yes-or-no.js';

const HELP = `
Applies policy files as one, as a whole or not at all; applying them again changes nothing. Only what they name is touched. With --prune,
what was made from files and is in none of these is removed: never users, and never what people have made by hand, nor what such things
hang on. On a terminal it shows what would be removed, and asks; anywhere else it takes --yes.
`;

interface ApplyGiven extends DatabaseOptions {
  readonly prune?: true;
  readonly yes?: true;
}

/** `castellan apply FILE…` */
export function applyCommand(program: Command, context: Context): void {
  onDatabase(program.command('apply').description('make the database hold what policy files say'))
    .argument('<file...>', 'policy files, YAML or JSON; - is the standard input')
    .option('--prune', 'remove what was made from files and is in none of these')
    .option('--yes', 'remove it without asking')
    .addHelpText(
      'after',
      HELP +
        examples('apply castellan.yaml', 'apply types.yaml roles.yaml --prune', 'apply castellan.yaml --prune --yes'),
    )
    .action((files: string[], given: ApplyGiven) => apply(files, given, context));
}

async function apply(files: readonly string[], given: ApplyGiven, { output, finish }: Context): Promise<void> {
  const { prune = false, yes = false } = given;
  const asks = prune && !yes;
  if (asks && (output.json || !process.stdin.isTTY || !process.stderr.isTTY))
    throw new CommandError(
      '--prune removes things, and there is no terminal to ask at: use --yes where that is meant.',
    );
  const [{ withStore }, { loadPolicyFiles }, policies, { summaryOf }, text] = await Promise.all([
    import('../app/operator.js'),
    import('../app/policy/policy-files.js'),
    import('../app/policy/operator-policy.js'),
    import('../app/policy/policy-change.js'),
    import('./policy-diff-text.js'),
  ]);
  const { config, options } = await operatorSetting(given);
  const policy = await loadPolicyFiles(files);
  const onProgress = policyProgress(output);
  const result = await withStore(
    config,
    output.note,
    async (store): Promise<PolicyResult | undefined> => {
      let removals: Removals | undefined = prune ? 'all' : undefined;
      if (asks) {
        const planned = await policies.planPolicyAsOperator(store, policy, { onProgress, prune: 'all' });
        const shown = planned.changes.filter(({ change }) => change === 'delete');
        const lines = text.diffLines({ changes: shown, kept: planned.kept }, (_colour, said) => said);
        for (const line of shown.length > 0 ? lines : []) output.note(line);
        if (
          shown.length > 0 &&
          !(await isYes(`Remove ${shown.length === 1 ? 'this' : `these ${shown.length}`}? [y/N] `))
        )
          return undefined;
        removals = { shown };
      }
      return policies.applyPolicyAsOperator(store, policy, { onProgress, prune: removals, alone: true });
    },
    options,
  );
  output.progress('');
  if (!result) {
    output.note('Nothing was changed.');
    return finish(EXIT.no);
  }
  const { changed, changes, kept } = result;
  const summary = summaryOf(changes);
  await output.answer({ file: policy.source.file, changed, changes, kept, summary }, [
    ...text.diffLines({ changes, kept }, (colour, said) => output.paint(colour, said)),
    text.summaryLine(summary, true),
  ]);
}
