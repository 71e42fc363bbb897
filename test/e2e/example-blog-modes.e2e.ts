import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { castellan } from '../../src/embed/prisma-extension.js';
import { PLATFORMS, startExampleBlog, type ExampleBlog } from '../support/example-blog.js';
import { actionsIn, modesTable } from '../support/modes-table.js';

const nameOf = (index: number): string => `case-${index}`;
const rows = modesTable.map(({ everywhere, onObject, outcomes: { both } }, index) => ({
  everywhere,
  onObject,
  outcome: both,
  index,
}));

it('has a row for each combination that tells the mode both from others', () => {
  expect(rows.length).toBeGreaterThanOrEqual(11);
  expect(new Set(rows.map(({ outcome }) => outcome)).size).toBeGreaterThan(4);
});

// The announcements of the blog are guarded by @Mode('both'); their type has the mode union.
describe.each(PLATFORMS)('the table of docs/modes.md, over HTTP to the example blog on %s', (platform) => {
  let blog: ExampleBlog;
  const announcements = new Map<string, number>();

  beforeAll(async () => {
    blog = await startExampleBlog(platform);
    const names = rows.map(({ index }) => nameOf(index));
    await blog.arrange(async (unit) => {
      for (const { index, everywhere } of rows) {
        const id = nameOf(index);
        const rights = { active: everywhere !== 'inactive', superuser: everywhere === 'a superuser' };
        await unit.users.create({ id, username: id, email: null, attributes: {}, ...rights });
      }
    });
    await blog.addUsers(names);
    for (const { index, everywhere, onObject } of rows) {
      const subject = { type: 'user', id: nameOf(index) };
      const { id } = await castellan.as('user:dave', () =>
        blog.prisma.announcement.create({ data: { text: `About ${subject.id}` } }),
      );
      announcements.set(subject.id, id);
      const [general = [], particular = []] = [everywhere, onObject].map((cell) =>
        actionsIn(everywhere === 'inactive' ? 'all' : cell),
      );
      const object = { type: 'announcement', id: String(id) };
      await blog.arrange((unit) =>
        unit.grants.create([
          ...general.map((action) => ({ subject, permission: `announcement:${action}`, object: null })),
          ...particular.map((action) => ({ subject, permission: `announcement:${action}`, object })),
        ]),
      );
      // Whoever is inactive had signed in before.
      await blog.as(subject.id);
      if (everywhere === 'inactive')
        await blog.prisma.user.update({ where: { id: subject.id }, data: { active: false } });
    }
  });
  afterAll(() => blog.stop());

  async function outcomeOf(name: string): Promise<string> {
    const client = await blog.as(name);
    const id = announcements.get(name);
    const listed = await client.get('/announcements');
    const ids = listed.status === 200 ? (listed.body as { id: number }[]).map((row) => row.id) : [];
    const first = listed.status === 200 ? (ids.includes(id ?? 0) ? 'yes' : 'no') : String(listed.status);
    const { status: get } = await client.get(`/announcements/${id}`);
    const { status: patch } = await client.patch(`/announcements/${id}`).send({ text: 'Changed' });
    const { status: post } = await client.post('/announcements').send({ text: `Made by ${name}` });
    const { status: removal } = await client.delete(`/announcements/${id}`);
    return `${first}, ${get} ${patch} ${removal}, ${post}`;
  }

  it.each(rows)(
    'gives to who holds "$everywhere" everywhere and "$onObject" on the object: $outcome',
    async ({ index, outcome }) => {
      expect(await outcomeOf(nameOf(index))).toBe(outcome);
    },
  );
});
