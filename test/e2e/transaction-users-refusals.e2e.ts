import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBlogApp, type BlogApp } from '../support/blog/blog-app.js';
import { closeSound } from '../support/blog/close-sound.js';
import { drivers } from '../support/blog/drivers.js';

const alice = { type: 'user', id: 'alice' };

describe.each(drivers)('users and groups that are refused in a transaction of the app over $name', (driver) => {
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
  const groups = (...ids: string[]): Promise<void> =>
    app.arrange(async (unit) => {
      for (const id of ids) await unit.groups.create({ id, description: null });
    });

  it('keep the app’s row out', async () => {
    const dora = newId();
    const before = await app.contents();
    const refused = driver.transaction(app, async (tx) => {
      await tx.sql(insert(dora));
      await app.with(tx.client, alice).users.create({ id: dora, username: 'bob' });
    });
    await expect(refused).rejects.toMatchObject({ code: 'already_exists', faults: [{ path: 'username' }] });
    expect(await rowsOf(dora)).toBe(0);
    expect(await app.contents()).toEqual(before);
  });

  it('have nothing written of them, and the transaction goes on', async () => {
    const [other, group, below] = [newId(), newId(), newId()];
    const root = newId();
    await groups(group, below);
    await app.arrange(async (unit) => {
      await unit.groups.addMember(group, { type: 'group', id: below });
      await unit.users.create({ id: root, username: root, email: null, active: true, superuser: true, attributes: {} });
      await unit.objects.create({ type: 'post', id: root, parent: { type: 'user', id: 'bob' }, attributes: {} }, null);
    });
    const before = await app.contents();
    await driver.transaction(app, async (tx) => {
      const { users, groups: members } = app.with(tx.client, alice);
      const unregistered = app.with(tx.client, 'service:import').users;
      const refusals: [string, () => Promise<unknown>][] = [
        ['already_exists', () => users.create({ id: 'bob', username: other })],
        ['already_exists', () => users.create({ id: other, username: 'bob' })],
        ['unknown_reference', () => users.create({ id: other }, { creator: 'user:nobody' })],
        ['unknown_reference', () => unregistered.create({ id: other })],
        ['invalid_request', () => users.create({ id: other }, { creator: { type: 'user', id: other } })],
        ['invalid_request', () => users.create({ id: 'google:7' })],
        ['invalid_request', () => users.create({ id: '' })],
        ['invalid_request', () => users.create({ id: 'a\u0000b' })],
        ['invalid_request', () => users.create({ id: 7 as never })],
        ['invalid_request', () => users.create({ id: other, username: 'a:b' })],
        ['invalid_request', () => users.create({ id: other, email: 'a\u0000b' })],
        ['invalid_request', () => users.create({ id: other, active: 'false' as never })],
        ['invalid_request', () => users.create({ id: other, superuser: 1 as never })],
        ['invalid_request', () => users.create({ id: other, attributes: { a: 'b\u0000' } })],
        ['not_found', () => users.update(other, { active: false })],
        ['already_exists', () => users.update('bob', { username: 'alice', active: false })],
        ['invalid_request', () => users.update('bob', { username: null as never })],
        ['not_found', () => users.delete(other)],
        ['has_children', () => users.delete('bob')],
        ['last_superuser', () => users.delete(root)],
        ['last_superuser', () => users.update(root, { superuser: false, username: other })],
        ['last_superuser', () => users.update(root, { active: false })],
        ['not_found', () => members.addMember(other, alice)],
        ['unknown_reference', () => members.addMember(group, 'user:nobody')],
        ['unknown_reference', () => members.addMember(group, 'group:authenticated')],
        ['built_in', () => members.addMember('anyone', alice)],
        ['cycle', () => members.addMember(below, { type: 'group', id: group })],
        ['cycle', () => members.addMember(below, { type: 'group', id: below })],
        ['invalid_request', () => members.addMember(group, 'alice')],
        ['not_found', () => members.removeMember(group, alice)],
        ['not_found', () => members.removeMember(group, 'user:nobody')],
        ['built_in', () => members.removeMember('authenticated', alice)],
      ];
      for (const [code, refusal] of refusals) await expect(refusal()).rejects.toMatchObject({ code });
      await tx.sql(insert(other));
    });
    expect(await app.contents()).toEqual(before);
    expect(await rowsOf(other)).toBe(1);
  });

  it('are named, and how they are registered, where they would hold something before they are', async () => {
    const group = newId();
    await groups(group);
    await driver.transaction(app, async (tx) => {
      const { objects, grants, groups: members } = app.with(tx.client, 'user:nobody');
      const post = { type: 'post', id: newId() };
      for (const refusal of [
        objects.create(post),
        grants.create([{ subject: 'user:nobody', permission: 'post:view' }]),
        members.addMember(group, 'user:nobody'),
      ])
        await expect(refusal).rejects.toMatchObject({
          code: 'unknown_reference',
          detail: expect.stringMatching(/there is no user nobody.*users\.create/),
        });
      const asService = app.with(tx.client, 'service:import').objects.create(post);
      await expect(asService).rejects.toMatchObject({ detail: expect.stringMatching(/service import.*name null/) });
      await expect(asService).rejects.not.toMatchObject({ detail: expect.stringContaining('users.create') });
      // What is missing, and is nobody, is not taken for a user.
      await expect(objects.create({ ...post, parent: 'blog:nowhere' }, { creator: null })).rejects.not.toMatchObject({
        detail: expect.stringContaining('users.create'),
      });
    });
  });
});
