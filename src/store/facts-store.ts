import type { FactsSource } from '../core/decider.js';
import type { Facts, FetchedRule, Mode, Question } from '../core/model.js';
import { CastellanError } from '../core/errors.js';
import type { SqlExecutor } from './executor.js';
import { FACTS_OF_MANY, FACTS_OF_ONE, type FactsRow } from './facts-sql.js';
import { SharedStatement } from './shared-statement.js';
import type { QuestionLoad } from './store-load.js';

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
    const rows = await this.sql.query<FactsRow>(FACTS_OF_MANY, [
      questions.map((question) => question.subject.type),
      questions.map((question) => question.subject.id),
      questions.map((question) => question.permission.type),
      questions.map((question) => question.permission.action),
      questions.map((question) => question.object?.type ?? null),
      questions.map((question) => question.object?.id ?? null),
    ]);
    const byQuestion: FactsRow[][] = questions.map(() => []);
    for (const row of rows) byQuestion[Number(row.n) - 1]?.push(row);
    return byQuestion.map(factsOf);
  }
}

/** The hot path: questions of all requests at the same moment travel in one statement. */
export class SharedFacts implements FactsSource {
  readonly #shared: SharedStatement<Question, Facts>;

  constructor(sql: SqlExecutor, statements = 3) {
    this.#shared = new SharedStatement(new FactsStore(sql), {
      together: 16,
      perStatement: 256,
      statements,
      waiting: 20_000,
    });
  }

  get load(): QuestionLoad {
    return this.#shared.load;
  }

  fetchFacts(questions: readonly Question[]): Promise<Facts[]> {
    return Promise.all(questions.map((question) => this.#shared.ask(question)));
  }
}

const NO_RULES: readonly FetchedRule[] = [];

/** What the rows of one question say. */
export function factsOf(rows: readonly FactsRow[]): Facts {
  const [first] = rows;
  if (!first) throw new CastellanError('internal', 'The database left a question without an answer.');
  const conditional = rows.find((row) => row.condition !== null);
  return {
    subject: first.subject === 0 ? 'unknown' : first.subject === 1 ? 'inactive' : 'active',
    superuser: first.subject === 3,
    typeKnown: first.mode !== null,
    actionKnown: first.action_known,
    objectKnown: first.object_known,
    mode: (first.mode ?? 'union') as Mode,
    rules: first.id === null ? NO_RULES : rows.map(ruleOf),
    subjectAttributes: conditional?.subject_attributes ?? null,
    objectAttributes: conditional?.object_attributes ?? null,
  };
}

function ruleOf(row: FactsRow): FetchedRule {
  return {
    id: row.id ?? '',
    source: row.source === 'grant' ? 'grant' : 'role',
    effect: row.allow ? 'allow' : 'deny',
    placed: row.everywhere ? 'everywhere' : 'object',
    condition: row.condition,
    fields: row.fields.length > 0 ? row.fields : null,
  };
}
