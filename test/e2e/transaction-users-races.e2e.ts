import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WriteUnit } from '../../src/core/ports/writes.js';
import { CastellanError } from '../../src/core/errors.js';
import { openBlogApp, type BlogApp } from '../support/blog/blog-app.js';
import { closeSound } from '../support/blog/close-sound.js';
import { drivers, type AppTransaction } from '../support/blog/drivers.js';
import { begin, gate, untilWaiting } from '../support/blog/meeting.js';

const alice = { type: 'user', id: 'alice' };

let app: BlogApp;
beforeAll(async () => {
  app = await openBlogApp();
});
afterAll(() => closeSound(app));

describe.each(drivers)('two transactions at the same moment, of the app over $name', (driver) => {
  let name = '';
  let number = 0;

  // Of each test's own: two groups, and two superusers, who are the only ones.
  beforeEach(async () => {
    name = `${driver.name}-${(number += 1)}`;
    await app.rows(`UPDATE castellan.subjects SET superuser = false`);
    await app.arrange(async (unit) => {
      for (const id of [`${name}-one`, `${name}-other`]) {
        await unit.groups.create({ id, description: null });
        await unit.users.create({ ...plain, id, username: id, superuser: true });
      }
    });
  });

  const plain = { email: null, active: true, superuser: false, attributes: {} };
  const insert = (id: string): string => `INSERT INTO "User" (id, login) VALUES ('${id}', gen_random_uuid())`;
  const superusers = async (): Promise<unknown[]> =>
    (await app.rows(`SELECT external_id AS id FROM castellan.subjects WHERE superuser AND active`)).map(({ id }) => id);
  const users = (tx: AppTransaction): ReturnType<BlogApp['with']>['users'] => app.with(tx.client, alice).users;
  const members = (tx: AppTransaction): ReturnType<BlogApp['with']>['groups'] => app.with(tx.client, alice).groups;

  it.each<[string, (tx: AppTransaction) => Promise<unknown>, string]>([
    ['the same user', (tx) => users(tx).create({ id: `${name}-dora` }), 'id'],
    ['two users of one name', (tx) => users(tx).create({ id: `${name}-x`, username: `${name}-dora` }), 'username'],
  ])('register %s: the second is refused, and can go on', async (_, again, path) => {
    const first = begin(app, driver, (tx) => users(tx).create({ id: `${name}-dora` }));
    await first.done;
    const second = begin(app, driver, async (tx) => {
      await expect(again(tx)).rejects.toMatchObject({ code: 'already_exists', faults: [{ path }] });
      await tx.sql(insert(`${name}-erin`));
      return users(tx).create({ id: `${name}-erin` });
    });
    await untilWaiting(app);
    await first.end();
    expect(await second.end()).toMatchObject({ id: `${name}-erin` });
    expect(await app.rows(`SELECT 1 FROM "User" WHERE id = '${name}-erin'`)).toHaveLength(1);
  });

  it('register the same user, of which the first is rolled back: the second stands', async () => {
    const first = begin(app, driver, (tx) => users(tx).create({ id: `${name}-dora` }), new Error('no'));
    await first.done;
    const second = begin(app, driver, (tx) => users(tx).create({ id: `${name}-dora` }));
    await untilWaiting(app);
    await first.end();
    expect(await second.end()).toMatchObject({ id: `${name}-dora` });
  });

  it('register the same user, one of them past Castellan: the other is refused, and nothing of it is left', async () => {
    const past = await app.connect();
    await past.query(
      `BEGIN; INSERT INTO castellan.subjects (type, external_id, username) VALUES ('user', '${name}-dora', 'd')`,
    );
    const making = begin(app, driver, async (tx) => {
      const refused = users(tx).create({ id: `${name}-dora` });
      await expect(refused).rejects.toMatchObject({ code: 'already_exists', faults: [{ path: 'id' }] });
      return (await app.with(tx.client, alice).objects.find(`user:${name}-dora`)) ?? 'nothing';
    });
    await untilWaiting(app);
    await past.query('COMMIT');
    expect(await making.end()).toBe('nothing');
    await app.rows(`DELETE FROM castellan.subjects WHERE username = 'd'`);
  });

  const ends: [
    string,
    (tx: AppTransaction, id: string) => Promise<unknown>,
    (unit: WriteUnit, id: string) => Promise<unknown>,
  ][] = [
    ['delete', (tx, id) => users(tx).delete(id), (unit, id) => unit.users.delete(id)],
    [
      'deactivate',
      (tx, id) => users(tx).update(id, { active: false }),
      (unit, id) => unit.users.update(id, { active: false }),
    ],
    [
      'demote',
      (tx, id) => users(tx).update(id, { superuser: false }),
      (unit, id) => unit.users.update(id, { superuser: false }),
    ],
  ];

  it.each(ends)('%s one superuser each, the last two: one of them stays', async (_, end) => {
    const first = begin(app, driver, (tx) => end(tx, `${name}-one`));
    await first.done;
    const second = begin(app, driver, (tx) => end(tx, `${name}-other`));
    await untilWaiting(app);
    await first.end();
    expect(await second.end()).toMatchObject({ code: 'last_superuser' });
    expect(await superusers()).toEqual([`${name}-other`]);
  });

  it.each(ends)(
    '%s one superuser here, and the other one in the service: one of them stays',
    async (_, end, endInService) => {
      const first = begin(app, driver, (tx) => end(tx, `${name}-one`));
      await first.done;
      const second = app.arrange((unit) => endInService(unit, `${name}-other`)).catch((error: unknown) => error);
      await untilWaiting(app);
      await first.end();
      expect(await second).toMatchObject({ code: 'last_superuser' });
      expect(await superusers()).toEqual([`${name}-other`]);
    },
  );

  it('put two groups into one another: they would make a circle', async () => {
    const [one, other] = [`${name}-one`, `${name}-other`];
    const first = begin(app, driver, (tx) => members(tx).addMember(one, `group:${other}`));
    await first.done;
    const second = begin(app, driver, (tx) => members(tx).addMember(other, `group:${one}`));
    await untilWaiting(app);
    await first.end();
    expect(await second.end()).toMatchObject({ code: 'cycle' });
  });

  it('delete a user, and have it make something: there is nobody to make it', async () => {
    const dora = `${name}-dora`;
    await driver.transaction(app, (tx) => users(tx).create({ id: dora }));
    const deleting = begin(app, driver, (tx) => users(tx).delete(dora));
    await deleting.done;
    const making = begin(app, driver, (tx) =>
      app.with(tx.client, `user:${dora}`).objects.create({ type: 'post', id: name }),
    );
    await untilWaiting(app);
    await deleting.end();
    expect(await making.end()).toMatchObject({ code: 'unknown_reference', faults: [{ path: 'creator' }] });
  });

  it('write an object first, and then a user: one stands, and the other is told to try again', async () => {
    const made = [gate(), gate()];
    const outcomes = await Promise.all(
      made.map((mine, index) =>
        driver
          .transaction(app, async (tx) => {
            await app.with(tx.client, alice).objects.create({ type: 'post', id: `${name}-${index}` });
            mine.open();
            await made[1 - index]?.opened;
            await users(tx).create({ id: `${name}-user-${index}` });
            return 'stands';
          })
          .catch((error: unknown) => (error instanceof CastellanError ? error.code : error)),
      ),
    );
    expect(new Set(outcomes)).toEqual(new Set(['overloaded', 'stands']));
  });
});
