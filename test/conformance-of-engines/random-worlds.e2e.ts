import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { stories } from '../property/arbitrary-worlds.js';
import { Tally } from '../property/tally.js';
import { openSharedEngines, type SharedEngines } from './open-engines.js';
import { StoryOfEngines } from './story-of-engines.js';

const WORLDS = Math.ceil(inject('worlds') / 13);
/** Every so many worlds is asked about over HTTP as well. */
const REMOTE = 4;

/** How often something has to have happened, by world. */
const EXPECTED: Readonly<Record<string, number>> = {
  rule_allows: 4,
  rule_denies: 2,
  'allowed from above': 0.5,
  'allowed by a role on an object': 0.6,
  'allowed within a window': 1,
  'lists of several pages': 0.1,
  'lists of actions with something in them': 0.2,
  'rules held': 0.5,
  done: 0.5,
  refused: 0.1,
};

let engines: SharedEngines;

beforeAll(async () => {
  engines = await openSharedEngines();
});
afterAll(() => engines.close());

describe('a world in memory, a database and a service with the same in them', () => {
  it(
    `answer alike, and as a plain reading of the documents does, in ${WORLDS} random worlds`,
    { timeout: 30_000 + 1000 * WORLDS },
    async () => {
      const tally = new Tally();
      for (const [index, story] of fc.sample(stories(), WORLDS).entries())
        await new StoryOfEngines(engines, story, tally, index % REMOTE === 0).run();
      for (const [name, often] of Object.entries(EXPECTED)) {
        expect(tally.of(name), `${name}, of ${JSON.stringify(tally.all)}`).toBeGreaterThan(often * WORLDS);
      }
    },
  );
});
