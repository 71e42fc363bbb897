import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { operator } from '../../src/core/caller.js';
import { FIELD_NAMES } from './arbitrary-conditions.js';
import { stories, type Kind, type Story } from './arbitrary-worlds.js';
import { carryOut } from './carry-out.js';
import { questionOf } from './comparison.js';
import { Draw } from './draw.js';
import { sameGrant } from './effects.js';
import type { Operation } from './operation.js';
import { addedAgain, worldOf } from './operations.js';
import { decide, type Asked } from './oracle.js';
import { Questions } from './questions.js';
import { renamed, renamedQuestion, Renaming } from './renaming.js';
import { seedOf } from './seed-of-world.js';
import { Site } from './site.js';
import { allowedIn, lostBetween, snapshotOf, type Snapshot, type Survey } from './snapshot.js';
import { tenantOf } from './tenants.js';
import { isKnown, isRegistered, same, type Effect, type Grant, type Ref, type World } from './world.js';

const worlds = Math.ceil(inject('worlds') / 50);
const author = operator('test', 'test');
const timeout = 20_000 + 4000 * worlds;

describe('decisions, whatever the world', () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site.close());

  const snapshot = (survey: Survey): Promise<Snapshot> => snapshotOf(site.store, survey);
  const write = (operation: Operation): Promise<void> =>
    site.store.writes.write(author, 'structure', (unit) => carryOut(unit, operation));

  async function plant(world: World): Promise<void> {
    await site.planting.clear();
    await site.planting.plant(world);
  }

  /** Tries the worlds; what the work gives back counts how often there was anything to see. */
  async function inWorlds(
    kind: Kind,
    work: (story: Story, world: World, survey: Survey) => Promise<number>,
  ): Promise<void> {
    let seen = 0;
    for (const story of fc.sample(stories(kind), worlds)) {
      const { world } = worldOf(site.start, story.beginning);
      await plant(world);
      try {
        seen += await work(story, world, surveyOf(story, world));
      } catch (error) {
        throw new Error(`${String(error)}\nThe world, as a seed file:\n${seedOf(world)}`, { cause: error });
      }
    }
    expect(seen).toBeGreaterThan(worlds / 4);
  }

  it.each(['allow', 'deny'] as const)(
    'gain nothing by a rule that denies, lose nothing by one that allows: %s',
    { timeout },
    async (effect) => {
      await inWorlds({}, async (_, world, survey) => {
        const grant = grantFor(world, survey, effect);
        if (!grant) return 0;
        const before = await snapshot(survey);
        await write({ do: 'grant', grants: [grant] });
        const after = await snapshot(survey);
        const lost = effect === 'allow' ? lostBetween(before, after) : lostBetween(after, before);
        expect(lost, JSON.stringify({ grant, question: survey.asked[lost?.at ?? 0] })).toBeUndefined();
        return isDeepStrictEqual(before, after) ? 0 : 1;
      });
    },
  );

  it('are what they were once a grant is revoked', { timeout }, async () => {
    await inWorlds({}, async ({ dice }, world, survey) => {
      const grant = grantFor(world, survey, dice % 2 === 0 ? 'allow' : 'deny');
      if (!grant) return 0;
      const before = await snapshot(survey);
      await write({ do: 'grant', grants: [grant] });
      const between = await snapshot(survey);
      await write({ do: 'revoke', grants: [grant] });
      expect(await snapshot(survey), JSON.stringify(grant)).toEqual(before);
      return isDeepStrictEqual(before, between) ? 0 : 1;
    });
  });

  it('do not hang on the order of writes that have nothing to do with each other', { timeout }, async () => {
    await inWorlds({}, async (story, _, survey) => {
      const planted = await snapshot(survey);
      const { done } = worldOf(site.start, story.beginning);
      const isOfItsOwn = ({ do: what }: Operation): boolean => ['add member', 'assign', 'grant'].includes(what);
      const draw = new Draw(story.dice);
      const shuffled = done.filter(isOfItsOwn).toSorted(() => draw.below(3) - 1);
      await site.planting.clear();
      await site.store.writes.write(author, 'structure', async (unit) => {
        for (const operation of [...done.filter((each) => !isOfItsOwn(each)), ...shuffled])
          await carryOut(unit, operation);
      });
      expect(await snapshot(survey)).toEqual(planted);
      return allowedIn(planted);
    });
  });

  it('do not hang on how anything is called', { timeout }, async () => {
    await inWorlds({ mentionsIds: false }, async (story, world, survey) => {
      const before = await snapshot(survey);
      const renaming = renamingOf(story);
      await plant(renamed(world, renaming));
      const asked = survey.asked.map((question) => renamedQuestion(question, renaming));
      const after = await snapshot({
        asked,
        lists: survey.lists.map((question) => renamedQuestion(question, renaming)),
      });
      expect(after.decisions).toEqual(before.decisions);
      expect(after.lists).toEqual(before.lists.map((refs) => refs.map((ref) => renaming.ref(ref))));
      return allowedIn(before);
    });
  });

  it('do not hang on what another tenant has', { timeout }, async () => {
    await inWorlds({}, async (story, world) => {
      const [one, other] = [tenantOf(world, 'a'), tenantOf(world, 'b')];
      const asTenant = (name: string): Story => ({ ...story, names: story.names.map((each) => `${name}-${each}`) });
      const survey = ofPeople(surveyOf(asTenant('a'), one));
      const abroad = surveyOf(asTenant('b'), other);
      const foreign = survey.asked.flatMap(({ subject }, index) => {
        const { object, ...question } = abroad.asked[index] as Asked;
        return object ? [{ ...question, object, subject }] : [];
      });
      await plant(one);
      const before = await snapshot(survey);
      const both: World = { ...other, types: one.types };
      await site.store.writes.write(author, 'structure', async (unit) => {
        for (const operation of operationsFor(both)) await carryOut(unit, operation);
      });
      expect(JSON.stringify(await snapshot(survey))).toBe(JSON.stringify(before));
      expect(allowedIn(await snapshot({ asked: foreign, lists: [] }))).toBe(0);
      return allowedIn(before);
    });
  });

  it('give the inactive nothing, by every path', { timeout }, async () => {
    await inWorlds({}, async (story, world, survey) => {
      const user = world.users.at(-1 - (story.dice % 2));
      if (!user || user.id === 'admin') return 0;
      const subject = { type: 'user', id: user.id };
      const asked = survey.asked.map((question) => ({ ...question, subject }));
      const own: Survey = { asked, lists: survey.lists.map((question) => ({ ...question, subject })) };
      const before = await snapshot(own);
      await write({ do: 'change user', id: user.id, active: false });
      const after = await snapshot(own);
      expect(allowedIn(after)).toBe(0);
      expect(after.lists.flat()).toEqual([]);
      for (const question of asked.slice(0, 4)) await expectNothing(question);
      return allowedIn(before);
    });
  });

  async function expectNothing(question: Asked): Promise<void> {
    const { subject, type, action, object } = question;
    const permission = { type, action };
    expect(await site.store.lists.count({ subject, permission })).toBe(0);
    expect((await site.store.explanations.explain(questionOf(question))).decision.allowed).toBe(false);
    if (!object) return;
    expect(await site.store.lists.findViewable(subject, object)).toBeNull();
    expect(await site.store.actionLists.list({ subject, object })).toEqual([]);
    const { items } = await site.store.subjectLists.list({ subjectType: subject.type, permission, object, limit: 100 });
    expect(items.some((item) => same(item, subject))).toBe(false);
  }

  it('give what is deleted and made again no more than what is new', { timeout }, async () => {
    await inWorlds({ mentionsIds: false }, async (story, world, survey) => {
      const kind = ['user', 'group', 'role', 'object'][story.dice % 4] as string;
      const all = kind === 'object' ? world.objects : ownSubjects(world, kind);
      const gone = all.at(-1);
      if (!gone) return 0;
      const old = { type: gone.type, id: gone.id };
      const twin = { type: gone.type, id: 'twin' };
      const about = (ref: Ref): Survey => ({
        asked: survey.asked.map((question) =>
          kind === 'object'
            ? { ...question, type: ref.type, object: ref, proposed: undefined }
            : { ...question, subject: ref },
        ),
        lists: [],
      });
      const before = await snapshot(about(old));
      await site.store.writes.write(author, 'structure', async (unit) => {
        // What is below it goes first.
        const below = world.objects.filter(({ parent }) => parent && same(parent, old));
        for (const object of kind === 'object' ? [] : below) await carryOut(unit, { do: 'move', object, parent: null });
        await carryOut(unit, { do: 'delete', object: old, cascade: true });
        await carryOut(unit, addedAgain(old));
        await carryOut(unit, addedAgain(twin));
      });
      expect(await snapshot(about(old))).toEqual(await snapshot(about(twin)));
      return allowedIn(before);
    });
  });
});

/** What is asked about the users and groups of a tenant: a role that is asked about itself is not placed anywhere. */
function ofPeople({ asked, lists }: Survey): Survey {
  const isOfTenant = ({ subject }: { subject: Ref }): boolean => subject.type !== 'role' && subject.id.startsWith('a-');
  return { asked: asked.filter(isOfTenant), lists: lists.filter(isOfTenant) };
}

function surveyOf(story: Story, world: World): Survey {
  const questions = new Questions(world, story, new Draw(story.dice));
  const draw = new Draw(story.dice);
  return {
    asked: draw.times(80, () => questions.any()),
    lists: draw.times(2, () => ({ ...questions.list().question, supplied: undefined })),
  };
}

/** A grant that is not there yet, and that some of the questions are about: one that may well change the answer. */
function grantFor(world: World, { asked }: Survey, effect: Effect): Grant | undefined {
  const question = asked.find((each) => {
    const isType = world.types.some(({ id, actions }) => id === each.type && actions.includes(each.action));
    const { reason } = decide(world, each);
    return isType && isKnown(world, each.subject) && reason === (effect === 'allow' ? 'no_rule_allows' : 'rule_allows');
  });
  if (!question) return undefined;
  const { type, action, subject, object = null } = question;
  const place = object && isRegistered(world, object) ? { type: object.type, id: object.id } : null;
  const fields = action.length % 3 === 0 ? FIELD_NAMES.slice(0, 1) : null;
  const rule = { permission: `${type}:${action}`, effect, condition: null, fields, startsAt: null, expiresAt: null };
  const grant = { ...rule, subject, object: place };
  return world.grants.some((each) => sameGrant(each, grant)) ? undefined : grant;
}

/** Other names, in the same order: nothing may hang on that one either. */
function renamingOf({ names, types }: Story): Renaming {
  const others = ['one', 'two', 'three', 'group', 'x:y', '%'].filter((name) => !names.includes(name));
  const otherTypes = ['paper', 'constructor', '1'].filter((name) => !types.includes(name));
  return new Renaming(
    new Map(names.map((name, index) => [name, others[index] ?? name])),
    new Map(types.map((name, index) => [name, otherTypes[index] ?? name])),
  );
}

function ownSubjects(world: World, kind: string): Ref[] {
  const ids = { user: world.users.slice(1), group: world.groups, role: world.roles }[kind] ?? [];
  return ids.map(({ id }) => ({ type: kind, id }));
}

/** The writes that make the world, of types that are there. */
function operationsFor(world: World): Operation[] {
  return [
    ...world.users.filter(({ id }) => id !== 'admin').map((user): Operation => ({ do: 'add user', ...user })),
    ...world.groups.map(({ id }): Operation => ({ do: 'add group', id })),
    ...world.roles.map((role): Operation => ({ do: 'add role', ...role })),
    ...world.objects.map(({ parent, attributes, ...object }): Operation => ({
      do: 'add object',
      object,
      parent,
      attributes,
      creator: null,
    })),
    ...world.groups.flatMap(({ id, members }) =>
      members.map((member): Operation => ({ do: 'add member', id, member })),
    ),
    ...world.assignments.map((assignment): Operation => ({ do: 'assign', assignment })),
    { do: 'grant', grants: world.grants },
  ];
}
