import { mkdirSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { stories, type Story } from './arbitrary-worlds.js';
import { THOROUGH } from './comparison.js';
import { Site } from './site.js';
import { Tally } from './tally.js';
import { Telling } from './telling.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** where worlds start from; undefined for another place each time */
    worldSeed: number | undefined;
    /** a folder that the number of worlds told is written to, to be watched while it grows */
    worldProgress: string | undefined;
  }
}

/** How many test files share the worlds: as many as there are cores at least, and each takes a while to come up to speed. */
const SHARES = 2;

const MOST_TIME_FOR_MAKING_SMALLER = 60_000;

/** How often something has to have happened, by world: a third of how often it usually does. */
const EXPECTED: Readonly<Record<string, number>> = {
  decisions: 30,
  rule_allows: 5,
  rule_denies: 2,
  no_rule_allows: 20,
  superuser: 2,
  subject_inactive: 1.5,
  unknown_type: 1,
  unknown_action: 2,
  'condition true': 1.2,
  'condition false': 2.5,
  'condition unknown': 4,
  'allowed everywhere': 2.5,
  'allowed on the object': 1.5,
  'allowed from above': 0.5,
  'allowed by a condition': 0.3,
  'allowed by a role on an object': 0.8,
  'allowed by a grant to a role': 0.3,
  'allowed by an included role': 0.1,
  'allowed through a group in a group': 0.004,
  'allowed by mode union': 3,
  'allowed by mode both': 0.1,
  'allowed by mode object': 0.7,
  'allowed within a window': 1,
  'allowed on some fields': 0.8,
  'allowed of what is proposed': 1,
  'allowed with properties supplied': 2.5,
  'field denied': 3,
  lists: 0.6,
  'held anywhere': 0.04,
  'lists with something in them': 0.3,
  'lists of several pages': 0.08,
  'narrowed lists with something in them': 0.05,
  'listed in part': 0.01,
  'found what may be viewed': 0.015,
  'lists of subjects': 0.1,
  'lists of several subjects': 0.03,
  'lists of actions with something in them': 0.05,
  explanations: 0.08,
  'worlds begun by the writers': 0.015,
  'grant over store': 0.05,
  'grant over http': 0.015,
  'revoke over store': 0.015,
  'assign over store': 0.03,
  'move over store': 0.05,
  'move over http': 0.003,
  'delete over store': 0.025,
  'delete and add over store': 0.025,
  'change type over store': 0.025,
  'change role over store': 0.03,
  'change user over store': 0.04,
  refused: 0.05,
  'estimates falsified': 0.1,
};

/** One share of the worlds: a test that tells each its story, and that they were worth telling. */
export function tellWorlds(share: number): void {
  const worlds = Math.ceil(inject('worlds') / SHARES);
  const patience = 30_000 + 1000 * worlds;
  const tally = new Tally();
  let site: Site;

  describe(`decisions and lists, share ${share} of ${SHARES}`, () => {
    beforeAll(async () => {
      site = await Site.open();
    });
    afterAll(() => site.close());

    it(
      `are what a plain reading of the documents says, after every write in ${worlds} worlds`,
      { timeout: 2 * patience },
      async () => {
        let told = 0;
        let foundAt: number | undefined;
        const property = fc.asyncProperty(stories(), async (story) => {
          if (foundAt !== undefined && performance.now() - foundAt > MOST_TIME_FOR_MAKING_SMALLER) return;
          // A failing world is made smaller: whatever is left of it is asked about from end to end.
          const telling = new Telling(site, story, tally, foundAt === undefined ? {} : { amount: THOROUGH });
          await telling.tell().catch((error: unknown) => {
            foundAt ??= performance.now();
            throw error;
          });
          told += 1;
          if (told % 25 === 0 || told === worlds) showProgress(share, told);
          // Nothing else sweeps here, and what is dead makes what is alive slow to find.
          if (told % 250 === 0) await site.client.query('VACUUM ANALYZE');
        });
        const seed = inject('worldSeed');
        const outcome = await fc.check(property, {
          numRuns: worlds,
          ...(seed === undefined ? {} : { seed: seed + share }),
          interruptAfterTimeLimit: patience,
          markInterruptAsFailure: true,
        });
        if (outcome.failed) throw new Error(reasonOf(outcome));
        expect(outcome.numRuns).toBe(worlds);
        tally.add('estimates falsified', site.estimates.falsified);
        expectEverything(tally, worlds);
      },
    );
  });
}

function expectEverything(tally: Tally, worlds: number): void {
  for (const [name, often] of Object.entries(EXPECTED)) {
    const least = Math.floor(often * worlds);
    expect(tally.of(name), `${name}, of ${JSON.stringify(tally.all)}`).toBeGreaterThanOrEqual(least);
  }
}

function showProgress(share: number, told: number): void {
  const folder = inject('worldProgress');
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${share}`, String(told));
}

function reasonOf({ seed, counterexamplePath, errorInstance, numRuns }: fc.RunDetails<[Story]>): string {
  const reason = errorInstance instanceof Error ? errorInstance.message : 'The time was up.';
  return `After ${numRuns} worlds (seed ${seed}, path ${counterexamplePath}):\n${reason}`;
}
