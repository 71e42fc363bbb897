import type { Page } from '../../src/core/ports/lists.js';
import type { Store } from '../../src/store/store.js';
import { sameJson } from './condition-oracle.js';
import { answerTo, Mismatch } from './mismatch.js';
import {
  actions,
  attributesOf,
  decide,
  list,
  subjects,
  viewableAttributes,
  type Asked,
  type Listed,
  type Supplied,
} from './oracle.js';
import type { Paged, SubjectsAsked } from './questions.js';
import type { Tally } from './tally.js';
import { above as aboveOf, isRegistered, sameOrNone, type Ref, type World } from './world.js';

/** The pages of a list beside the objects that the plain reading allows: in order, each once, with what may be seen of them. */
export async function compareList(
  lists: Store['lists'],
  world: World,
  { question, limit }: Paged<Listed>,
  tally: Tally,
): Promise<void> {
  const { type, action, ...rest } = question;
  const asked = { ...rest, permission: { type, action } };
  const expected = list(world, question);
  const items = await allPages('list', { question, limit }, (after) => lists.list({ ...asked, limit, after }));
  expectSame(`list, on pages of ${limit}`, question, expected, items);
  for (const item of items) {
    const stored = attributesOf(world, item);
    const attributes = question.viewable
      ? viewableAttributes(world, question.subject, item, question.supplied)
      : stored;
    if (!sameJson(item.attributes, attributes))
      throw new Mismatch('the attributes in a list', attributes, item, question);
    const [above = null] = aboveOf(world, item);
    const parent = question.viewable ? viewableParent(world, question.subject, above) : above;
    if (!question.supplied && !sameOrNone(item.parent, parent))
      throw new Mismatch('the parent in a list', parent, item, question);
    if (Object.keys(attributes).length < Object.keys(stored).length) tally.add('listed in part');
  }
  if (limit >= 7) {
    const count = await answerTo('count', question, () => lists.count(asked));
    if (count !== expected.length) throw new Mismatch('count', expected.length, count, question);
  }
  if (limit === 2 && expected.length > 0 && !question.supplied) {
    const holds = await answerTo('whether it holds the permission anywhere', question, () =>
      lists.holdsAnywhere(question.subject, asked.permission),
    );
    if (!holds) throw new Mismatch('whether it holds the permission anywhere', true, holds, question);
    tally.add('held anywhere');
  }
  tally.add('lists');
  if (expected.length > limit) tally.add('lists of several pages');
  if (expected.length > 0) tally.add('lists with something in them');
  if (expected.length > 0 && question.attributes) tally.add('narrowed lists with something in them');
}

// What may not be viewed is like what is not there.
function viewableParent(world: World, subject: Ref, parent: Ref | null): Ref | null {
  if (parent === null) return null;
  return decide(world, { subject, type: parent.type, action: 'view', object: parent }).allowed ? parent : null;
}

/** The pages of the subjects beside those whom the plain reading allows. */
export async function compareSubjects(
  lists: Store['subjectLists'],
  world: World,
  { question, limit }: Paged<SubjectsAsked>,
  tally: Tally,
): Promise<void> {
  const { subjectType, type, action, object, supplied } = question;
  const asked = { subjectType, permission: { type, action }, object, supplied };
  const expected = subjects(world, subjectType, question);
  const items = await allPages('subjects', { question, limit }, (after) => lists.list({ ...asked, limit, after }));
  expectSame(`subjects, on pages of ${limit}`, question, expected, items);
  const count = await answerTo('count', question, () => lists.count(asked));
  if (count !== expected.length) throw new Mismatch('count of subjects', expected.length, count, question);
  tally.add('lists of subjects');
  if (expected.length > 1) tally.add('lists of several subjects');
}

export async function compareActions(
  lists: Store['actionLists'],
  world: World,
  question: { readonly subject: Ref; readonly object: Ref; readonly supplied: Supplied | undefined },
  tally: Tally,
): Promise<void> {
  const { subject, object, supplied } = question;
  const expected = actions(world, subject, object, supplied).toSorted();
  const answer = (await answerTo('actions', question, () => lists.list(question))).toSorted();
  if (!sameJson(answer, expected)) throw new Mismatch('actions', expected, answer, question);
  tally.add('lists of actions');
  if (expected.length > 0) tally.add('lists of actions with something in them');
}

/** One object, as far as its subject may view it. */
export async function compareFind(
  lists: Store['lists'],
  world: World,
  { subject, object }: Asked,
  tally: Tally,
): Promise<void> {
  if (!object) return;
  const question = { subject, object };
  const answer = await answerTo('find what may be viewed', question, () => lists.findViewable(subject, object));
  const { allowed } = decide(world, { subject, type: object.type, action: 'view', object });
  if (!allowed || !isRegistered(world, object)) {
    if (answer !== null) throw new Mismatch('find what may be viewed', null, answer, question);
    return;
  }
  const attributes = viewableAttributes(world, subject, object);
  if (!answer || !sameJson(answer.attributes, attributes))
    throw new Mismatch('find what may be viewed', attributes, answer, question);
  tally.add('found what may be viewed');
}

async function allPages<Item>(
  what: string,
  { question, limit }: Paged<unknown>,
  page: (after: string | undefined) => Promise<Page<Item>>,
): Promise<Item[]> {
  const all: Item[] = [];
  let after: string | undefined;
  do {
    const from = after;
    const { items, next } = await answerTo(what, question, () => page(from));
    if (items.length > limit || (next !== null && items.length < limit))
      throw new Mismatch(`${what}: a page of ${limit}`, limit, { items, next }, question);
    all.push(...items);
    after = next ?? undefined;
  } while (after !== undefined && all.length <= 200);
  return all;
}

function expectSame(what: string, question: unknown, expected: readonly Ref[], items: readonly Ref[]): void {
  const named = (refs: readonly Ref[]): string[] => refs.map(({ type, id }) => `${type}:${id}`);
  if (!sameJson(named(expected), named(items))) throw new Mismatch(what, named(expected), named(items), question);
}
