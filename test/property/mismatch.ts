/** An answer that is not the one of the plain reading. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';

  constructor(
    readonly what: string,
    expected: unknown,
    answer: unknown,
    readonly question?: unknown,
  ) {
    super(
      [
        what,
        ...(question === undefined ? [] : [`  Question: ${JSON.stringify(question)}`]),
        `  Expected: ${JSON.stringify(expected)}`,
        `  Answer:   ${JSON.stringify(answer)}`,
      ].join('\n'),
    );
  }
}

/** The answer to a question; an error, which is none, is told as one. */
export async function answerTo<Answer>(what: string, question: unknown, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw new Mismatch(what, 'an answer', error instanceof Error ? error.stack : error, question);
  }
}
