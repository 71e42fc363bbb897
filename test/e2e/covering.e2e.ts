import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WriteUnit } from '../../src/core/ports/writes.js';
import {
  PAST,
  user,
  ABOVE,
  AT,
  BELOW,
  BESIDE,
  DRAFT,
  OWN,
  grants,
  rule,
  startHandingOut,
  type Held,
  type HandingOut,
} from '../support/handing-out.js';
import { CASES } from '../support/handing-out-cases.js';

describe('a rule that is handed out', () => {
  let world: HandingOut;
  let covered: HandingOut['covered'];
  beforeAll(async () => {
    world = await startHandingOut();
    covered = world.covered;
  });
  afterAll(() => world.stop());

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
    await world.service.addUser('hand2');
    expect(await ask([], [{}])).toBe(true);
    expect(await ask([], [{ condition: DRAFT }])).toBe(true);
    expect(await ask([], [{ condition: OWN }])).toBe(false);
    expect(await ask([{ condition: OWN }], [{ condition: OWN }])).toBe(false);
    expect(await ask([{}], [{ condition: OWN }])).toBe(true);
  });
});
