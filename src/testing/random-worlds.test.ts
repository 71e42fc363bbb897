import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusalInMemory } from '../../test/conformance-of-engines/carry-out-in-memory.js';
import { compareEngine } from '../../test/conformance-of-engines/compare-engine.js';
import { stories, type Story } from '../../test/property/arbitrary-worlds.js';
import { Draw } from '../../test/property/draw.js';
import { fitted } from '../../test/property/fitting.js';
import { Mismatch } from '../../test/property/mismatch.js';
import { operationIn, worldAfter, worldOf } from '../../test/property/operations.js';
import { orderAsSeeds, seedOf } from '../../test/property/seed-of-world.js';
import { Tally } from '../../test/property/tally.js';
import { emptyWorld, type World as OracleWorld } from '../../test/property/world.js';
import { parsePolicy } from '../app/policy/parse-policy.js';
import { worldFromPolicy } from './world-policy.js';
import { World } from './world.js';

const WORLDS = 80;
const AMOUNT = { questions: 60, lists: 1, actions: 2, rules: 2 };
const ROOT = { id: 'admin', active: true, superuser: true, attributes: {} };

/** How often something has to have happened, by world. */
const EXPECTED: Readonly<Record<string, number>> = {
  rule_allows: 5,
  rule_denies: 2,
  'allowed from above': 0.5,
  'allowed by a role on an object': 0.8,
  'allowed by a grant to a role': 0.3,
  'allowed within a window': 1,
  'lists of several pages': 0.1,
  'lists of actions with something in them': 0.5,
  'rules held': 0.5,
  done: 3,
  refused: 0.1,
};

describe('a world in memory', () => {
  it(`answers as a plain reading of the documents does, after every change, in ${WORLDS} random worlds`, async () => {
    const tally = new Tally();
    await fc.assert(
      fc.asyncProperty(stories(), (story) => tell(story, tally)),
      { numRuns: WORLDS, interruptAfterTimeLimit: 50_000, markInterruptAsFailure: true },
    );
    for (const [name, often] of Object.entries(EXPECTED)) {
      expect(tally.of(name), `${name}, of ${JSON.stringify(tally.all)}`).toBeGreaterThan(often * WORLDS);
    }
  }, 60_000);

  it('answers so as well when it is made of a policy file', async () => {
    const tally = new Tally();
    for (const [told, story] of fc.sample(stories(), 200).entries()) {
      // Some twenty have it all, but not any twenty.
      if (told >= 20 && tally.of('rule_allows') > 20 && tally.of('lists of several pages') > 0) break;
      const { world } = worldOf({ ...emptyWorld(), users: [ROOT] }, story.beginning);
      orderAsSeeds(world);
      const engine = worldFromPolicy(parsePolicy(seedOf(world), 'world.json')).engine();
      const asking = { vocabulary: story, draw: new Draw(story.dice), amount: AMOUNT };
      await compareEngine(engine, world, asking, tally).catch((error: unknown) =>
        Promise.reject(withWorld(error, world)),
      );
    }
    expect(tally.of('rule_allows')).toBeGreaterThan(20);
    expect(tally.of('lists of several pages')).toBeGreaterThan(0);
  }, 60_000);
});

async function tell(story: Story, tally: Tally): Promise<void> {
  const draw = new Draw(story.dice);
  let expected: OracleWorld = { ...emptyWorld(), users: [ROOT] };
  const world = new World().user(ROOT.id, ROOT);
  const compare = async (): Promise<void> => {
    await compareEngine(world.engine(), expected, { vocabulary: story, draw, amount: AMOUNT }, tally);
  };
  const steps = [
    ...story.beginning.map((wanted, fit) => ({ wanted, fit, isLast: fit === story.beginning.length - 1 })),
    ...story.steps.map(({ wanted, fit }) => ({ wanted, fit, isLast: true })),
  ];
  for (const { wanted, fit, isLast } of steps) {
    const operation = operationIn(expected, fit === undefined ? wanted : fitted(expected, wanted, fit));
    if (!operation) continue;
    const after = worldAfter(expected, operation);
    // Where the world is not to change, it has to be the one it was.
    const refusal = refusalInMemory(world, operation);
    if ((refusal === undefined) !== (after !== null))
      throw new Mismatch('a change', after ? 'it is done' : 'it is refused', refusal, operation);
    tally.add(after ? 'done' : 'refused');
    expected = after ?? expected;
    if (isLast) await compare().catch((error: unknown) => Promise.reject(withWorld(error, expected)));
  }
}

function withWorld(error: unknown, world: OracleWorld): Error {
  return new Error(`${error instanceof Error ? error.message : String(error)}\n${seedOf(world)}`, { cause: error });
}
