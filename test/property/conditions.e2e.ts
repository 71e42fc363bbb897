import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { attributesOver, conditionsOver } from './arbitrary-conditions.js';
import { questionOf } from './comparison.js';
import { compareList, compareSubjects } from './list-comparison.js';
import { Mismatch } from './mismatch.js';
import { decide, type Asked } from './oracle.js';
import { seedOf } from './seed-of-world.js';
import { Site } from './site.js';
import { Tally } from './tally.js';
import type { Effect, Grant, JsonObject, World } from './world.js';

const rounds = Math.ceil(inject('worlds') / 200);
const TYPE = 'post';
const OBJECTS = ['1', '2', '3', '4', '5', '6', '7', '8'];
const USERS = Array.from({ length: 30 }, (_, index) => `u${index}`);
const IDS = [...USERS.slice(0, 3), ...OBJECTS.slice(0, 3)];
const ALWAYS = { fields: null, startsAt: null, expiresAt: null };

/** Everybody holds one condition, some as a rule that allows, the others as one that denies what they would have. */
const conditionalWorlds = fc
  .record({
    conditions: fc.tuple(...USERS.map(() => conditionsOver(IDS, { types: [TYPE] }))),
    users: fc.tuple(...USERS.map(() => attributesOver(IDS))),
    objects: fc.tuple(...OBJECTS.map(() => attributesOver(IDS))),
  })
  .map(({ conditions, users, objects }) => (start: World): World => ({
    ...start,
    users: [
      ...start.users,
      ...USERS.map((id, at) => ({ id, active: true, superuser: false, attributes: users[at] ?? {} })),
    ],
    types: [{ id: TYPE, actions: ['view'], mode: 'union', creatorActions: [] }],
    objects: OBJECTS.map((id, at) => ({ type: TYPE, id, parent: null, attributes: objects[at] ?? {} })),
    grants: USERS.flatMap((id, at) =>
      at % 2 === 0
        ? [grantTo(id, 'allow', conditions[at] ?? null)]
        : [grantTo(id, 'allow', null), grantTo(id, 'deny', conditions[at] ?? null)],
    ),
  }));

function grantTo(id: string, effect: Effect, condition: JsonObject | null): Grant {
  return { ...ALWAYS, subject: { type: 'user', id }, permission: `${TYPE}:view`, object: null, effect, condition };
}

describe('a condition', () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site.close());

  it(
    `is true, false or unknown as the document says, of each object and each subject, ${rounds * USERS.length} times`,
    { timeout: 20_000 + 10_000 * rounds },
    async () => {
      const tally = new Tally();
      for (const [index, make] of fc.sample(conditionalWorlds, rounds).entries()) {
        const world = make(site.start);
        site.estimates.few = [undefined, true, false][index % 3];
        await site.planting.clear();
        await site.planting.plant(world);
        await compare(world, tally).catch((error: unknown) => {
          throw new Error(`${String(error)}\nThe world, as a seed file:\n${seedOf(world)}`, { cause: error });
        });
      }
      for (const truth of ['true', 'false', 'unknown'])
        expect(tally.of(`condition ${truth}`), truth).toBeGreaterThan(20 * rounds);
    },
  );

  async function compare(world: World, tally: Tally): Promise<void> {
    const subjects = USERS.map((id) => ({ type: 'user', id }));
    const objects = [...OBJECTS, 'nowhere'].map((id) => ({ type: TYPE, id }));
    const asked = subjects.flatMap((subject) =>
      [undefined, ...objects].map((object): Asked => ({ subject, type: TYPE, action: 'view', object })),
    );
    const decisions = await site.store.decider.decideAll(asked.map(questionOf));
    for (const [index, question] of asked.entries()) {
      const verdict = decide(world, question);
      tally.decision(world, question, verdict);
      if (decisions[index]?.allowed !== verdict.allowed)
        throw new Mismatch('decide', verdict, decisions[index], question);
    }
    await Promise.all(
      subjects.map((subject) =>
        compareList(site.store.lists, world, { question: { subject, type: TYPE, action: 'view' }, limit: 2 }, tally),
      ),
    );
    for (const object of objects) {
      const question = { subjectType: 'user', type: TYPE, action: 'view', object };
      await compareSubjects(site.store.subjectLists, world, { question, limit: 100 }, tally);
    }
  }
});
