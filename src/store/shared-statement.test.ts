import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SharedStatement, type Asking, type SharingLimits } from './shared-statement.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A database that answers when it is told to, and remembers what it was asked. */
class Answers implements Asking<number, string> {
  readonly asked: number[][] = [];
  readonly #held: { questions: number[]; settle: (error?: Error) => void }[] = [];

  constructor(private readonly answer: (question: number) => string = (question) => `answer ${question}`) {}

  one(question: number): Promise<string> {
    return this.#hold([question], () => this.answer(question));
  }

  many(questions: readonly number[]): Promise<string[]> {
    return this.#hold([...questions], () => questions.map(this.answer));
  }

  #hold<Result>(questions: number[], result: () => Result): Promise<Result> {
    this.asked.push(questions);
    return new Promise((resolve, reject) => {
      const settle = (error?: Error) => {
        if (error === undefined) resolve(result());
        else reject(error);
      };
      this.#held.push({ questions, settle });
    });
  }

  /** Answers the statement that has waited longest (or fails it), and lets what follows happen. */
  async next(error?: Error): Promise<void> {
    this.#held.shift()?.settle(error);
    for (let round = 0; round < 3; round += 1) await turn();
  }
}

const limits: SharingLimits = { together: 4, perStatement: 4, statements: 2, waiting: 20 };
const shared = (answers: Asking<number, string>, of: Partial<SharingLimits> = {}) =>
  new SharedStatement<number, string>(answers, { ...limits, ...of });

/** How a question fared, without anybody waiting for it. */
function watched(asking: Promise<string>): { outcome: string | undefined } {
  const seen: { outcome: string | undefined } = { outcome: undefined };
  asking.then(
    (answer) => (seen.outcome = answer),
    (error: { code?: string; message: string }) => (seen.outcome = `error ${error.code ?? error.message}`),
  );
  return seen;
}

describe('questions that share a statement', () => {
  it('get each their own answer', async () => {
    const answers = new Answers();
    const statement = shared(answers);
    const asked = [3, 1, 2].map((question) => statement.ask(question));
    await turn();
    expect(answers.asked).toEqual([[3, 1, 2]]);
    await answers.next();
    expect(await Promise.all(asked)).toEqual(['answer 3', 'answer 1', 'answer 2']);
  });

  it('take the plain statement when there is one alone', async () => {
    const statement = shared({
      one: (question) => Promise.resolve(`one ${question}`),
      many: (questions) => Promise.resolve(questions.map((question) => `many ${question}`)),
    });
    expect(await statement.ask(1)).toBe('one 1');
    expect(await Promise.all([statement.ask(2), statement.ask(3)])).toEqual(['many 2', 'many 3']);
  });

  it('are asked again each time: no answer is kept', async () => {
    let version = 1;
    const statement = shared({
      one: () => Promise.resolve(`version ${version}`),
      many: (questions) => Promise.resolve(questions.map(() => `version ${version}`)),
    });
    expect(await statement.ask(1)).toBe('version 1');
    version = 2;
    expect(await statement.ask(1)).toBe('version 2');
  });

  it('join no statement that has begun', async () => {
    const answers = new Answers();
    const statement = shared(answers);
    const first = statement.ask(1);
    await turn();
    const second = statement.ask(1);
    await turn();
    expect(answers.asked).toEqual([[1], [1]]);
    await answers.next();
    await answers.next();
    expect(await Promise.all([first, second])).toEqual(['answer 1', 'answer 1']);
  });

  it('go no more in one statement, and in no more statements at once, than the limits say', async () => {
    const answers = new Answers();
    const statement = shared(answers);
    const asked = Array.from({ length: 11 }, (_, question) => statement.ask(question));
    await turn();
    expect(answers.asked).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
    await answers.next();
    expect(answers.asked.slice(2)).toEqual([[8, 9, 10]]);
    await answers.next();
    await answers.next();
    expect(await Promise.all(asked)).toEqual(asked.map((_, question) => `answer ${question}`));
  });

  it('are dealt out to the statements, so that none waits for all, but for those too few to be', async () => {
    const asked = async (waiting: number, free: number): Promise<number[]> => {
      const answers = new Answers();
      const statement = shared(answers, { together: 4, perStatement: 20, statements: 3, waiting: 100 });
      for (let busy = 3; busy > free; busy -= 1) {
        void statement.ask(0);
        await turn();
      }
      for (let n = 0; n < waiting; n += 1) void statement.ask(n);
      await turn();
      return answers.asked.slice(3 - free).map((questions) => questions.length);
    };
    expect(await asked(4, 3)).toEqual([4]);
    expect(await asked(7, 3)).toEqual([4, 3]);
    expect(await asked(30, 3)).toEqual([10, 10, 10]);
    expect(await asked(31, 3)).toEqual([11, 11, 9]);
    expect(await asked(90, 3)).toEqual([20, 20, 20]);
    expect(await asked(9, 1)).toEqual([4]);
    expect(await asked(30, 1)).toEqual([10]);
  });

  it('fail all together when their statement fails, and no others with them', async () => {
    const answers = new Answers();
    const statement = shared(answers, { perStatement: 2 });
    const asked = [1, 2, 3, 4].map((question) => watched(statement.ask(question)));
    await turn();
    await answers.next(new Error('broken'));
    await answers.next();
    expect(asked.map(({ outcome }) => outcome)).toEqual(['error broken', 'error broken', 'answer 3', 'answer 4']);
    const later = statement.ask(5);
    await turn();
    await answers.next();
    expect(await later).toBe('answer 5');
  });

  it('fail alone when the plain statement fails', async () => {
    const answers = new Answers();
    const asked = watched(shared(answers).ask(1));
    await turn();
    await answers.next(new Error('broken'));
    expect(asked.outcome).toBe('error broken');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['answers one question too few', (questions: readonly number[]) => Promise.resolve(questions.slice(1).map(String))],
    ['answers one question too many', (questions: readonly number[]) => Promise.resolve([...questions, 0].map(String))],
    ['answers nothing', () => Promise.resolve([])],
  ])('are left without an answer by no statement that %s: that is an error of each', async (_, many) => {
    const statement = shared({ one: (question) => Promise.resolve(`one ${question}`), many });
    const asked = [1, 2].map((question) => watched(statement.ask(question)));
    await turn();
    await turn();
    expect(asked.map(({ outcome }) => outcome?.startsWith('error'))).toEqual([true, true]);
    expect(await statement.ask(3)).toBe('one 3');
  });

  it('are refused as soon as too many wait, and taken again when fewer do', async () => {
    const answers = new Answers();
    const statement = shared(answers, { waiting: 3, perStatement: 1, statements: 1 });
    const asked = [0, 1, 2, 3, 4].map((question) => watched(statement.ask(question)));
    await turn();
    expect(asked.map(({ outcome }) => outcome)).toEqual([
      undefined,
      undefined,
      undefined,
      'error overloaded',
      'error overloaded',
    ]);
    expect(answers.asked).toEqual([[0]]);
    const again = watched(statement.ask(5));
    for (let round = 0; round < 4; round += 1) await answers.next();
    expect([...asked, again].map(({ outcome }) => outcome)).toEqual([
      'answer 0',
      'answer 1',
      'answer 2',
      'error overloaded',
      'error overloaded',
      'answer 5',
    ]);
  });

  it('are each answered once and rightly, in whatever order they come and the database answers', async () => {
    const step = fc.oneof(
      fc.nat(1000).map((question) => ({ question })),
      fc.constantFrom('answer', 'fail', 'turn'),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, perStatement, statements) => {
          const answers = new Answers();
          const statement = shared(answers, { perStatement, statements, waiting: 1000 });
          const asked: { question: number; seen: { outcome: string | undefined } }[] = [];
          for (const each of steps) {
            if (typeof each === 'object')
              asked.push({ question: each.question, seen: watched(statement.ask(each.question)) });
            else if (each === 'turn') await turn();
            else await answers.next(each === 'fail' ? new Error('broken') : undefined);
          }
          for (let left = asked.length; left >= 0; left -= 1) await answers.next();
          for (const { question, seen } of asked)
            expect([`answer ${question}`, 'error broken']).toContain(seen.outcome);
          expect(answers.asked.flat()).toHaveLength(asked.length);
          expect(Math.max(0, ...answers.asked.map((list) => list.length))).toBeLessThanOrEqual(perStatement);
        },
      ),
      { numRuns: 60 },
    );
  });
});
