import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Author } from '../../src/core/caller.js';
import { CastellanError } from '../../src/core/errors.js';
import type { HandedRule } from '../../src/core/ports/holdings.js';
import type { NewGrant } from '../../src/core/ports/grants.js';
import type { WriteUnit } from '../../src/core/ports/writes.js';
import { startTestService, type TestService } from '../support/service.js';

const SOON = '2100-01-01T00:00:00.000Z';
const LATER = '2200-01-01T00:00:00.000Z';
const PAST = '2001-01-01T00:00:00.000Z';

const user = (id: string) => ({ type: 'user', id });
const doc = (id: string) => ({ type: 'doc', id });
const folder = (id: string) => ({ type: 'folder', id });
// Above: the root folder; at: the inner one; below: a document in it; beside: another root.
const ABOVE = folder('above');
const AT = folder('at');
const BELOW = doc('below');
const BESIDE = folder('beside');

const DRAFT = { 'resource.status': 'draft' };
const OWN = { 'resource.owner': { $ref: 'subject.id' } };

type Held = Partial<NewGrant>;
type Handed = Partial<HandedRule>;

/** What the author holds, what is handed, and whether that is covered. Unless said: doc:view, on the folder `at`, without anything else. */
const CASES: readonly (readonly [says: string, held: Held[], handed: Handed, covered: boolean])[] = [
  ['nothing', [], {}, false],
  ['the same', [{}], {}, true],
  ['the same, above', [{ object: ABOVE }], {}, true],
  ['the same, everywhere', [{ object: null }], {}, true],
  ['the same, below', [{ object: BELOW }], {}, false],
  ['the same, elsewhere', [{ object: BESIDE }], {}, false],
  ['another permission', [{ permission: 'doc:change' }], {}, false],
  ['what is handed everywhere, on an object', [{ object: ABOVE }], { place: null }, false],
  ['what is handed everywhere, everywhere', [{ object: null }], { place: null }, true],
  ['what there is not', [{ object: null }], { permission: 'doc:fly' }, false],
  ['on an object that is not there', [{ object: null }], { place: doc('missing') }, false],

  ['less: with a condition', [{ condition: DRAFT }], {}, false],
  ['the same condition', [{ condition: DRAFT }], { condition: DRAFT }, true],
  ['another condition', [{ condition: DRAFT }], { condition: OWN }, false],
  ['a part of the condition', [{ condition: DRAFT }], { condition: { ...OWN, ...DRAFT } }, true],
  ['a condition with more parts', [{ condition: { ...OWN, ...DRAFT } }], { condition: DRAFT }, false],
  [
    'a condition that only looks like a part',
    [{ condition: { 'resource.status': { $in: ['draft'] } } }],
    { condition: { 'resource.status': { $in: ['draft', 'final'] } } },
    false,
  ],
  ['more: without the condition', [{}], { condition: DRAFT }, true],
  ['two halves of it, each with a condition', [{ condition: DRAFT }, { condition: OWN }], {}, false],

  ['less: some fields', [{ fields: ['title'] }], {}, false],
  ['the same fields', [{ fields: ['title'] }], { fields: ['title'] }, true],
  ['fewer fields', [{ fields: ['title'] }], { fields: ['title', 'body'] }, false],
  ['more fields', [{ fields: ['title', 'body'] }], { fields: ['title'] }, true],
  ['all fields', [{}], { fields: ['title'] }, true],

  ['it for a time, handed for good', [{ expiresAt: SOON }], {}, false],
  ['it for a time, handed for longer', [{ expiresAt: SOON }], { expiresAt: LATER }, false],
  ['it for a time, handed for the same', [{ expiresAt: SOON }], { expiresAt: SOON }, true],
  ['it for good, handed for a time', [{}], { expiresAt: SOON }, true],
  ['what is over', [{ expiresAt: PAST }], { expiresAt: PAST }, false],
  ['what has not begun', [{ startsAt: SOON }], {}, false],

  ['it, and is denied it there', [{}, { effect: 'deny' }], {}, false],
  ['it, and is denied it above', [{}, { effect: 'deny', object: ABOVE }], {}, false],
  ['it, and is denied it everywhere', [{}, { effect: 'deny', object: null }], {}, false],
  ['it, and is denied it below', [{}, { effect: 'deny', object: BELOW }], {}, false],
  ['it, and is denied it elsewhere', [{}, { effect: 'deny', object: BESIDE }], {}, true],
  ['it, and is denied some of its fields', [{}, { effect: 'deny', fields: ['salary'] }], {}, false],
  ['it, and is denied it under a condition', [{}, { effect: 'deny', condition: DRAFT }], {}, false],
  ['it, and is to be denied it', [{}, { effect: 'deny', startsAt: SOON }], {}, false],
  ['it, and was denied it', [{}, { effect: 'deny', expiresAt: PAST }], {}, true],
  [
    'it everywhere, and is denied it somewhere',
    [{ object: null }, { effect: 'deny', object: BESIDE }],
    { place: null },
    false,
  ],
];

describe('a rule that is handed out', () => {
  let service: TestService;
  const author: Author = { subject: user('hand'), operator: false, requestId: 'test' };

  beforeAll(async () => {
    service = await startTestService();
    await service.addUser('hand');
    await service.arrange(async (unit) => {
      await unit.types.create({ id: 'folder', actions: ['view', 'grant'], creatorActions: [] });
      for (const [id, mode] of Object.entries({ doc: 'union', both: 'both', object: 'object' } as const))
        await unit.types.create({ id, actions: ['view', 'change', 'grant'], creatorActions: [], mode });
      await unit.objects.create({ ...ABOVE, attributes: {} }, null);
      await unit.objects.create({ ...BESIDE, attributes: {} }, null);
      await unit.objects.create({ ...AT, attributes: {}, parent: ABOVE }, null);
      await unit.objects.create({ ...BELOW, attributes: {}, parent: AT }, null);
      await unit.groups.create({ id: 'crew', description: null });
      await unit.groups.addMember('crew', user('hand'));
      await unit.roles.create({ id: 'empty', description: null, rules: [], includes: [] });
    });
  });
  afterAll(() => service.stop());

  /** Asks in a write in which this is so, and which is then undone. */
  async function covered(arrange: (unit: WriteUnit) => Promise<unknown>, ask: (unit: WriteUnit) => Promise<void>) {
    const undone = new Error('undone');
    let answer: boolean | undefined;
    await expect(
      service.store.writes.write(author, 'structure', async (unit) => {
        await arrange(unit);
        answer = await ask(unit).then(
          () => true,
          (error: unknown) => {
            expect(error).toBeInstanceOf(CastellanError);
            expect((error as CastellanError).code).toBe('cannot_hand_out');
            return false;
          },
        );
        throw undone;
      }),
    ).rejects.toBe(undone);
    return answer;
  }

  const grants = (held: readonly Held[], subject = user('hand')) =>
    held.map((parts): NewGrant => ({ subject, permission: 'doc:view', object: AT, ...parts }));
  const rule = (handed: Handed): HandedRule => ({
    permission: 'doc:view',
    place: AT,
    condition: null,
    fields: null,
    expiresAt: null,
    ...handed,
  });

  it.each(CASES)('by one who holds %s', async (_, held, handed, expected) => {
    const answer = await covered(
      (unit) => unit.grants.create(grants(held)),
      (unit) => unit.authority.requireHandsOut([rule(handed)], user('admin')),
    );
    expect(answer).toBe(expected);
  });

  // What is held over a group, or a role on the object, is held like what is granted straight.
  it.each(CASES)('by one whose group holds %s', async (_, held, handed, expected) => {
    const answer = await covered(
      (unit) => unit.grants.create(grants(held, { type: 'group', id: 'crew' })),
      (unit) => unit.authority.requireHandsOut([rule(handed)], user('admin')),
    );
    expect(answer).toBe(expected);
  });

  // To put somebody into a group is to hand out what the group holds, rule by rule.
  it.each(CASES.filter(([, , handed]) => handed.permission !== 'doc:fly' && handed.place?.id !== 'missing'))(
    'as what a group holds, by one who holds %s',
    async (_, held, handed, expected) => {
      const { place, ...parts } = rule(handed);
      const group = { type: 'group', id: 'joined' };
      const answer = await covered(
        async (unit) => {
          await unit.groups.create({ id: 'joined', description: null });
          await unit.grants.create([...grants(held), { ...parts, subject: group, object: place }]);
        },
        (unit) => unit.authority.requireCovers(group),
      );
      // What is over is nothing that a member would get.
      expect(answer).toBe(expected || handed.expiresAt === PAST);
    },
  );

  // To assign a role on an object is to hand out there what the role holds.
  it.each(CASES.filter(([, , handed]) => handed.permission !== 'doc:fly' && handed.place === undefined))(
    'as what a role assigned on an object brings, by one who holds %s',
    async (_, held, handed, expected) => {
      const { condition, fields, permission, expiresAt } = rule(handed);
      const answer = await covered(
        async (unit) => {
          await unit.roles.update('empty', {
            rules: [{ permission, effect: 'allow', condition, fields: fields && [...fields] }],
          });
          await unit.grants.create(grants(held));
        },
        (unit) => unit.authority.requireCoversRole({ subject: user('admin'), role: 'empty', place: AT, expiresAt }),
      );
      expect(answer).toBe(expected);
    },
  );

  it.each([
    ['union', [null], AT, true],
    ['union', [AT], AT, true],
    ['object', [null], AT, false],
    ['object', [AT], AT, true],
    ['object', [ABOVE], AT, true],
    ['object', [null], null, true],
    ['both', [null], AT, false],
    ['both', [AT], AT, false],
    ['both', [null, AT], AT, true],
    ['both', [null, ABOVE], AT, true],
    ['both', [null], null, true],
    ['both', [AT], null, false],
  ] as const)('in the mode %s, held at %j, at %j, is covered: %j', async (mode, places, place, expected) => {
    const permission = `${mode === 'union' ? 'doc' : mode}:view`;
    const answer = await covered(
      (unit) => unit.grants.create(grants(places.map((object) => ({ permission, object })))),
      (unit) => unit.authority.requireHandsOut([rule({ permission, place })]),
    );
    expect(answer).toBe(expected);
  });

  it('is measured with what only the signed-in are denied where anyone is to get it', async () => {
    const arrange = (unit: WriteUnit) =>
      unit.grants.create([
        ...grants([{}]),
        ...grants([{ effect: 'deny', object: null }], { type: 'group', id: 'authenticated' }),
      ]);
    const handTo = (subject: { type: string; id: string }) =>
      covered(arrange, (unit) => unit.authority.requireHandsOut([rule({})], subject));
    expect(await handTo(user('admin'))).toBe(true);
    expect(await handTo({ type: 'group', id: 'anyone' })).toBe(false);
  });

  it('is refused whole where one of many is not covered', async () => {
    const answer = await covered(
      (unit) => unit.grants.create(grants([{}])),
      (unit) => unit.authority.requireHandsOut([rule({}), rule({ permission: 'doc:change' })]),
    );
    expect(answer).toBe(false);
  });

  it('of a role counts, at an assignment on an object, where both lie', async () => {
    const role = { type: 'role', id: 'empty' };
    const assign = (held: Held[], roleHolds: Held[]) =>
      covered(
        (unit) => unit.grants.create([...grants(held), ...grants(roleHolds, role)]),
        (unit) =>
          unit.authority.requireCoversRole({ subject: user('admin'), role: 'empty', place: AT, expiresAt: null }),
      );
    // Granted everywhere, it comes to count at the assignment; granted elsewhere, nowhere.
    expect(await assign([{ object: AT }], [{ object: null }])).toBe(true);
    expect(await assign([], [{ object: null }])).toBe(false);
    expect(await assign([], [{ object: BESIDE }])).toBe(true);
    expect(await assign([{ object: BELOW }], [{ object: BELOW }])).toBe(true);
    expect(await assign([], [{ object: BELOW }])).toBe(false);
    expect(await assign([{ object: AT }], [{ object: ABOVE }])).toBe(true);
    expect(await assign([{ object: BELOW }], [{ object: ABOVE }])).toBe(false);
  });

  it('to a role that is assigned on an object, is measured there as well', async () => {
    const role = { type: 'role', id: 'empty' };
    const permission = 'object:view';
    const arrange = (held: Held[]) => async (unit: WriteUnit) => {
      await unit.assignments.create({ subject: user('admin'), role: 'empty', object: AT });
      await unit.grants.create(grants(held.map((parts) => ({ permission, ...parts }))));
    };
    const hand = (held: Held[]) =>
      covered(arrange(held), (unit) => unit.authority.requireHandsOut([rule({ permission, place: null })], role));
    // In the mode `object`, what is held everywhere is worth nothing on an object: a role must not make it so.
    expect(await hand([{ object: null }])).toBe(false);
    expect(await hand([{ object: null }, { object: AT }])).toBe(true);
    const takeAway = (held: Held[]) =>
      covered(
        async (unit) => {
          await arrange(held)(unit);
          await unit.grants.create(grants([{ permission, object: null }], role));
        },
        (unit) => unit.authority.requireCovers(role),
      );
    expect(await takeAway([{ object: null }])).toBe(false);
    expect(await takeAway([{ object: null }, { object: AT }])).toBe(true);
    const include = (held: Held[]) =>
      covered(
        async (unit) => {
          await arrange(held)(unit);
          await unit.roles.create({ id: 'inner', description: null, rules: [], includes: [] });
          await unit.grants.create(grants([{ permission, object: null }], { type: 'role', id: 'inner' }));
        },
        (unit) => unit.authority.requireCovers({ type: 'role', id: 'inner' }, 'empty'),
      );
    expect(await include([{ object: null }])).toBe(false);
    expect(await include([{ object: null }, { object: AT }])).toBe(true);
  });

  it('to a role that anyone holds, is measured as handed to anyone', async () => {
    const arrange = async (unit: WriteUnit) => {
      await unit.grants.create([
        ...grants([{ object: null }]),
        ...grants([{ effect: 'deny', object: null }], { type: 'group', id: 'authenticated' }),
      ]);
      await unit.assignments.create({ subject: { type: 'group', id: 'anyone' }, role: 'empty' });
    };
    const role = { type: 'role', id: 'empty' };
    expect(await covered(arrange, (unit) => unit.authority.requireHandsOut([rule({})], role))).toBe(false);
    expect(await covered(arrange, (unit) => unit.authority.requireHandsOut([rule({})], user('admin')))).toBe(true);
    const assign = (subject: { type: string; id: string }) =>
      covered(
        async (unit) => {
          await unit.grants.create([
            ...grants([{ object: null }]),
            ...grants([{ effect: 'deny', object: null }], { type: 'group', id: 'authenticated' }),
            ...grants([{}], role),
          ]);
        },
        (unit) => unit.authority.requireCoversRole({ subject, role: 'empty', place: AT, expiresAt: null }),
      );
    expect(await assign(user('admin'))).toBe(true);
    expect(await assign({ type: 'group', id: 'anyone' })).toBe(false);
  });

  it('by one who is denied it for what they are, is not covered, though everybody may be denied so', async () => {
    const answer = await covered(
      (unit) =>
        unit.grants.create([
          ...grants([{ object: null }]),
          ...grants([{ effect: 'deny', object: null, condition: { 'subject.contractor': true } }], {
            type: 'group',
            id: 'authenticated',
          }),
        ]),
      (unit) => unit.authority.requireHandsOut([rule({})], user('admin')),
    );
    expect(answer).toBe(false);
  });

  it('is not the measure of acting in a name: what everybody has by what they are is', async () => {
    const everybody = { type: 'group', id: 'authenticated' };
    const ask = (held: Held[], everybodys: Held[]) =>
      covered(
        (unit) => unit.grants.create([...grants(held), ...grants(everybodys, everybody)]),
        (unit) => unit.authority.requireCoversIdentity(user('hand2')),
      );
    await service.addUser('hand2');
    expect(await ask([], [{}])).toBe(true);
    expect(await ask([], [{ condition: DRAFT }])).toBe(true);
    expect(await ask([], [{ condition: OWN }])).toBe(false);
    expect(await ask([{ condition: OWN }], [{ condition: OWN }])).toBe(false);
    expect(await ask([{}], [{ condition: OWN }])).toBe(true);
  });

  describe('by a move', () => {
    const MOVED = folder('moved');
    const move = (held: Held[], others: Held[], subject = user('admin')) =>
      covered(
        async (unit) => {
          await unit.objects.create({ ...MOVED, attributes: {}, parent: AT }, null);
          await unit.grants.create([
            ...grants([
              ...['folder:view', 'folder:change', 'folder:grant'].map((permission) => ({ permission, object: MOVED })),
              { permission: 'folder:add', object: BESIDE },
              { permission: 'folder:view', object: BESIDE },
              { permission: 'folder:view', object: AT },
              ...held,
            ]),
            ...grants(others, subject),
          ]);
        },
        async (unit) => {
          const moved = await unit.objects.find(MOVED);
          if (!moved) throw new Error('It was made above.');
          await unit.authority.requireMove(moved, BESIDE);
        },
      );

    beforeAll(async () => {
      await service.arrange(async (unit) => {
        await unit.types.update('folder', { actions: ['view', 'add', 'change', 'grant'] });
        await unit.types.update('doc', { actions: ['view', 'add', 'change', 'grant'] });
      });
    });

    it.each<readonly [says: string, held: Held[], others: Held[], covered: boolean]>([
      ['nothing of others', [{ permission: 'folder:add', object: MOVED }], [], true],
      ['what others may do to it there', [], [{ permission: 'folder:change', object: BESIDE }], true],
      [
        'more than the mover may',
        [{ permission: 'folder:add', object: MOVED }],
        [{ permission: 'doc:add', object: BESIDE }],
        false,
      ],
      [
        'what the mover may as well',
        [
          { permission: 'folder:add', object: MOVED },
          { permission: 'doc:add', object: MOVED },
        ],
        [{ permission: 'doc:add', object: BESIDE }],
        true,
      ],
      [
        'the assignments on it',
        [{ permission: 'folder:add', object: MOVED }],
        [{ permission: 'assignment:view', object: BESIDE }],
        false,
      ],
      [
        'what there is nothing of, below it',
        [{ permission: 'folder:add', object: MOVED }],
        [{ permission: 'doc:view', object: BESIDE }],
        true,
      ],
      [
        'what ceases',
        [{ permission: 'folder:add', object: MOVED }],
        [{ permission: 'assignment:view', object: AT }],
        false,
      ],
    ])('brings %s', async (_, held, others, expected) => {
      // To add below the target is a rule that comes to cover the moved folder: the mover holds that there.
      const own = held.length > 0 ? held : [{ permission: 'folder:add', object: MOVED }];
      expect(await move(own, others)).toBe(expected);
    });

    it('does not end what everybody is denied where it was', async () => {
      const everybody = { type: 'group', id: 'authenticated' };
      const own = [{ permission: 'folder:add', object: MOVED }];
      const denied = { permission: 'folder:change', effect: 'deny' } as const;
      const sealed = { condition: { 'resource.id': 'another' } };
      expect(await move(own, [{ ...denied, ...sealed, object: null }], everybody)).toBe(true);
      expect(await move(own, [{ ...denied, ...sealed, object: AT }], everybody)).toBe(false);
    });
  });
});
