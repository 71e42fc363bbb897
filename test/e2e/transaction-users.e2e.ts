import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInRequest } from '../../src/nest/current-request.js';
import { openBlogApp, type BlogApp } from '../support/blog/blog-app.js';
import { closeSound } from '../support/blog/close-sound.js';
import { drivers } from '../support/blog/drivers.js';

const alice = { type: 'user', id: 'alice' };

describe.each(drivers)('users in a transaction of the app over $name', (driver) => {
  let app: BlogApp;
  let number = 0;

  beforeAll(async () => {
    app = await openBlogApp();
  });
  afterAll(() => closeSound(app));

  const newId = (): string => `${driver.name}-${(number += 1)}`;
  const insert = (id: string): string => `INSERT INTO "User" (id, login) VALUES ('${id}', 'login of ${id}')`;
  const rowsOf = async (id: string): Promise<number> =>
    (await app.rows(`SELECT 1 FROM "User" WHERE id = '${id}'`)).length;
  const changesOf = (target: string): Promise<Record<string, unknown>[]> =>
    app.rows(`SELECT action, actor_type || ':' || actor_id AS actor, before, after FROM castellan.changes
      WHERE target_type || ':' || target_id = '${target}' ORDER BY id`);
  const groups = (...ids: string[]): Promise<void> =>
    app.arrange(async (unit) => {
      for (const id of ids) await unit.groups.create({ id, description: null });
    });

  it('are registered with the app’s own row, and hold what is given to them at once', async () => {
    const [dora, post] = [newId(), newId()];
    await runInRequest({ subject: null }, () =>
      driver.transaction(app, async (tx) => {
        const authz = app.with(tx.client);
        await tx.sql(insert(dora));
        expect(await authz.users.find(dora)).toBeNull();
        const record = await authz.users.create({ id: dora, email: 'd@example.org', attributes: { floor: 2 } });
        expect(record).toEqual({
          id: dora,
          username: dora,
          email: 'd@example.org',
          active: true,
          superuser: false,
          attributes: { floor: 2 },
        });
        expect(await authz.users.find(dora)).toEqual(record);
        await authz.objects.create({ type: 'post', id: post }, { creator: { type: 'user', id: dora } });
        expect(await authz.check('change', `post:${post}`, { subject: `user:${dora}` })).toBe(true);
      }),
    );
    expect(await rowsOf(dora)).toBe(1);
    expect(await app.store.users.find(dora)).toMatchObject({ id: dora, attributes: { floor: 2 } });
    expect(await app.may(dora, 'change', 'post', post)).toBe(true);
    expect(await changesOf(`user:${dora}`)).toMatchObject([
      { action: 'user.create', actor: 'anonymous:anonymous', before: null, after: { id: dora, creator: null } },
    ]);
  });

  it('of a transaction that is rolled back leave nothing', async () => {
    const [dora, group] = [newId(), newId()];
    await groups(group);
    const before = await app.contents();
    const rollback = new Error('the app has thought better of it');
    const rolledBack = driver.transaction(app, async (tx) => {
      const authz = app.with(tx.client, alice);
      await tx.sql(insert(dora));
      await authz.users.create({ id: dora });
      await authz.groups.addMember(group, `user:${dora}`);
      await authz.users.update('bob', { active: false });
      await authz.users.delete('bob');
      throw rollback;
    });
    await expect(rolledBack).rejects.toBe(rollback);
    expect(await app.contents()).toEqual(before);
    expect(await rowsOf(dora)).toBe(0);
  });

  it('change what is named of them, also as what others may be granted on', async () => {
    const dora = newId();
    await driver.transaction(app, (tx) =>
      app.with(tx.client, alice).users.create({ id: dora, email: 'd@example.org', attributes: { a: 1, b: 2 } }),
    );
    await driver.transaction(app, async (tx) => {
      const authz = app.with(tx.client, alice);
      await authz.users.update(dora, { attributes: { a: 2 } });
      const changed = await authz.users.update(dora, { username: `${dora} Doe`, email: null });
      expect(changed).toEqual({
        id: dora,
        username: `${dora} Doe`,
        email: null,
        active: true,
        superuser: false,
        attributes: { a: 2 },
      });
      expect((await authz.objects.find(`user:${dora}`))?.attributes).toEqual({ a: 2 });
    });
    expect(await app.may('alice', 'change', 'user', dora)).toBe(true);
    expect(await app.may('bob', 'view', 'user', dora)).toBe(false);
    expect(await changesOf(`user:${dora}`)).toMatchObject([
      { action: 'user.create', after: { creator: alice, granted: ['view', 'change', 'delete', 'grant'] } },
      { action: 'user.update', actor: 'user:alice', before: { attributes: { a: 1 } }, after: { attributes: { a: 2 } } },
      { action: 'user.update', before: { username: dora }, after: { username: `${dora} Doe`, email: null } },
    ]);
  });

  it('get nothing on themselves when they register themselves', async () => {
    const dora = newId();
    await runInRequest({ subject: { type: 'user', id: dora } }, () =>
      driver.transaction(app, (tx) => app.with(tx.client).users.create({ id: dora })),
    );
    expect(await app.may(dora, 'view', 'user', dora)).toBe(false);
    expect(await changesOf(`user:${dora}`)).toMatchObject([{ actor: `user:${dora}`, after: { creator: null } }]);
  });

  it('may do everything as superusers, and nothing when they are inactive', async () => {
    const dora = newId();
    await driver.transaction(app, (tx) => app.with(tx.client, alice).users.create({ id: dora, superuser: true }));
    expect(await app.may(dora, 'delete', 'user', 'bob')).toBe(true);
    const other = newId();
    await driver.transaction(app, async (tx) => {
      const { users } = app.with(tx.client, alice);
      await users.create({ id: other, superuser: true });
      await users.update(dora, { active: false });
    });
    expect(await app.may(dora, 'delete', 'user', 'bob')).toBe(false);
  });

  it('are signed out, and what was verified of them ends, when they are made inactive or get another name', async () => {
    const [dora, other] = [newId(), newId()];
    const plain = { email: null, active: true, superuser: false, attributes: {}, passwordHash: 'x' };
    await app.arrange(async (unit) => {
      for (const id of [dora, other]) await unit.users.create({ id, username: id, ...plain });
    });
    const subject = (id: string): string => `(SELECT id FROM castellan.subjects WHERE external_id = '${id}')`;
    for (const id of [dora, other])
      await app.rows(`INSERT INTO castellan.sessions (sid, sess, expire, subject_id)
        VALUES ('sid ${id}', '{}', now() + interval '1 hour', ${subject(id)})`);
    const versions = (): Promise<Record<string, unknown>[]> =>
      app.rows(`SELECT version FROM castellan.credentials
        WHERE subject_id IN (${subject(dora)}, ${subject(other)}) ORDER BY subject_id`);
    const before = await versions();
    await driver.transaction(app, async (tx) => {
      const { users } = app.with(tx.client, alice);
      await users.update(dora, { active: false });
      await users.update(other, { username: `${other}-new` });
    });
    const after = await versions();
    for (const [index, { version }] of before.entries()) expect(after[index]?.['version']).not.toBe(version);
    expect(await app.rows(`SELECT sid FROM castellan.sessions WHERE sid LIKE 'sid ${driver.name}%'`)).toEqual([
      { sid: `sid ${other}` },
    ]);
  });

  it('end with all that hangs on them, and start anew with nothing', async () => {
    const [dora, group, post] = [newId(), newId(), newId()];
    await groups(group);
    await driver.transaction(app, async (tx) => {
      const authz = app.with(tx.client, alice);
      await tx.sql(insert(dora));
      await authz.users.create({ id: dora });
      await authz.groups.addMember(group, `user:${dora}`);
      await authz.objects.create({ type: 'post', id: post }, { creator: `user:${dora}` });
      await authz.grants.create([
        { subject: 'user:bob', permission: 'user:view', object: `user:${dora}` },
        { subject: { type: 'group', id: group }, permission: 'blog:view' },
      ]);
    });
    await app.arrange(async (unit) => {
      await unit.users.update(dora, { passwordHash: 'x' });
    });
    await app.rows(`INSERT INTO castellan.sessions (sid, sess, expire, subject_id)
      SELECT 'sid-${dora}', '{}', now() + interval '1 hour', id FROM castellan.subjects WHERE external_id = '${dora}'`);
    expect(await app.may(dora, 'view', 'blog', 'any')).toBe(true);
    const hanging = async (): Promise<unknown> =>
      (
        await app.rows(`WITH it AS (SELECT id FROM castellan.subjects WHERE type = 'user' AND external_id = '${dora}')
        SELECT (SELECT count(*)::int FROM castellan.grants WHERE subject_id IN (SELECT id FROM it)) AS grants,
          (SELECT count(*)::int FROM castellan.grants g JOIN castellan.objects o ON o.id = g.object_id
            JOIN castellan.types t ON t.id = o.type_id AND t.name = 'user' WHERE o.external_id = '${dora}') AS placed,
          (SELECT count(*)::int FROM castellan.memberships WHERE member_id IN (SELECT id FROM it)) AS memberships,
          (SELECT count(*)::int FROM castellan.effective_memberships WHERE member_id IN (SELECT id FROM it)) AS effective,
          (SELECT count(*)::int FROM castellan.credentials WHERE subject_id IN (SELECT id FROM it)) AS passwords,
          (SELECT count(*)::int FROM castellan.sessions WHERE sid = 'sid-${dora}') AS sessions`)
      )[0];
    // Four of the post's creator; four of the user's creator, and bob's.
    expect(await hanging()).toEqual({ grants: 4, placed: 5, memberships: 1, effective: 1, passwords: 1, sessions: 1 });
    await driver.transaction(app, async (tx) => {
      await tx.sql(`DELETE FROM "User" WHERE id = '${dora}'`);
      await app.with(tx.client, alice).users.delete(dora);
    });
    expect(await rowsOf(dora)).toBe(0);
    await driver.transaction(app, (tx) => app.with(tx.client, alice).users.create({ id: dora }, { creator: null }));
    expect(await hanging()).toEqual({ grants: 0, placed: 0, memberships: 0, effective: 0, passwords: 0, sessions: 0 });
    for (const [action, type, id] of [
      ['view', 'blog', 'any'],
      ['change', 'post', post],
    ] as const)
      expect(await app.may(dora, action, type, id)).toBe(false);
    expect((await changesOf(`user:${dora}`)).map(({ action, actor }) => [action, actor])).toEqual([
      ['user.create', 'user:alice'],
      ['user.password', 'operator:test'],
      ['user.delete', 'user:alice'],
      ['user.create', 'user:alice'],
    ]);
  });

  it('join groups and leave them, with all groups that those are in', async () => {
    const [dora, inner, outer] = [newId(), newId(), newId()];
    await groups(inner, outer);
    await driver.transaction(app, async (tx) => {
      const { users, groups: members, grants, check } = bound(app.with(tx.client, alice));
      await users.create({ id: dora });
      await grants.create([{ subject: { type: 'group', id: outer }, permission: 'blog:view' }]);
      expect(await members.addMember(inner, `user:${dora}`)).toBe(true);
      expect(await members.addMember(inner, { type: 'user', id: dora })).toBe(false);
      expect(await check('view', 'blog:any', { subject: `user:${dora}` })).toBe(false);
      expect(await members.addMember(outer, { type: 'group', id: inner })).toBe(true);
      expect(await check('view', 'blog:any', { subject: `user:${dora}` })).toBe(true);
    });
    expect(await app.may(dora, 'view', 'blog', 'any')).toBe(true);
    await driver.transaction(app, (tx) => app.with(tx.client, alice).groups.removeMember(outer, `group:${inner}`));
    expect(await app.may(dora, 'view', 'blog', 'any')).toBe(false);
    expect(await changesOf(`group:${inner}`)).toMatchObject([
      { action: 'group.create' },
      { action: 'group.member.add', actor: 'user:alice', after: { member: { type: 'user', id: dora } } },
    ]);
    expect((await changesOf(`group:${outer}`)).map(({ action }) => action)).toEqual([
      'group.create',
      'group.member.add',
      'group.member.remove',
    ]);
  });

  it('nest no deeper than elsewhere', async () => {
    const ids = Array.from({ length: 33 }, newId);
    await groups(...ids);
    await driver.transaction(app, async (tx) => {
      const { groups: members } = app.with(tx.client, alice);
      for (const [index, id] of ids.slice(1).entries())
        await members.addMember(id, { type: 'group', id: ids[index] ?? '' });
      await expect(members.addMember(ids[0] ?? '', alice)).rejects.toMatchObject({ code: 'too_deep' });
    });
  });
});

type Bound = Pick<ReturnType<BlogApp['with']>, 'users' | 'groups' | 'grants' | 'check'>;

function bound(authz: ReturnType<BlogApp['with']>): Bound {
  return {
    users: authz.users,
    groups: authz.groups,
    grants: authz.grants,
    check: (...asked) => authz.check(...asked),
  };
}
