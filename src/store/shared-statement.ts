import { context, type Context } from '@opentelemetry/api';
import { CastellanError } from '../core/errors.js';
import type { QuestionLoad } from './store-load.js';

/** How one kind of question is put to the database: alone, or many in one statement, answered in their order. */
export interface Asking<Question, Answer> {
  one(question: Question): Promise<Answer>;
  many(questions: readonly Question[]): Promise<Answer[]>;
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  /** Whose trace the question belongs to, where traces are kept. */
  readonly trace: Context;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** How many questions one statement carries, how many statements run at once, and how many questions may wait. */
export interface SharingLimits {
  /** What waits is dealt out to the statements, but for so few. */
  readonly together: number;
  readonly perStatement: number;
  readonly statements: number;
  readonly waiting: number;
}

/** For look-ups of one key: whatever waits goes into the next statement, and there is one at a time. */
export const ONE_STATEMENT: SharingLimits = { together: 1, perStatement: 256, statements: 1, waiting: 20_000 };

/**
 * Lets questions that arrive together share one statement. Each is still answered from the database, by a statement that
 * starts after the question was asked: nothing is kept from one statement to the next. A lone question takes the plain one.
 */
export class SharedStatement<Question, Answer> {
  #waiting: Waiting<Question, Answer>[] = [];
  #running = 0;
  #scheduled = false;

  constructor(
    private readonly asking: Asking<Question, Answer>,
    private readonly limits: SharingLimits,
  ) {}

  /** @throws CastellanError `overloaded` when too many questions wait already; or as the statement does. */
  ask(question: Question): Promise<Answer> {
    if (this.#waiting.length >= this.limits.waiting) {
      return Promise.reject(
        new CastellanError('overloaded', 'Too many decisions are waiting for the database; try again shortly.'),
      );
    }
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ question, trace: context.active(), resolve, reject });
      this.#schedule();
    });
  }

  get load(): QuestionLoad {
    return { waiting: this.#waiting.length, running: this.#running };
  }

  // One turn of the event loop reads every socket that is ready: whatever that brings goes out together.
  #schedule(): void {
    if (this.#scheduled || this.#running >= this.limits.statements) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  #start(): void {
    const share = this.#shareOf(this.#waiting.length);
    while (this.#running < this.limits.statements && this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = batch.splice(share);
      this.#running += 1;
      // Otherwise it would run in the name of whoever asked before.
      void context
        .with(batch[0]?.trace ?? context.active(), () => this.#run(batch))
        .finally(() => {
          this.#running -= 1;
          if (this.#waiting.length > 0) this.#schedule();
        });
    }
  }

  // All that waits in one statement would have the service wait for the database, and then the database for the service.
  #shareOf(waiting: number): number {
    const { together, perStatement, statements } = this.limits;
    return Math.min(perStatement, Math.max(together, Math.ceil(waiting / statements)));
  }

  async #run(batch: Waiting<Question, Answer>[]): Promise<void> {
    try {
      const [only] = batch;
      if (only && batch.length === 1) {
        only.resolve(await this.asking.one(only.question));
        return;
      }
      const answers = await this.asking.many(batch.map((waiting) => waiting.question));
      if (answers.length !== batch.length)
        throw new CastellanError('internal', 'A question was left without an answer.');
      batch.forEach((waiting, index) => waiting.resolve(answers[index] as Answer));
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
  }
}
