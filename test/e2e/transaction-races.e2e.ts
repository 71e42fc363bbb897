import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CastellanError } from '../../src/core/errors.js';
import { openBlogApp, type BlogApp } from '../support/blog/blog-app.js';
import { drivers, type AppTransaction } from '../support/blog/drivers.js';
import { begin as beginOver, gate, untilWaiting as untilWaitingIn, type Begun } from '../support/blog/meeting.js';

const alice = { type: 'user', id: 'alice' };

let app: BlogApp;
beforeAll(async () => {
  app = await openBlogApp();
});
afterAll(() => app.close());

describe.each(drivers)('two transactions at the same moment, of the app over $name', (driver) => {
  let place = '';
  let other = '';
  let number = 0;

  // Of each test's own: a post to be below, and a blog to be moved to.
  beforeEach(async () => {
    place = `${driver.name}-${(number += 1)}`;
    other = `${place}-other`;
    await app.arrange(async (unit) => {
      for (const id of [place, other]) await unit.objects.create({ type: 'blog', id, attributes: {} }, null);
      await unit.objects.create({ type: 'post', id: place, attributes: {}, parent: { type: 'blog', id: place } }, null);
    });
  });

  const create = (tx: AppTransaction, id: string, parent: string | null = `post:${place}`): Promise<unknown> =>
    app.with(tx.client, alice).objects.create({ type: 'comment', id, parent });
  const aboves = async (id: string): Promise<unknown[]> => {
    const rows = await app.rows(`SELECT t.name || ':' || a.external_id AS above FROM castellan.objects o
      JOIN castellan.ancestry an ON an.descendant_id = o.id JOIN castellan.objects a ON a.id = an.ancestor_id
      JOIN castellan.types t ON t.id = a.type_id WHERE o.external_id = '${id}' AND o.type_id =
        (SELECT id FROM castellan.types WHERE name = 'comment') ORDER BY an.depth`);
    return rows.map(({ above }) => above);
  };
  const exists = async (id: string): Promise<boolean> =>
    (await app.store.objects.find({ type: 'comment', id })) !== null;

  const begin = (work: (tx: AppTransaction) => Promise<unknown>, ending?: Error): Begun =>
    beginOver(app, driver, work, ending);
  const untilWaiting = (): Promise<void> => untilWaitingIn(app);

  it('make one object once: the second is refused, and can go on', async () => {
    const first = begin((tx) => create(tx, `${place}-c`));
    await first.done;
    const second = begin(async (tx) => {
      await expect(create(tx, `${place}-c`)).rejects.toMatchObject({ code: 'already_exists' });
      return create(tx, `${place}-d`);
    });
    await untilWaiting();
    await first.end();
    expect(await second.end()).toMatchObject({ id: `${place}-d` });
    expect(await app.integrity()).toEqual([]);
  });

  it('make one object, of which the first is rolled back: the second stands', async () => {
    const first = begin((tx) => create(tx, `${place}-c`), new Error('no'));
    await first.done;
    const second = begin((tx) => create(tx, `${place}-c`));
    await untilWaiting();
    await first.end();
    expect(await second.end()).toMatchObject({ id: `${place}-c` });
    expect(await app.may('alice', 'change', 'comment', `${place}-c`)).toBe(true);
  });

  it('make one object, one of them past Castellan: the other is refused, and can go on', async () => {
    const past = await app.connect();
    await past.query(`BEGIN; INSERT INTO castellan.objects (type_id, external_id)
      SELECT id, '${place}-c' FROM castellan.types WHERE name = 'comment'`);
    const making = begin(async (tx) => {
      await expect(create(tx, `${place}-c`)).rejects.toMatchObject({ code: 'already_exists' });
      return create(tx, `${place}-d`);
    });
    await untilWaiting();
    await past.query('COMMIT');
    expect(await making.end()).toMatchObject({ id: `${place}-d` });
  });

  it('make an object below one that is being moved: it goes along', async () => {
    const making = begin((tx) => create(tx, `${place}-c`));
    await making.done;
    const moving = app.arrange((unit) =>
      unit.objects.update({ type: 'post', id: place }, { parent: { type: 'blog', id: other } }),
    );
    await untilWaiting();
    await making.end();
    await moving;
    expect(await aboves(`${place}-c`)).toEqual([`post:${place}`, `blog:${other}`]);
    expect(await app.integrity()).toEqual([]);
  });

  it('move an object, and make one below it: it is made where that has gone', async () => {
    const moving = begin((tx) =>
      app.with(tx.client, alice).objects.update(`post:${place}`, { parent: { type: 'blog', id: other } }),
    );
    await moving.done;
    const making = begin((tx) => create(tx, `${place}-c`));
    await untilWaiting();
    await moving.end();
    await making.end();
    expect(await aboves(`${place}-c`)).toEqual([`post:${place}`, `blog:${other}`]);
    expect(await app.integrity()).toEqual([]);
  });

  it('delete an object, and make one below it: there is nothing to make it below', async () => {
    const deleting = begin((tx) => app.with(tx.client, alice).objects.delete(`post:${place}`));
    await deleting.done;
    const making = begin((tx) => create(tx, `${place}-c`));
    await untilWaiting();
    await deleting.end();
    expect(await making.end()).toMatchObject({ code: 'unknown_reference' });
    expect(await exists(`${place}-c`)).toBe(false);
  });

  it('make an object, and delete the one that it is below: that has something below it now', async () => {
    const making = begin((tx) => create(tx, `${place}-c`));
    await making.done;
    const deleting = begin((tx) => app.with(tx.client, alice).objects.delete(`post:${place}`));
    await untilWaiting();
    await making.end();
    expect(await deleting.end()).toMatchObject({ code: 'has_children' });
    expect(await aboves(`${place}-c`)).toEqual([`post:${place}`, `blog:${place}`]);
  });

  it('wait for each other in a circle: one stands, and the other is told to try again', async () => {
    const ids = [`${place}-one`, `${place}-two`];
    const made = [gate(), gate()];
    const outcomes = await Promise.all(
      ids.map((mine, index) =>
        driver
          .transaction(app, async (tx) => {
            await create(tx, mine, null);
            made[index]?.open();
            await made[1 - index]?.opened;
            await create(tx, ids[1 - index] ?? '', null);
            return 'stands';
          })
          .catch((error: unknown) => (error instanceof CastellanError ? error.code : error)),
      ),
    );
    expect(new Set(outcomes)).toEqual(new Set(['overloaded', 'stands']));
    for (const id of ids) expect(await exists(id)).toBe(true);
    expect(await app.integrity()).toEqual([]);
  });
});

describe('many transactions at the same moment', () => {
  it('leave exactly the objects of the rows that stand', async () => {
    const ids = Array.from({ length: 12 }, (_, n) => `storm-${n}`);
    let seed = 7;
    const draw = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const pick = (): string => ids[draw(ids.length)] ?? '';
    const codes = new Set<string>();
    const once = async (step: number): Promise<void> => {
      const driver = drivers[step % drivers.length] ?? drivers[0];
      const [id, parent, kind, fails] = [pick(), pick(), draw(4), draw(4) === 0];
      await driver?.transaction(app, async (tx) => {
        const { objects } = app.with(tx.client, alice);
        if (kind <= 1) {
          await tx.sql(`INSERT INTO "Post" (id, title) VALUES ('${id}', 't')`);
          await objects.create({ type: 'post', id, parent: kind === 0 ? null : `post:${parent}` });
        } else if (kind === 2) {
          await objects.update(`post:${id}`, { parent: `post:${parent}`, attributes: { step } });
        } else {
          // Where there was no row yet, the object of one that has come meanwhile is not to go.
          const gone = await tx.sql(`DELETE FROM "Post" WHERE id = '${id}' RETURNING id`);
          if (gone.length > 0) await objects.delete(`post:${id}`);
        }
        if (fails) throw new CastellanError('forbidden', 'The app rolls it back.');
        codes.add('stands');
      });
    };
    await Promise.all(
      Array.from({ length: 6 }, async (_, worker) => {
        for (let step = 0; step < 25; step += 1)
          await once(worker + step).catch((error: unknown) => {
            codes.add(error instanceof CastellanError ? error.code : String((error as { code?: unknown }).code));
          });
      }),
    );
    // 23505 and P2010 are the app's own: two rows of one id.
    const known = new Set([
      'stands',
      'forbidden',
      'not_found',
      'unknown_reference',
      'already_exists',
      'has_children',
      'cycle',
      'overloaded',
      '23505',
      '40P01',
      'P2010',
      'P2034',
    ]);
    expect([...codes].filter((code) => !known.has(code))).toEqual([]);
    expect([...codes]).toContain('stands');
    const rows = (await app.rows(`SELECT id FROM "Post" WHERE id LIKE 'storm-%' ORDER BY id`)).map(({ id }) => id);
    const objects =
      await app.rows(`SELECT o.external_id AS id FROM castellan.objects o JOIN castellan.types t ON t.id = o.type_id
      WHERE t.name = 'post' AND o.external_id LIKE 'storm-%' ORDER BY o.external_id`);
    expect(objects.map(({ id }) => id)).toEqual(rows);
    expect(await app.integrity()).toEqual([]);
  });
});
