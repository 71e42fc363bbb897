import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { applyPolicy } from '../../src/app/policy/apply-policy.js';
import { parsePolicy } from '../../src/app/policy/parse-policy.js';
import { operator } from '../../src/core/caller.js';
import { stories } from './arbitrary-worlds.js';
import { Comparison, USUAL } from './comparison.js';
import { Draw } from './draw.js';
import { worldOf } from './operations.js';
import { orderAsSeeds, seedOf } from './seed-of-world.js';
import { Site } from './site.js';
import { Tally } from './tally.js';

const worlds = Math.ceil(inject('worlds') / 50);
const noPasswords = { hash: () => Promise.reject(new Error('There is no password in it')) };

describe('a world, printed as a seed file', () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site.close());

  it(
    `gives an empty database the answers of the world, ${worlds} times`,
    { timeout: 20_000 + 2000 * worlds },
    async () => {
      const tally = new Tally();
      for (const story of fc.sample(stories(), worlds)) {
        const { world } = worldOf(site.start, story.beginning);
        orderAsSeeds(world);
        const seed = parsePolicy(seedOf(world), 'world.json');
        await site.planting.clear();
        await applyPolicy(site.store, operator('test', 'test'), seed, noPasswords);
        const comparison = new Comparison(site.store, world, { vocabulary: story, draw: new Draw(story.dice) }, tally);
        await comparison.run({ ...USUAL, questions: 300 });
      }
      expect(tally.of('rule_allows')).toBeGreaterThan(worlds);
      expect(tally.of('rule_denies')).toBeGreaterThan(worlds);
    },
  );
});
