import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyPolicy } from '../../src/app/policy/apply-policy.js';
import { parsePolicy } from '../../src/app/policy/parse-policy.js';
import { operator } from '../../src/core/caller.js';
import type { Question } from '../../src/core/model.js';
import type { AuthzEngine } from '../../src/core/ports/engine.js';
import { worldFromPolicy, type WorldPolicy } from '../../src/testing/world-policy.js';
import { ref } from '../property/hand-made-world.js';
import type { Operation } from '../property/operation.js';
import { refusalInMemory } from './carry-out-in-memory.js';
import { allObjects } from './compare-engine.js';
import { openSharedEngines, type SharedEngines } from './open-engines.js';
import { STORIES, type Chapter, type Told } from './told-stories.js';

/** What a story is told to. */
interface Listener {
  readonly engine: AuthzEngine;
  change(operation: Operation): Promise<string | undefined> | string | undefined;
}

const noPasswords = { hash: () => Promise.reject(new Error('There is no password in it')) };
let shared: SharedEngines;

const LISTENERS: Readonly<Record<string, (seed: WorldPolicy) => Promise<Listener>>> = {
  'a world in memory': (seed) => {
    const world = worldFromPolicy(seed);
    return Promise.resolve({ engine: world.engine(), change: (operation) => refusalInMemory(world, operation) });
  },
  'a database': async (seed) => {
    await seedDatabase(seed);
    return { engine: shared.database, change: (operation) => shared.change(operation) };
  },
  'a service': async (seed) => {
    await seedDatabase(seed);
    return { engine: shared.remote, change: (operation) => shared.change(operation) };
  },
};

async function seedDatabase(seed: WorldPolicy): Promise<void> {
  await shared.site.planting.clear();
  await applyPolicy(
    shared.site.store,
    operator('test', 'test'),
    parsePolicy(JSON.stringify(seed), 'story'),
    noPasswords,
  );
}

beforeAll(async () => {
  shared = await openSharedEngines();
});
afterAll(() => shared.close());

const told = STORIES.flatMap((story) => story.chapters.map((chapter, index) => ({ story, chapter, index })));

describe.each(Object.entries(LISTENERS))('%s', (_, listen) => {
  describe.each(told)('told of $story.name (chapter $index)', ({ story, chapter, index }) => {
    let engine: AuthzEngine;

    beforeAll(async () => {
      const listener = await listen(story.seed);
      ({ engine } = listener);
      for (const { first = [] } of story.chapters.slice(0, index + 1))
        for (const operation of first) expect(await listener.change(operation), operation.do).toBeUndefined();
    });

    it('decides as it is told', async () => {
      const questions = (chapter.decisions ?? []).map(questionOf);
      const decisions = await engine.decideAll(questions);
      const answers = decisions.map(({ allowed, reason }, n) => [chapter.decisions?.[n]?.ask, reason, allowed]);
      const expected = (chapter.decisions ?? []).map(({ ask, is }) => [
        ask,
        is,
        is === 'rule_allows' || is === 'superuser',
      ]);
      expect(answers).toEqual(expected);
      const sorted = (names: readonly string[] | null): string[] | null => names && names.toSorted();
      for (const [n, { ask, fields }] of (chapter.decisions ?? []).entries()) {
        if (!fields) continue;
        const { only = null, except = [] } = decisions[n]?.fields ?? {};
        const answer = { only: sorted(only), except: sorted(except) };
        expect(answer, ask).toEqual({ only: sorted(fields.only), except: sorted(fields.except) });
      }
    });

    it('names the actions in the order of the type', async () => {
      for (const [asked, expected] of Object.entries(chapter.actions ?? {})) {
        const [subject = '', object = ''] = asked.split(' ');
        expect(await engine.actions({ subject: ref(subject), object: ref(object) }), asked).toEqual(expected);
      }
      expect.hasAssertions();
    });

    it('lists the objects in the order of registration, on pages of 1, 2 and 7', async () => {
      for (const [asked, expected] of Object.entries(chapter.objects ?? {})) {
        const [subject = '', action = '', type = ''] = asked.split(' ');
        for (const limit of [1, 2, 7]) {
          const objects = await allObjects(engine, { subject: ref(subject), type, action, supplied: undefined }, limit);
          expect(withoutAdmin(objects.map(({ id }) => id)), `${asked}, on pages of ${limit}`).toEqual(expected);
        }
      }
      expect.hasAssertions();
    });

    it('knows the rules that are held everywhere', async () => {
      for (const [subject, expected] of Object.entries(rulesIn(chapter))) {
        const { rules } = await engine.rulesOf(ref(subject));
        const names = rules.map(({ permission: { type, action }, effect }) =>
          effect === 'deny' ? `not ${type}:${action}` : `${type}:${action}`,
        );
        expect(names.toSorted(), subject).toEqual(expected);
      }
      expect.hasAssertions();
    });
  });
});

const rulesIn = (chapter: Chapter): Readonly<Record<string, readonly string[]>> => ({
  'group:nobody': [],
  ...chapter.rules,
});

// The service's own superuser is there before any story.
const withoutAdmin = (ids: readonly string[]): string[] => ids.filter((id) => id !== 'admin');

/** `user:bob add note@tenant:a` is about a note that is yet to be made below the tenant. */
function questionOf({ ask, mode, supplied, proposed }: Told): Question {
  const [subject = '', action = '', about = ''] = ask.split(' ');
  const [of = '', parent] = about.split('@');
  const object = of.includes(':') ? ref(of) : parent === undefined ? undefined : ref(parent);
  const type = of.includes(':') ? ref(of).type : of;
  return {
    subject: ref(subject),
    permission: { type, action },
    object,
    mode,
    supplied,
    proposed: proposed && { attributes: proposed },
  };
}
