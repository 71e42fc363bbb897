import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { refusalInMemory } from '../../test/conformance-of-engines/carry-out-in-memory.js';
import { compareEngine } from '../../test/conformance-of-engines/compare-engine.js';
import { stories } from '../../test/property/arbitrary-worlds.js';
import { Draw } from '../../test/property/draw.js';
import { Mismatch } from '../../test/property/mismatch.js';
import { worldOf } from '../../test/property/operations.js';
import { Tally } from '../../test/property/tally.js';
import { emptyWorld } from '../../test/property/world.js';
import { ANYONE, AUTHENTICATED } from '../core/built-ins.js';
import { sameRef, type Facts, type FetchedRule, type ObjectRef, type SubjectRef } from '../core/model.js';
import type { ObjectsAsked } from '../core/ports/engine.js';
import type { Page } from '../core/ports/lists.js';
import type { MemoryEngine as Engine } from './memory-engine.js';
import type * as Principals from './world-principals.js';
import type { WorldFacts as FactsOfWorld } from './world-facts.js';
import type { WorldState as State } from './world-state.js';

/** A fault has to show in one of so many worlds. */
const WORLDS = 150;
const AMOUNT = { questions: 150, lists: 4, actions: 4, rules: 4 };
const ROOT = { id: 'admin', active: true, superuser: true, attributes: {} };

type PrincipalsModule = typeof Principals;
interface Classes {
  readonly WorldState: typeof State;
  readonly WorldFacts: typeof FactsOfWorld;
  readonly MemoryEngine: typeof Engine;
}

const restores: (() => void)[] = [];

/** Changes what a method of a class answers. */
function answering<Self>(
  { prototype }: { readonly prototype: Self },
  name: keyof Self & string,
  change: (answer: never, self: Self, ...args: never[]) => unknown,
): void {
  const owner = prototype as object;
  const own = Reflect.get(owner, name) as (...args: unknown[]) => never;
  Reflect.set(owner, name, function changed(this: Self, ...args: never[]) {
    return change(own.apply(this, args), this, ...args);
  });
  restores.push(() => Reflect.set(owner, name, own));
}

const facts =
  (change: (facts: Facts) => Partial<Facts>) =>
  ({ WorldFacts }: Classes): void =>
    answering(WorldFacts, 'factsOf', (gathered: Facts) => ({ ...gathered, ...change(gathered) }));
const rules = (change: (rule: FetchedRule) => FetchedRule) =>
  facts((gathered) => ({ rules: gathered.rules.map(change) }));
const kept = (isKept: (rule: FetchedRule) => boolean) =>
  facts((gathered) => ({ rules: gathered.rules.filter(isKept) }));

/** What is gathered wrongly, and how. */
const IN_FACTS: Readonly<Record<string, (classes: Classes) => void>> = {
  'that a rule denies': rules((rule) => ({ ...rule, effect: 'allow' })),
  'every rule that denies': kept(({ effect }) => effect === 'allow'),
  conditions: rules((rule) => ({ ...rule, condition: null })),
  'rules with a condition': kept(({ condition }) => condition === null),
  fields: rules((rule) => ({ ...rule, fields: null })),
  'where a rule is placed': rules((rule) => ({ ...rule, placed: 'object' })),
  'that a rule is placed on the object': rules((rule) => ({ ...rule, placed: 'everywhere' })),
  'what roles are granted or hold': kept(({ source }) => source === 'grant'),
  'what is granted': kept(({ source }) => source === 'role'),
  modes: facts(() => ({ mode: 'union' })),
  'the attributes of objects': facts(() => ({ objectAttributes: null })),
  'the attributes of subjects': facts(() => ({ subjectAttributes: null })),
  'that a subject is inactive': facts(({ subject }) => ({ subject: subject === 'inactive' ? 'active' : subject })),
  superusers: facts(() => ({ superuser: false })),
  'that an action is unknown': facts(() => ({ actionKnown: true })),
  'that a type is unknown': facts(() => ({ typeKnown: true })),
  'groups in groups': ({ WorldState }) =>
    answering(WorldState, 'groupsOf', (_, state, member: SubjectRef) => state.groupsWith(member)),
  'what roles include': ({ WorldState }) =>
    answering(WorldState, 'withIncluded', (_, __, roles: Iterable<string>) => new Set(roles)),
  'what is above a parent': ({ WorldState }) =>
    answering(WorldState, 'above', (places: ObjectRef[]) => places.slice(0, 1)),
  'the order of lists': ({ WorldState }) =>
    answering(WorldState, 'objectsOf', (objects: ObjectRef[]) => objects.toReversed()),
  'rules held everywhere': ({ WorldFacts }) => answering(WorldFacts, 'heldEverywhere', () => []),
  'the last of a page': ({ MemoryEngine }) =>
    answering(MemoryEngine, 'objects', async (answer: Promise<Page<ObjectRef>>, _, { limit }: ObjectsAsked) => {
      const page = await answer;
      return { ...page, items: page.items.slice(0, Math.max(limit - 1, 1)) };
    }),
  'an action of the type': ({ MemoryEngine }) =>
    answering(MemoryEngine, 'actions', async (answer: Promise<string[]>) => (await answer).slice(1)),
};

/** What replaces a part of finding out whom a subject acts as. */
const IN_PRINCIPALS: Readonly<Record<string, (own: PrincipalsModule) => Partial<PrincipalsModule>>> = {
  windows: () => ({ inWindow: () => true }),
  'when a window ends': () => ({ inWindow: ({ startsAt }, now) => startsAt === null || startsAt <= now }),
  'when a window begins': () => ({ inWindow: ({ expiresAt }, now) => expiresAt === null || now < expiresAt }),
  'what everybody holds': ({ principalsOf }) => ({
    principalsOf: (...of) => principalsOf(...of).filter((each) => !sameRef(each, ANYONE)),
  }),
  'what all the signed-in hold': ({ principalsOf }) => ({
    principalsOf: (...of) => principalsOf(...of).filter((each) => !sameRef(each, AUTHENTICATED)),
  }),
  'that the unknown hold nothing else': ({ principalsOf }) => ({
    principalsOf: (...of) => [...principalsOf(...of), AUTHENTICATED],
  }),
  groups: ({ principalsOf }) => ({
    principalsOf: (state, subject) =>
      principalsOf(state, subject).filter((each) => each.type !== 'group' || each.id.startsWith('a')),
  }),
  'that a role acts as itself': () => ({ rolesThemselves: () => new Set() }),
  'where a role is assigned': ({ rolesAssigned }) => ({
    rolesAssigned: (state, principals, now) => rolesAssigned(state, principals, now, () => true),
  }),
  'the object itself': ({ placesOf }) => ({ placesOf: (...of) => placesOf(...of).slice(1) }),
  'what is above the object': ({ placesOf }) => ({ placesOf: (...of) => placesOf(...of).slice(0, 1) }),
};

/** What the first world says in which a fault shows. */
async function firstMismatch(plant: (classes: Classes) => void = () => undefined, worlds = WORLDS): Promise<string> {
  const { World } = await import('./world.js');
  const { WorldState } = await import('./world-state.js');
  const { WorldFacts } = await import('./world-facts.js');
  const { MemoryEngine } = await import('./memory-engine.js');
  for (const story of fc.sample(stories(), worlds)) {
    const world = new World().user(ROOT.id, ROOT);
    const { world: expected, done } = worldOf({ ...emptyWorld(), users: [ROOT] }, story.beginning);
    for (const operation of done) expect(refusalInMemory(world, operation)).toBeUndefined();
    // Only the answers are wrong: what may be made is right.
    plant({ WorldState, WorldFacts, MemoryEngine });
    const asking = { vocabulary: story, draw: new Draw(story.dice), amount: AMOUNT };
    try {
      await compareEngine(world.engine(), expected, asking, new Tally());
    } catch (error) {
      if (error instanceof Mismatch) return error.what;
      throw error;
    } finally {
      for (const restore of restores.splice(0)) restore();
    }
  }
  return 'nothing';
}

describe('the comparison of a world in memory', () => {
  afterEach(() => {
    vi.doUnmock('./world-principals.js');
    vi.resetModules();
  });

  it('finds nothing where nothing is wrong', { timeout: 60_000 }, async () => {
    vi.doMock('./world-principals.js', (original) => original());
    expect(await firstMismatch(undefined, 10)).toBe('nothing');
  });

  it.each(Object.entries(IN_FACTS))('finds that it forgot %s', { timeout: 60_000 }, async (_, plant) => {
    expect(await firstMismatch(plant)).not.toBe('nothing');
  });

  it.each(Object.entries(IN_PRINCIPALS))('finds that it forgot %s', { timeout: 60_000 }, async (_, change) => {
    vi.doMock('./world-principals.js', async (original) => {
      const own = await original<PrincipalsModule>();
      return { ...own, ...change(own) };
    });
    expect(await firstMismatch()).not.toBe('nothing');
  });
});
