import type { Administration, Given, ObjectRef } from '../app/administration/administration.js';
import { administer, answerWrite } from './administering.js';
import { CommandError } from './command-error.js';
import type { Context, WriteOptions } from './context.js';
import { EXIT } from './exit-status.js';

interface Record {
  readonly id: string;
  readonly object: ObjectRef | null;
}

/** What is taken back, and how it is named. */
export interface TakenBack<Item extends Record, New, Filter> {
  readonly words: { readonly one: string; readonly taken: string; readonly usage: string };
  /** The id of the one; null where it is named by what it says. */
  readonly id: string | null;
  readonly from: (administration: Administration) => Given<Item, New, Filter>;
  readonly filter: Filter;
  /** Where it was given; undefined for everywhere. */
  readonly object: ObjectRef | undefined;
  readonly told: (item: Item) => string;
}

/**
 * Takes back a grant or an assignment, or all that match.
 *
 * @throws CommandError when none matches, or several without --all.
 */
export async function takeBack<Item extends Record, New, Filter>(
  context: Context,
  given: WriteOptions & { readonly all?: true },
  { words, id, from, filter, object, told }: TakenBack<Item, New, Filter>,
): Promise<void> {
  if (id !== null && id.includes(':')) throw new CommandError(`Say what is taken, too: ${words.usage}.`);
  const taken = await administer(context, given, async (administration): Promise<string[] | Item[]> => {
    const source = from(administration);
    if (id !== null) {
      await source.delete([id]);
      return [id];
    }
    const matching: Item[] = [];
    for await (const item of source.list(filter)) if (object || item.object === null) matching.push(item);
    if (matching.length === 0)
      throw new CommandError(`There is no such ${words.one}${object ? '' : ' everywhere'}.`, EXIT.no, 'not_found');
    if (matching.length > 1 && !given.all) {
      const list = matching.map((item) => `\n  ${told(item)}`).join('');
      throw new CommandError(
        `${matching.length} ${words.one}s match: name one by its id, or take --all. Nothing was changed.${list}`,
        EXIT.no,
        'several_match',
      );
    }
    await source.delete(matching.map((item) => item.id));
    return matching;
  });
  const ids = taken.map((item) => (typeof item === 'string' ? item : item.id));
  const lines = taken.map((item) => `${words.taken}: ${typeof item === 'string' ? item : told(item)}`);
  await answerWrite(
    context,
    given,
    { deleted: taken.map((item) => (typeof item === 'string' ? { id: item } : item)) },
    lines,
    ids,
  );
}
