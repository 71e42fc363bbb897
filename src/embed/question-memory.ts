import type { Decision, Question } from '../core/model.js';
import type { ActionsAsked, AuthzEngine } from '../core/ports/engine.js';

/** What a checker asks. */
export type Asked = Pick<AuthzEngine, 'decideAll' | 'actions' | 'objects'>;

/** Counts the writes that were made through one engine, for those who remember its answers. */
export class WriteCount {
  #made = 0;

  get made(): number {
    return this.#made;
  }

  count(): void {
    this.#made += 1;
  }
}

interface Remembered {
  readonly batch: Promise<Decision[]>;
  readonly index: number;
}

/**
 * Remembers what one request asked, for as long as the request lasts: what is asked twice, also at the same time, is asked once. A
 * question that failed is not remembered. Once a write was made nothing is, as nobody tells when its transaction ends.
 */
export class QuestionMemory implements Asked {
  readonly #made: number;
  /** What was asked and has no key yet: most requests ask once, and need none. */
  #asked: { readonly questions: readonly Question[]; readonly batch: Promise<Decision[]> }[] = [];
  #decisions: Map<string, Remembered> | undefined;
  #actions: Map<string, Promise<string[]>> | undefined;

  constructor(
    private readonly engine: AuthzEngine,
    private readonly writes: WriteCount,
  ) {
    this.#made = writes.made;
  }

  /** @throws CastellanError as the engine does. */
  decideAll(questions: readonly Question[]): Promise<Decision[]> {
    if (!this.#isFresh()) return this.engine.decideAll(questions);
    if (!this.#decisions && this.#asked.length === 0) return this.#ask(questions);
    return this.#recallOrAsk(questions);
  }

  /** @throws CastellanError as the engine does. */
  async actions(asked: ActionsAsked): Promise<string[]> {
    if (!this.#isFresh()) return this.engine.actions(asked);
    const { subject, object, supplied, mode } = asked;
    const key = JSON.stringify([subject.type, subject.id, object.type, object.id, mode, supplied]);
    const known = (this.#actions ??= new Map());
    let answer = known.get(key);
    if (!answer) {
      answer = this.engine.actions(asked);
      known.set(key, answer);
      answer.catch(() => known.delete(key));
    }
    return [...(await answer)];
  }

  /** A list is not remembered: its pages are long, and asked for once. @throws CastellanError as the engine does. */
  objects(...asked: Parameters<AuthzEngine['objects']>): ReturnType<AuthzEngine['objects']> {
    return this.engine.objects(...asked);
  }

  #isFresh(): boolean {
    return this.writes.made === this.#made;
  }

  async #ask(questions: readonly Question[]): Promise<Decision[]> {
    const batch = this.engine.decideAll(questions);
    this.#asked.push({ questions, batch });
    try {
      return await batch;
    } catch (error) {
      this.#forget(batch);
      throw error;
    }
  }

  async #recallOrAsk(questions: readonly Question[]): Promise<Decision[]> {
    const known = this.#known();
    const missing: Question[] = [];
    const places = new Map<string, number>();
    const found = questions.map((question): Remembered | number => {
      const key = keyOf(question);
      const remembered = known.get(key);
      if (remembered) return remembered;
      let place = places.get(key);
      if (place === undefined) places.set(key, (place = missing.push(question) - 1));
      return place;
    });
    // Its own first: whoever asked the others waits for them.
    const asked = missing.length > 0 ? await this.#ask(missing) : [];
    const decisions: (Decision | undefined)[] = [];
    for (const one of found) decisions.push(typeof one === 'number' ? asked[one] : (await one.batch)[one.index]);
    return decisions as Decision[];
  }

  #known(): Map<string, Remembered> {
    const known = (this.#decisions ??= new Map<string, Remembered>());
    for (const { questions, batch } of this.#asked) {
      for (const [index, question] of questions.entries()) known.set(keyOf(question), { batch, index });
    }
    this.#asked = [];
    return known;
  }

  #forget(failed: Promise<Decision[]>): void {
    this.#asked = this.#asked.filter(({ batch }) => batch !== failed);
    for (const [key, { batch }] of this.#decisions ?? []) if (batch === failed) this.#decisions?.delete(key);
  }
}

function keyOf({ subject, permission, object, mode, proposed, supplied }: Question): string {
  return JSON.stringify([
    subject.type,
    subject.id,
    permission.type,
    permission.action,
    object?.type,
    object?.id,
    mode,
    proposed,
    supplied,
  ]);
}
