import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  user,
  folder,
  AT,
  BESIDE,
  grants,
  startHandingOut,
  type Held,
  type HandingOut,
} from '../support/handing-out.js';

describe('what a move hands out', () => {
  let world: HandingOut;
  let covered: HandingOut['covered'];
  beforeAll(async () => {
    world = await startHandingOut();
    covered = world.covered;
  });
  afterAll(() => world.stop());

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
    await world.service.arrange(async (unit) => {
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
