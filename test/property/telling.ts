import { operator } from '../../src/core/caller.js';
import { CastellanError } from '../../src/core/errors.js';
import { integrityFaults } from '../support/integrity.js';
import type { Step, Story } from './arbitrary-worlds.js';
import { canGoOverHttp, carryOutOverHttp } from './carry-out-over-http.js';
import { carryOut, scopeOf } from './carry-out.js';
import { Comparison, OF_PLAIN, USUAL, type Amount, type Answers } from './comparison.js';
import { Draw } from './draw.js';
import { fitted } from './fitting.js';
import { Mismatch } from './mismatch.js';
import type { Operation } from './operation.js';
import { operationIn, worldAfter, worldOf } from './operations.js';
import { seedOf } from './seed-of-world.js';
import type { Site } from './site.js';
import type { Tally } from './tally.js';
import type { World } from './world.js';

const author = operator('test', 'test');

/** How a story is told. */
export interface Manner {
  /** What answers: the site's store, unless a test of the test stands between. */
  readonly answers?: Answers;
  /** What is planted for a world: itself, unless a test of the test wants a fault. */
  readonly planted?: (world: World) => World;
  /** What is asked after each step; the usual without it, and then not of every beginning. */
  readonly amount?: Amount;
}

/**
 * Tells one story to the database, and compares after each step what it answers with what the plain reading says of the same
 * world. Most worlds begin by being planted, some by the writers; most steps are taken by the store's writers, some over HTTP.
 */
export class Telling {
  #world: World;
  readonly #told: string[] = [];
  readonly #draw: Draw;

  constructor(
    private readonly site: Site,
    private readonly story: Story,
    private readonly tally: Tally,
    private readonly manner: Manner = {},
  ) {
    this.#world = site.start;
    this.#draw = new Draw(story.dice);
  }

  /** @throws Error that says what was asked of which world, what the answer was, and how that world came about. */
  async tell(): Promise<void> {
    try {
      await this.#begin();
      if (this.manner.amount || this.story.dice % 5 === 0) await this.#compare();
      for (const step of this.story.steps) {
        if (await this.#take(step)) await this.#compare();
      }
      // Whatever went wrong on the way is there to be seen at the end.
      if (this.manner.amount || this.story.dice % 4 === 0) await this.#expectIntegrity();
    } catch (error) {
      throw this.#report(error);
    }
  }

  async #begin(): Promise<void> {
    const { estimates, planting, store } = this.site;
    const { world, done } = worldOf(this.#world, this.story.beginning);
    this.#world = world;
    await planting.clear();
    estimates.few = [undefined, true, false][this.story.dice % 3];
    const { planted } = this.manner;
    const byWriters = this.story.dice % 16 === 0 && !planted;
    if (byWriters) {
      const grants = done.flatMap((operation) => (operation.do === 'grant' ? operation.grants : []));
      const others = done.filter((operation) => operation.do !== 'grant');
      await store.writes.write(author, 'structure', async (unit) => {
        for (const operation of others) await carryOut(unit, operation);
        if (grants.length > 0) await carryOut(unit, { do: 'grant', grants });
      });
    } else await planting.plant(planted?.(world) ?? world);
    this.tally.add(byWriters ? 'worlds begun by the writers' : 'worlds planted');
  }

  /** Takes the step if there is anything to take; whether there was. */
  async #take({ wanted, fit, over }: Step): Promise<boolean> {
    const fitting = fit === undefined ? wanted : fitted(this.#world, wanted, fit);
    const operation = operationIn(this.#world, fitting);
    if (!operation) return false;
    const after = worldAfter(this.#world, operation);
    // A few that are to be refused are enough.
    if (!after && !this.#draw.once(4)) return false;
    const way = over === 'http' && canGoOverHttp(this.#world, operation) ? 'http' : 'store';
    this.#told.push(`${way}: ${JSON.stringify(operation)}`);
    const refusal = await (way === 'http' ? this.#takeOverHttp(operation) : this.#takeInStore(operation));
    if (after && refusal !== undefined)
      throw new Mismatch('a write that is possible', 'it is done', refusal, operation);
    if (!after && refusal === undefined)
      throw new Mismatch('a write that is not possible', 'it is refused', 'it is done', operation);
    this.#world = after ?? this.#world;
    this.tally.add(after ? `${operation.do} over ${way}` : 'refused');
    return true;
  }

  /** @returns the refusal, if any. */
  async #takeInStore(operation: Operation): Promise<string | undefined> {
    try {
      await this.site.store.writes.write(author, scopeOf(operation), (unit) => carryOut(unit, operation));
      return undefined;
    } catch (error) {
      if (error instanceof CastellanError && error.status < 500) return error.message;
      throw error;
    }
  }

  async #takeOverHttp(operation: Operation): Promise<string | undefined> {
    const { app, authorization } = this.site;
    const answer = await carryOutOverHttp(app, authorization, this.#world, operation);
    if (answer.status < 300) return undefined;
    if (answer.status >= 500) throw new Mismatch('a write over HTTP', 'an answer', answer, operation);
    return `${answer.status} ${answer.body}`;
  }

  async #compare(): Promise<void> {
    const { manner, site, story, tally } = this;
    const comparison = new Comparison(
      manner.answers ?? site.store,
      this.#world,
      { vocabulary: story, draw: this.#draw },
      tally,
    );
    tally.add('comparisons');
    await comparison.run(manner.amount ?? (story.plain ? OF_PLAIN : USUAL));
  }

  async #expectIntegrity(): Promise<void> {
    const { client } = this.site;
    const faults = await integrityFaults({
      query: (text: string) => client.query({ name: 'integrity', text }),
    } as Parameters<typeof integrityFaults>[0]);
    if (faults.length > 0) throw new Mismatch('what the tables say of each other', [], faults);
  }

  #report(error: unknown): Error {
    const reason = error instanceof Mismatch ? error.message : error instanceof Error ? error.stack : String(error);
    const { few } = this.site.estimates;
    const estimates =
      few === undefined ? [] : [`The planner was let believe in ${few ? 'few objects' : 'many objects'}.`];
    const how = ['As it was told, the last step last:', ...this.#told.map((line) => `  ${line}`), ...estimates];
    const lines = [reason, ...how, 'The world, as a seed file:', seedOf(this.#world)];
    return new Error(lines.join('\n'), { cause: error });
  }
}
