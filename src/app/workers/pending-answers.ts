/** Questions to another process that wait for their answers, by number. */
export class PendingAnswers<Answer> {
  readonly #waiting = new Map<number, (answer: Answer | null) => void>();
  #last = 0;

  constructor(private readonly patienceMs: number) {}

  /** Asks, and answers null when no answer comes in time. */
  ask(send: (id: number) => void): Promise<Answer | null> {
    const id = (this.#last += 1);
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#settle(id, null), this.patienceMs);
      this.#waiting.set(id, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
      send(id);
    });
  }

  /** Takes an answer; one that comes too late is dropped. */
  take(id: number, answer: Answer | null): void {
    this.#settle(id, answer);
  }

  #settle(id: number, answer: Answer | null): void {
    const settle = this.#waiting.get(id);
    this.#waiting.delete(id);
    settle?.(answer);
  }
}
