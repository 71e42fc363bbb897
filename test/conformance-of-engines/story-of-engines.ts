import { isDeepStrictEqual } from 'node:util';
import type { AuthzEngine } from '../../src/core/ports/engine.js';
import { World } from '../../src/testing/world.js';
import type { Story } from '../property/arbitrary-worlds.js';
import { Draw } from '../property/draw.js';
import { fitted } from '../property/fitting.js';
import { Mismatch } from '../property/mismatch.js';
import { operationIn, worldAfter, worldOf } from '../property/operations.js';
import { seedOf } from '../property/seed-of-world.js';
import type { Tally } from '../property/tally.js';
import type { World as OracleWorld } from '../property/world.js';
import { carryOutInMemory, refusalInMemory } from './carry-out-in-memory.js';
import { compareEngine } from './compare-engine.js';
import type { SharedEngines } from './open-engines.js';
import { Transcript } from './transcript.js';

const AMOUNT = { questions: 30, lists: 1, actions: 1, rules: 1 };

/** One story, told to a world in memory and to a database, with its answers compared after the beginning and after each step. */
export class StoryOfEngines {
  readonly #memory = new World().user('admin', { superuser: true });
  #world: OracleWorld;

  constructor(
    private readonly shared: SharedEngines,
    private readonly story: Story,
    private readonly tally: Tally,
    private readonly withRemote: boolean,
  ) {
    this.#world = shared.site.start;
  }

  async run(): Promise<void> {
    const { planting } = this.shared.site;
    const { world, done } = worldOf(this.#world, this.story.beginning);
    for (const operation of done) carryOutInMemory(this.#memory, operation);
    await planting.clear();
    await planting.plant(world);
    this.#world = world;
    await this.#compare();
    for (const { wanted, fit } of this.story.steps) {
      const operation = operationIn(this.#world, fit === undefined ? wanted : fitted(this.#world, wanted, fit));
      if (!operation) continue;
      const after = worldAfter(this.#world, operation);
      const refusal = refusalInMemory(this.#memory, operation);
      const inDatabase = await this.shared.change(operation);
      if (inDatabase !== refusal) throw new Mismatch('the refusal of a change', refusal, inDatabase, operation);
      this.tally.add(refusal === undefined ? 'done' : 'refused');
      this.#world = after ?? this.#world;
      if (after) await this.#compare();
    }
  }

  async #compare(): Promise<void> {
    const { database, remote } = this.shared;
    const inMemory = await this.#answers(this.#memory.engine());
    expectAlike(inMemory, await this.#answers(database));
    if (this.withRemote) expectAlike(inMemory, await this.#answers(remote));
  }

  /** Everything that is asked, which is the same for each engine, with its answers. */
  async #answers(engine: AuthzEngine): Promise<unknown[]> {
    const transcript = new Transcript(engine);
    const draw = new Draw(this.story.dice);
    try {
      await compareEngine(transcript, this.#world, { vocabulary: this.story, draw, amount: AMOUNT }, this.tally);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${engine.constructor.name}: ${reason}\n${seedOf(this.#world)}`, { cause: error });
    }
    return transcript.answers;
  }
}

function expectAlike(inMemory: readonly unknown[], others: readonly unknown[]): void {
  const index = inMemory.findIndex((answer, n) => !isDeepStrictEqual(answer, others[n]));
  if (index >= 0 || inMemory.length !== others.length)
    throw new Mismatch('what another engine answers', inMemory[index], others[index]);
}
