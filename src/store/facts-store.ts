import type { FactsSource } from '../core/decider.js';
import type { Facts, FetchedRule, Mode, Question } from '../core/model.js';
import { CastellanError } from '../core/errors.js';
import type { SqlExecutor } from './executor.js';
import { FACTS_OF_MANY, FACTS_OF_ONE, FACTS_OF_PAIRS, FLAGS, type FactsRow } from './facts-sql.js';
import { SharedStatement, type Asking } from './shared-statement.js';
import type { QuestionLoad } from './store-load.js';

/** One question, or two that differ in their action only: may it be viewed, and may this be done with it? */
export type AskedTogether = readonly [Question] | readonly [Question, Question];

function differInAction({ subject, permission, object }: Question, other: Question): boolean {
  if (permission.type !== other.permission.type) return false;
  if (subject.type !== other.subject.type || subject.id !== other.subject.id) return false;
  return object?.type === other.object?.type && object?.id === other.object?.id;
}

/** Reads the facts of questions over one executor: a pool, or the transaction whose writes they must see. */
export class FactsStore implements FactsSource {
  constructor(private readonly sql: SqlExecutor) {}

  async fetchFacts(questions: readonly Question[]): Promise<Facts[]> {
    const [only] = questions;
    if (!only) return [];
    if (questions.length === 1) return [await this.one(only)];
    return this.many(questions);
  }

  async one(question: Question): Promise<Facts> {
    const rows = await this.sql.query<FactsRow>(FACTS_OF_ONE, [
      question.subject.type,
      question.subject.id,
      question.permission.type,
      question.permission.action,
      question.object?.type ?? null,
      question.object?.id ?? null,
    ]);
    return factsOf(rows);
  }

  async many(questions: readonly Question[]): Promise<Facts[]> {
    const rows = await this.sql.query<FactsRow>(FACTS_OF_MANY, columnsOf(questions));
    return rowsOfEach(rows, questions.length).map((own) => factsOf(own));
  }

  /** The facts of each question, and of the one that stands with it, in their order. */
  async pairs(pairs: readonly AskedTogether[]): Promise<Facts[][]> {
    const rows = await this.sql.query<FactsRow>(FACTS_OF_PAIRS, [
      ...columnsOf(pairs.map(([question]) => question)),
      pairs.map(([, other]) => other?.permission.action ?? null),
    ]);
    return rowsOfEach(rows, pairs.length).map((own, index) => {
      const first = factsOf(own, FIRST);
      return pairs[index]?.[1] ? [first, factsOf(own, OTHER)] : [first];
    });
  }
}

function rowsOfEach(rows: readonly FactsRow[], count: number): FactsRow[][] {
  const each = Array.from({ length: count }, (): FactsRow[] => []);
  for (const row of rows) each[Number(row.n) - 1]?.push(row);
  return each;
}

const columnsOf = (questions: readonly Question[]): (string | null)[][] => [
  questions.map((question) => question.subject.type),
  questions.map((question) => question.subject.id),
  questions.map((question) => question.permission.type),
  questions.map((question) => question.permission.action),
  questions.map((question) => question.object?.type ?? null),
  questions.map((question) => question.object?.id ?? null),
];

/** The hot path: questions of all requests at the same moment travel in one statement. */
export class SharedFacts implements FactsSource {
  readonly #shared: SharedStatement<AskedTogether, Facts[]>;

  constructor(sql: SqlExecutor, statements = 2) {
    this.#shared = new SharedStatement(askingTogether(new FactsStore(sql)), {
      together: 24,
      perStatement: 256,
      statements,
      waiting: 20_000,
    });
  }

  get load(): QuestionLoad {
    return this.#shared.load;
  }

  fetchFacts(questions: readonly Question[]): Promise<Facts[]> {
    const [first, second] = questions;
    if (first && questions.length === 1) return this.#shared.ask([first]);
    if (first && second && questions.length === 2 && differInAction(first, second))
      return this.#shared.ask([first, second]);
    return Promise.all(questions.map((question) => this.#shared.ask([question]))).then((answers) => answers.flat());
  }
}

/** Puts questions to the database by the statement that is made for them. */
function askingTogether(store: FactsStore): Asking<AskedTogether, Facts[]> {
  return {
    one: async (asked) => (asked.length === 1 ? [await store.one(asked[0])] : ((await store.pairs([asked]))[0] ?? [])),
    many: async (all) => {
      if (all.some(({ length }) => length === 2)) return store.pairs(all);
      return (await store.many(all.map(([question]) => question))).map((facts) => [facts]);
    },
  };
}

const NO_RULES: readonly FetchedRule[] = [];

/** By which flags the rows of a pair say what is known of one of its questions. */
interface OfPair {
  readonly known: number;
  readonly about: number;
}
const FIRST: OfPair = { known: FLAGS.actionKnown, about: FLAGS.aboutFirst };
const OTHER: OfPair = { known: FLAGS.otherActionKnown, about: FLAGS.aboutOther };

/** What the rows of one question say; or those of a pair, about one of the two. */
export function factsOf(rows: readonly FactsRow[], one?: OfPair): Facts {
  const [first] = rows;
  if (!first) throw new CastellanError('internal', 'The database left a question without an answer.');
  const { flags, mode } = first;
  const told = first.id === null ? [] : one ? rows.filter((row) => (row.flags & one.about) !== 0) : rows;
  const conditional = told.find((row) => row.condition !== null);
  const subject = flags & FLAGS.subject;
  return {
    subject: subject === 0 ? 'unknown' : subject === 1 ? 'inactive' : 'active',
    superuser: subject === 3,
    typeKnown: mode !== null,
    actionKnown: (flags & (one?.known ?? FLAGS.actionKnown)) !== 0,
    objectKnown: (flags & FLAGS.objectKnown) !== 0,
    mode: (mode ?? 'union') as Mode,
    rules: told.length === 0 ? NO_RULES : told.map(ruleOf),
    subjectAttributes: conditional?.subject_attributes ?? null,
    objectAttributes: conditional?.object_attributes ?? null,
  };
}

function ruleOf({ id, flags, condition, fields }: FactsRow): FetchedRule {
  return {
    id: id ?? '',
    source: (flags & FLAGS.grant) === 0 ? 'role' : 'grant',
    effect: (flags & FLAGS.allow) === 0 ? 'deny' : 'allow',
    placed: (flags & FLAGS.everywhere) === 0 ? 'object' : 'everywhere',
    condition,
    fields: fields && fields.length > 0 ? fields : null,
  };
}
