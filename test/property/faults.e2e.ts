import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decision, Question } from '../../src/core/model.js';
import { stories } from './arbitrary-worlds.js';
import type { Amount, Answers } from './comparison.js';
import { Mismatch } from './mismatch.js';
import { worldAfter } from './operations.js';
import { Site } from './site.js';
import { Tally } from './tally.js';
import { Telling, type Manner } from './telling.js';
import type { World } from './world.js';

/** A fault has to show in one of so many worlds. */
const WORLDS = 100;

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

const ALWAYS = { startsAt: null, expiresAt: null };
const rulesOf = (world: World, change: (rule: World['roles'][number]['rules'][number]) => object): World => ({
  ...world,
  roles: world.roles.map((role) => ({ ...role, rules: role.rules.map((rule) => ({ ...rule, ...change(rule) })) })),
  grants: world.grants.map((grant) => ({ ...grant, ...change(grant) })),
});

/** What the database would hold if the engine did not know of something. */
const FORGOTTEN: Readonly<Record<string, (world: World) => World>> = {
  'that a rule denies': (world) => rulesOf(world, () => ({ effect: 'allow' })),
  'every rule that denies': (world) => ({ ...world, grants: world.grants.filter(({ effect }) => effect === 'allow') }),
  conditions: (world) => rulesOf(world, () => ({ condition: null })),
  'the conditions of rules that deny': (world) =>
    rulesOf(world, ({ effect, condition }) => ({ condition: effect === 'deny' ? null : condition })),
  fields: (world) => rulesOf(world, () => ({ fields: null })),
  'the windows of grants': (world) => ({ ...world, grants: world.grants.map((grant) => ({ ...grant, ...ALWAYS })) }),
  'the windows of assignments': (world) => ({
    ...world,
    assignments: world.assignments.map((assignment) => ({ ...assignment, ...ALWAYS })),
  }),
  'where a role is assigned': (world) => ({
    ...world,
    assignments: world.assignments.map((assignment) => ({ ...assignment, object: null })),
  }),
  'where a grant is placed': (world) => ({
    ...world,
    grants: world.grants.map((grant) => ({ ...grant, object: null })),
  }),
  'grants to roles': (world) => ({ ...world, grants: world.grants.filter(({ subject }) => subject.type !== 'role') }),
  'what roles include': (world) => ({ ...world, roles: world.roles.map((role) => ({ ...role, includes: [] })) }),
  'who is in a group': (world) => ({ ...world, groups: world.groups.map((group) => ({ ...group, members: [] })) }),
  'groups in groups': (world) => ({
    ...world,
    groups: world.groups.map(({ id, members }) => ({ id, members: members.filter(({ type }) => type === 'user') })),
  }),
  parents: (world) => ({ ...world, objects: world.objects.map((object) => ({ ...object, parent: null })) }),
  modes: (world) => ({ ...world, types: world.types.map((type) => ({ ...type, mode: 'union' })) }),
  'the attributes of objects': (world) => ({
    ...world,
    objects: world.objects.map((object) => ({ ...object, attributes: {} })),
  }),
  'the attributes of users': (world) => ({ ...world, users: world.users.map((user) => ({ ...user, attributes: {} })) }),
  'that a user is inactive': (world) => ({ ...world, users: world.users.map((user) => ({ ...user, active: true })) }),
  'an object that is there': (world) => {
    const object = world.objects.at(-1);
    return (object && worldAfter(world, { do: 'delete', object, cascade: true })) ?? world;
  },
};

type Answerer = (answers: Answers) => object;
const page = <Item>(items: Item[], next: string | null) => ({ items, next });
const decisions =
  (change: (decision: Decision, question: Question) => Decision): Answerer =>
  (answers) => ({
    decider: {
      decideAll: async (questions: Question[]) =>
        (await answers.decider.decideAll(questions)).map((each, index) => change(each, questions[index] as Question)),
      decide: (question: Question) => answers.decider.decide(question),
    },
  });
const asked =
  (change: (question: Question) => Question): Answerer =>
  (answers) => ({
    decider: {
      decideAll: (questions: Question[]) => answers.decider.decideAll(questions.map(change)),
      decide: (question: Question) => answers.decider.decide(question),
    },
  });

/** Answers that are wrong on their way, by what is asked for them. */
const FALSIFIED: Readonly<Record<string, Answerer>> = {
  'an allow without a reason': decisions((decision) => ({ ...decision, allowed: true })),
  'a deny without a reason': decisions((decision) => ({ ...decision, allowed: false })),
  'all fields where some are allowed': decisions((decision) => ({ ...decision, fields: { only: null, except: [] } })),
  'rules of another decision': decisions((decision) => ({
    ...decision,
    rules: decision.rules.map((rule) => ({ ...rule, placed: rule.placed === 'object' ? 'everywhere' : 'object' })),
  })),
  'supplied properties left out': asked((question) => ({ ...question, supplied: undefined })),
  'what is proposed left out': asked((question) => ({ ...question, proposed: undefined })),
  'an answer alone that differs from the one together': (answers) => ({
    decider: {
      decideAll: (questions: Question[]) => answers.decider.decideAll(questions),
      decide: async (question: Question) => ({ ...(await answers.decider.decide(question)), allowed: true }),
    },
  }),
  'a list without its last object': (answers) => ({
    lists: wrapped(answers.lists, {
      list: async (question) => {
        const { items, next } = await answers.lists.list(question);
        return next === null ? page(items.slice(0, -1), null) : page(items, next);
      },
    }),
  }),
  'a page that begins with the last object of the one before': (answers) => ({
    lists: wrapped(answers.lists, {
      list: (question) =>
        answers.lists.list({ ...question, after: question.after && String(Number(question.after) - 1) }),
    }),
  }),
  'a list of what may not be viewed': (answers) => ({
    lists: wrapped(answers.lists, { list: (question) => answers.lists.list({ ...question, viewable: false }) }),
  }),
  'a list that is not narrowed': (answers) => ({
    lists: wrapped(answers.lists, { list: (question) => answers.lists.list({ ...question, attributes: undefined }) }),
  }),
  'a count that is one too many': (answers) => ({
    lists: wrapped(answers.lists, { count: async (question) => (await answers.lists.count(question)) + 1 }),
  }),
  'an object that may not be viewed': (answers) => ({
    lists: wrapped(answers.lists, {
      findViewable: (_, object) => answers.lists.findViewable({ type: 'user', id: 'admin' }, object),
    }),
  }),
  'subjects without the first': (answers) => ({
    subjectLists: wrapped(answers.subjectLists, {
      list: async (question) => {
        const { items, next } = await answers.subjectLists.list(question);
        return page(question.after === undefined ? items.slice(1) : items, next);
      },
    }),
  }),
  'an action less': (answers) => ({
    actionLists: wrapped(answers.actionLists, {
      list: async (question) => (await answers.actionLists.list(question)).slice(1),
    }),
  }),
  'an explanation of another verdict': (answers) => ({
    explanations: wrapped(answers.explanations, {
      explain: async (question) => {
        const explanation = await answers.explanations.explain(question);
        return { ...explanation, decision: { ...explanation.decision, allowed: !explanation.decision.allowed } };
      },
    }),
  }),
};

/** So much of what the falsified part answers that the fault shows soon. */
function amountFor(parts: readonly string[]): Amount {
  const asks = (part: keyof Answers, count: number): number => (parts.includes(part) ? count : 0);
  return {
    questions: asks('decider', 150),
    alone: asks('decider', 5),
    pairs: asks('decider', 5),
    lists: asks('lists', 5),
    finds: asks('lists', 5),
    subjects: asks('subjectLists', 5),
    actions: asks('actionLists', 5),
    explanations: asks('explanations', 5),
  };
}

function wrapped<Part extends object>(part: Part, changed: Partial<Part>): Part {
  return new Proxy(part, {
    get: (target, name) => {
      const own = Reflect.get(changed, name) as unknown;
      const value = own ?? Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

describe('the comparison of decisions', () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site.close());

  /** What the first world says in which the fault shows. */
  async function found(manner: Manner): Promise<string> {
    for (const story of fc.sample(stories(), WORLDS)) {
      try {
        await new Telling(site, { ...story, steps: [] }, new Tally(), manner).tell();
      } catch (error) {
        const { cause } = error as Error;
        if (cause instanceof Mismatch) return cause.what;
        throw error;
      }
    }
    return 'nothing';
  }

  it.each(Object.entries(FORGOTTEN))('finds that the engine forgot %s', { timeout: 120_000 }, async (_, planted) => {
    expect(await found({ planted, amount: { ...NOTHING, questions: 150 } })).not.toBe('nothing');
  });

  it.each(Object.entries(FALSIFIED))('finds %s', { timeout: 120_000 }, async (_, falsify) => {
    const answers = { ...site.store, ...falsify(site.store) };
    expect(await found({ answers, amount: amountFor(Object.keys(falsify(site.store))) })).not.toBe('nothing');
  });
});
