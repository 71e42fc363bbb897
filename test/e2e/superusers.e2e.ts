import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { operator } from '../../src/core/caller.js';
import { openStore } from '../../src/store/store.js';
import { contentsOf } from '../support/contents.js';
import { expectRefusal } from '../support/problem.js';
import { query } from '../support/query.js';
import { startTestService, type Client, type TestService } from '../support/service.js';

const ROUNDS = 20;

// Ways to end a superuser: each by a request of its own.
const ENDS: Readonly<Record<string, (client: Client, id: string) => ReturnType<Client['delete']>>> = {
  'is deleted': (client, id) => client.delete(`/api/v1/users/${id}`),
  'is deactivated': (client, id) => client.patch(`/api/v1/users/${id}`).send({ active: false }),
  'is made an ordinary user': (client, id) => client.patch(`/api/v1/users/${id}`).send({ superuser: false }),
  'is both': (client, id) => client.patch(`/api/v1/users/${id}`).send({ superuser: false, active: false }),
};
const ends = Object.entries(ENDS);

describe('the last active superuser', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService();
    await service.addUser('retired', { superuser: true, active: false });
    // Everything that a user can be given is not what makes a superuser.
    await service.addUser('manager');
    await service.arrange((unit) =>
      unit.grants.create(
        ['view', 'add', 'change', 'delete', 'grant'].map((action) => ({
          subject: { type: 'user', id: 'manager' },
          permission: `user:${action}`,
          object: null,
        })),
      ),
    );
  });
  afterAll(() => service.stop());

  const standing = async (): Promise<string[]> => {
    const rows = await query(
      service.databaseUrl,
      `SELECT external_id AS id FROM castellan.subjects WHERE superuser AND active ORDER BY 1`,
    );
    return rows.map(({ id }) => String(id));
  };

  it.each(ends)('stays when it %s by its own request, and nothing of the request is left', async (_, end) => {
    const before = await contentsOf(service.databaseUrl);
    await expectRefusal(end(service.as('admin'), 'admin'), 'last_superuser');
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it.each(ends)('stays when it %s by a manager of users', async (_, end) => {
    await expectRefusal(end(service.as('manager'), 'admin'), 'superuser_only');
    await expectRefusal(end(service.as('manager'), 'retired'), 'superuser_only');
    expect(await standing()).toEqual(['admin']);
  });

  it('is not replaced by one that is inactive', async () => {
    await service
      .as('admin')
      .post('/api/v1/users')
      .send({ username: 'asleep', superuser: true, active: false })
      .expect(201);
    await expectRefusal(service.as('admin').delete('/api/v1/users/admin'), 'last_superuser');
    await service.as('admin').delete('/api/v1/users/asleep').expect(204);
  });

  it.each(['repeatable read', 'serializable'])(
    'of two is left where the database begins with %s',
    async (isolation) => {
      const name = new URL(service.databaseUrl).pathname.slice(1);
      await query(service.databaseUrl, `ALTER DATABASE ${name} SET default_transaction_isolation = '${isolation}'`);
      const store = openStore({ url: service.databaseUrl, connections: 4 });
      const end = (id: string) =>
        store.writes
          .write(operator('test', 'test'), 'structure', (unit) => unit.users.update(id, { superuser: false }))
          .then(
            () => 'ended',
            (error: { code?: string }) => error.code,
          );
      try {
        for (let round = 0; round < ROUNDS; round += 1) {
          const second = `${isolation} ${round}`;
          await service.addUser(second, { superuser: true });
          const outcomes = await Promise.all([end('admin'), end(second)]);
          expect(outcomes.toSorted()).toEqual(['ended', 'last_superuser']);
          await service.arrange(async (unit) => {
            await unit.users.update('admin', { superuser: true });
            await unit.users.delete(second);
          });
        }
      } finally {
        await query(service.databaseUrl, `ALTER DATABASE ${name} RESET default_transaction_isolation`);
        await store.close();
      }
    },
  );

  describe('of two that are ended at once', () => {
    let round = 0;
    let second: string;
    beforeEach(async () => {
      second = `second-${(round += 1)}`;
    });

    it.each(Array.from({ length: ROUNDS }, (_, n) => n))('is one, round %i', async (n) => {
      await service.addUser(second, { superuser: true });
      const [, one] = ends[n % ends.length] as (typeof ends)[number];
      const [, other] = ends[(n >> 2) % ends.length] as (typeof ends)[number];
      const ownHand = n % 3 === 0;
      const answers = await Promise.all([
        one(service.as(ownHand ? 'admin' : second), 'admin'),
        other(service.as(ownHand ? second : 'admin'), second),
      ]);
      const left = await standing();
      expect(left, answers.map(({ status, text }) => `${status} ${text}`).join()).toHaveLength(1);
      expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
      // The one that is left is no less than it was.
      await service.as(left[0]).get('/api/v1/users/retired').expect(200);
      await service.arrange(async (unit) => {
        if (await unit.users.find('admin')) await unit.users.update('admin', { active: true, superuser: true });
        if (await unit.users.find(second)) await unit.users.update(second, { active: true, superuser: true });
      });
      if (!(await standing()).includes('admin')) await service.addUser('admin', { superuser: true });
      await service.arrange(async (unit) => {
        if (await unit.users.find(second)) await unit.users.delete(second);
      });
    });
  });
});
