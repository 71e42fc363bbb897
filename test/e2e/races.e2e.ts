import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from '../support/service.js';

const EDGES_AND_PATHS = [
  {
    name: 'memberships',
    edges: `SELECT member_id AS lower, group_id AS upper FROM castellan.memberships`,
    self: `SELECT NULL::int AS lower, NULL::int AS upper WHERE false`,
    paths: `SELECT member_id AS lower, group_id AS upper FROM castellan.effective_memberships`,
  },
  {
    name: 'inclusions',
    edges: `SELECT role_id AS lower, included_id AS upper FROM castellan.role_inclusions`,
    self: `SELECT id AS lower, id AS upper FROM castellan.roles`,
    paths: `SELECT role_id AS lower, included_id AS upper FROM castellan.effective_inclusions`,
  },
];

describe('many writes and checks at once', () => {
  let service: TestService;
  const people = Array.from({ length: 6 }, (_, n) => `person-${n}`);
  const groups = Array.from({ length: 5 }, (_, n) => `group-${n}`);
  const notes = Array.from({ length: 5 }, (_, n) => `note-${n}`);

  beforeAll(async () => {
    service = await startTestService();
    for (const name of people) await service.addUser(name);
    await service.arrange(async (unit) => {
      await unit.types.create({
        id: 'note',
        actions: ['view', 'add', 'change', 'delete', 'grant'],
        creatorActions: ['view'],
      });
      for (const id of groups) await unit.groups.create({ id, description: null });
      for (const id of notes) await unit.objects.create({ type: 'note', id, attributes: {} }, null);
      for (const id of groups) await unit.roles.create({ id, description: null, rules: [], includes: [] });
    });
  });
  afterAll(() => service.stop());

  it('surface no deadlock, lose no acknowledged write, and leave the closures whole', async () => {
    const any = <Item>(of: readonly Item[], n: number): Item => of[n % of.length] as Item;
    const admin = service.as('admin');
    const write = (n: number) => {
      const subject = n % 2 ? { type: 'user', id: any(people, n) } : { type: 'group', id: any(groups, n * 7) };
      const object = { type: 'note', id: any(notes, n * 3) };
      switch (n % 8) {
        case 0:
          return admin.put(`/api/v1/groups/${any(groups, n)}/members/group/${any(groups, n * 5 + 1)}`);
        case 1:
          return admin.put(`/api/v1/groups/${any(groups, n)}/members/user/${any(people, n * 3)}`);
        case 2:
          return admin.delete(`/api/v1/groups/${any(groups, n * 3)}/members/group/${any(groups, n + 2)}`);
        case 3:
          return admin.patch(`/api/v1/roles/${any(groups, n)}`).send({ includes: [any(groups, n * 2 + 1)] });
        case 4:
          return n % 16 === 4
            ? admin.delete(`/api/v1/objects/note/${object.id}`)
            : admin.post('/api/v1/objects/note').send({ id: object.id });
        default:
          return admin.post('/api/v1/grants').send({ subject, permission: 'note:view', object });
      }
    };
    const check = (n: number) => service.as(any(people, n)).get('/api/v1/objects/note');
    const answers: { status: number; text: string }[] = [];
    // Waves that fit the connections there are: what would have to wait longer is sent away with 503.
    for (let from = 0; from < 200; from += 10) {
      const wave = Array.from({ length: 10 }, (_, n) => [write(from + n), check(from + n)]).flat();
      answers.push(...(await Promise.all(wave)));
    }
    const odd = answers.filter(({ status }) => ![200, 201, 204, 404, 409, 422, 503].includes(status));
    expect(odd.map((answer) => answer.text)).toEqual([]);
    expect(answers.filter(({ status }) => status === 201 || status === 204).length).toBeGreaterThan(40);

    for (const { name, edges, self, paths } of EDGES_AND_PATHS) {
      const { rows } = await service.store.database.pool.query(
        `WITH RECURSIVE edge AS (${edges}), path AS (
          SELECT * FROM edge UNION SELECT path.lower, edge.upper FROM path JOIN edge ON edge.lower = path.upper
        ), whole AS (SELECT * FROM path UNION ${self}), kept AS (${paths})
        (SELECT 'missing' AS fault, * FROM (SELECT * FROM whole EXCEPT SELECT * FROM kept) m)
        UNION ALL (SELECT 'left over', * FROM (SELECT * FROM kept EXCEPT SELECT * FROM whole) l)`,
      );
      expect(rows, name).toEqual([]);
    }
  });

  it('make the same thing once: one 201, and 409 or 200 for the rest', async () => {
    const admin = service.as('admin');
    const grant = { subject: { type: 'user', id: 'person-0' }, permission: 'note:change', object: null };
    const rounds: [string, object][] = [
      ['/api/v1/users', { username: 'twin' }],
      ['/api/v1/groups', { id: 'twin' }],
      ['/api/v1/roles', { id: 'twin' }],
      ['/api/v1/types', { id: 'twin' }],
      ['/api/v1/objects/note', { id: 'twin' }],
      ['/api/v1/grants', grant],
      ['/api/v1/assignments', { subject: { type: 'user', id: 'person-0' }, role: 'group-0' }],
    ];
    for (const [path, body] of rounds) {
      const answers = await Promise.all(Array.from({ length: 4 }, () => admin.post(path).send(body)));
      const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
      expect(
        statuses.filter((status) => status === 201),
        `${path}: ${statuses.join()}`,
      ).toHaveLength(1);
      expect(
        statuses.every((status) => [200, 201, 409].includes(status)),
        `${path}: ${statuses.join()}`,
      ).toBe(true);
      const ids = new Set(answers.filter(({ status }) => status < 300).map((answer) => answer.body.id));
      expect(ids.size).toBe(1);
    }
  });
});
