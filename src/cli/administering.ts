import type { Administration, SubjectRef } from '../app/administration/administration.js';
import { CommandError } from './command-error.js';
import { operatorSetting, type Context, type DeleteOptions, type PlaceOptions, type WriteOptions } from './context.js';
import { EXIT } from './exit-status.js';
import { isYes } from './yes-or-no.js';

const LINES_AT_ONCE = 500;

/** Does the work where the options say: on the database or on a service. */
export async function administer<Result>(
  { output }: Context,
  given: PlaceOptions & Partial<WriteOptions>,
  work: (administration: Administration) => Promise<Result>,
): Promise<Result> {
  if (given.quiet) output.hush();
  const { withAdministration } = await import('../app/administration/with-administration.js');
  const { config, options } = await operatorSetting(given);
  const { url, tokenFile, insecure, as, dryRun } = given;
  return withAdministration(config, output.note, { url, tokenFile, insecure, as, dryRun, ...options }, work);
}

/** Prints what was written; or, of a dry run, what would have been, and that nothing was. */
export async function answerWrite(
  { output }: Context,
  { dryRun }: WriteOptions,
  value: object,
  lines: readonly string[],
  essence?: readonly string[],
): Promise<void> {
  if (!dryRun) return output.answer(value, lines, essence);
  const would = lines.map((line) => `(dry run) ${line}`);
  await output.answer({ ...value, dryRun: true }, would, essence);
  output.note('This was a dry run: all of it was undone, and nothing has changed.');
}

/** Prints each of a list as it comes; false once nobody reads any more. */
export async function printAll<Item extends object>(
  { output }: Context,
  items: AsyncIterable<Item>,
  told: (item: Item) => string,
): Promise<boolean> {
  let lines: string[] = [];
  for await (const item of items) {
    lines.push(output.json ? JSON.stringify(item) : told(item));
    if (lines.length < LINES_AT_ONCE) continue;
    if (!(await output.lines(lines))) return false;
    lines = [];
  }
  return output.lines(lines);
}

/**
 * Makes sure that somebody means what takes others along: asks on a terminal, and takes --yes anywhere else.
 *
 * @param act what is to be done, as `Deleting post:1`; `undone` says that it was not.
 * @throws CommandError when nobody said so.
 */
export async function confirmLoss(
  { output }: Context,
  { act, along, undone }: { readonly act: string; readonly along: readonly string[]; readonly undone: string },
): Promise<void> {
  if (along.length === 0) return;
  const takes = `${act} takes along: ${along.join(', ')}.`;
  if (!process.stdin.isTTY || !process.stderr.isTTY || output.json)
    throw new CommandError(`${takes} Use --yes where that is meant; ${undone}.`);
  if (!(await isYes(`${takes} Go on? [y/N] `)))
    throw new CommandError(`${undone[0]?.toUpperCase()}${undone.slice(1)}.`, EXIT.no);
}

async function confirmDeletion(
  context: Context,
  { yes, dryRun, cascade }: DeleteOptions & { readonly cascade?: true },
  administration: Administration,
  ref: SubjectRef,
): Promise<void> {
  if (yes || dryRun) return;
  const { goesAlong } = await import('../app/administration/goes-along.js');
  const along = await goesAlong(administration, ref, { cascade: cascade === true });
  await confirmLoss(context, { act: `Deleting ${ref.type}:${ref.id}`, along, undone: 'nothing was deleted' });
}

/** Deletes what is named, where somebody means that, and says so; `essence` is all that is said of it where little is to be said. */
export async function deleteNamed(
  context: Context,
  given: DeleteOptions & { readonly cascade?: true },
  ref: SubjectRef,
  remove: (administration: Administration) => Promise<void>,
  essence = ref.id,
): Promise<void> {
  await administer(context, given, async (administration) => {
    await confirmDeletion(context, given, administration, ref);
    await remove(administration);
  });
  await answerWrite(context, given, { deleted: ref }, [`Deleted ${ref.type}:${ref.id}.`], [essence]);
}
