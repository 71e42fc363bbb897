import type { Decision, Mode, Question } from '../../src/core/model.js';
import type { AuthzEngine } from '../../src/core/ports/engine.js';
import { Comparison, type Amount, type Answers } from '../property/comparison.js';
import { sameJson } from '../property/condition-oracle.js';
import type { Draw } from '../property/draw.js';
import { answerTo, Mismatch } from '../property/mismatch.js';
import { actions, attributesOf, list } from '../property/oracle.js';
import { Questions, type Vocabulary } from '../property/questions.js';
import type { Tally } from '../property/tally.js';
import type { Ref, World } from '../property/world.js';
import { named, rulesHeldEverywhere } from './rules-oracle.js';

/** How much is asked of one world. */
export interface EngineAmount {
  readonly questions: number;
  readonly lists: number;
  readonly actions: number;
  readonly rules: number;
}

const NOTHING: Amount = {
  questions: 0,
  alone: 0,
  pairs: 0,
  lists: 0,
  subjects: 0,
  actions: 0,
  finds: 0,
  explanations: 0,
};

/** One world beside what an engine answers about it. @throws Mismatch for the first answer that is not the one of the plain reading. */
export async function compareEngine(
  engine: AuthzEngine,
  world: World,
  { vocabulary, draw, amount }: { readonly vocabulary: Vocabulary; readonly draw: Draw; readonly amount: EngineAmount },
  tally: Tally,
): Promise<void> {
  const asking = { vocabulary, draw };
  const answers = { decider: engine } as unknown as Answers;
  await new Comparison(answers, world, asking, tally).run({ ...NOTHING, questions: amount.questions });
  await compareModes(engine, world, asking, tally, Math.ceil(amount.questions / 5));
  const questions = new Questions(world, vocabulary, draw);
  for (let n = 0; n < amount.lists; n += 1)
    await compareObjects(engine, world, { question: questions.list().question, limit: draw.of([1, 2, 7]) }, tally);
  for (let n = 0; n < amount.actions; n += 1) await compareActions(engine, world, questions.actions(), tally);
  for (let n = 0; n < amount.rules; n += 1) await compareRules(engine, world, questions.plain().subject, tally);
}

/** Decisions whose questions name a mode: as if it were the type's. */
async function compareModes(
  engine: AuthzEngine,
  world: World,
  asking: { readonly vocabulary: Vocabulary; readonly draw: Draw },
  tally: Tally,
  questions: number,
): Promise<void> {
  const mode = asking.draw.of<Mode>(['union', 'both', 'object']);
  const own = new Set(world.types.map(({ id }) => id));
  const decideAll = (all: readonly Question[]): Promise<Decision[]> =>
    engine.decideAll(all.map((question) => (own.has(question.permission.type) ? { ...question, mode } : question)));
  const answers = { decider: { decideAll } } as unknown as Answers;
  const asIf = { ...world, types: world.types.map((type) => ({ ...type, mode })) };
  await new Comparison(answers, asIf, asking, tally).run({ ...NOTHING, questions });
}

type ListAsked = ReturnType<Questions['list']>;

/** The objects, page by page: in the order of registration, each once. */
async function compareObjects(
  engine: AuthzEngine,
  world: World,
  { question, limit }: ListAsked,
  tally: Tally,
): Promise<void> {
  const { subject, type, action, supplied } = question;
  const asked = { subject, type, action, supplied };
  const expected = list(world, asked).map(({ id }) => ({ type, id }));
  const found = await answerTo(`objects on pages of ${limit}`, asked, () => allObjects(engine, asked, limit));
  if (!sameJson(plain(found), plain(expected)))
    throw new Mismatch(`objects on pages of ${limit}`, plain(expected), plain(found), asked);
  tally.add('lists');
  if (expected.length > 0) tally.add('lists with something in them');
  if (expected.length > limit) tally.add('lists of several pages');
}

/** All pages together. @throws Error for a page that is too long, or ends too soon, and for pages that do not end. */
export async function allObjects(
  engine: AuthzEngine,
  asked: Pick<ListAsked['question'], 'subject' | 'type' | 'action' | 'supplied'>,
  limit: number,
): Promise<Ref[]> {
  const all: Ref[] = [];
  for (let after: string | undefined; ;) {
    const { items, next } = await engine.objects({ ...asked, limit, after });
    if (items.length > limit || (next !== null && items.length < limit))
      throw new Error(`A page of ${limit} holds ${items.length}`);
    all.push(...items);
    if (next === null) return all;
    if (all.length > 500) throw new Error(`The pages of ${limit} do not end`);
    after = next;
  }
}

type ActionsAsked = ReturnType<Questions['actions']>;

async function compareActions(engine: AuthzEngine, world: World, asked: ActionsAsked, tally: Tally): Promise<void> {
  const { subject, object, supplied } = asked;
  const expected = actions(world, subject, object, supplied).toSorted();
  const found = await answerTo('actions', asked, () => engine.actions(asked));
  if (!sameJson(found.toSorted(), expected)) throw new Mismatch('actions', expected, found, asked);
  tally.add('lists of actions');
  if (expected.length > 0) tally.add('lists of actions with something in them');
}

async function compareRules(engine: AuthzEngine, world: World, subject: Ref, tally: Tally): Promise<void> {
  const expected = rulesHeldEverywhere(world, subject);
  const { rules, subjectAttributes } = await answerTo('rules', subject, () => engine.rulesOf(subject));
  const found = rules.map(({ permission, effect, condition, fields }) =>
    named({ permission: `${permission.type}:${permission.action}`, effect, condition, fields: fields && [...fields] }),
  );
  const distinct = [...new Set(found)].toSorted();
  if (!sameJson(distinct, expected)) throw new Mismatch('rules', expected, distinct, subject);
  const attributes = attributesOf(world, subject);
  if (expected.length > 0 && !sameJson(subjectAttributes ?? {}, attributes))
    throw new Mismatch('the attributes of a subject with rules', attributes, subjectAttributes, subject);
  tally.add('rules');
  if (expected.length > 0) tally.add('rules held');
}

const plain = (refs: readonly Ref[]): string[] => refs.map(({ type, id }) => `${type}:${id}`);
