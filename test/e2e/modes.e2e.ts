import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Mode } from '../../src/core/model.js';
import { actionsIn, modesTable as cases } from '../support/modes-table.js';
import { startTestService, type TestService } from '../support/service.js';

const MODES: readonly Mode[] = ['union', 'both', 'object'];
const ALL = ['view', 'add', 'change', 'delete'];

const nameOf = (index: number): string => `case-${index}`;

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
  await service.arrange(async (unit) => {
    for (const mode of MODES) await unit.types.create({ id: mode, mode, actions: ALL, creatorActions: [] });
  });
  for (const [index, { everywhere, onObject }] of cases.entries()) {
    const username = nameOf(index);
    const isInactive = everywhere === 'inactive';
    await service.addUser(username, { superuser: everywhere === 'a superuser', active: !isInactive });
    await service.arrange(async (unit) => {
      const subject = { type: 'user', id: username };
      for (const mode of MODES) {
        const object = { type: mode, id: username };
        await unit.objects.create({ ...object, attributes: {} }, null);
        const held = [everywhere, onObject].map((cell) => actionsIn(isInactive ? 'all' : cell));
        await unit.grants.create([
          ...(held[0] ?? []).map((action) => ({ subject, permission: `${mode}:${action}`, object: null })),
          ...(held[1] ?? []).map((action) => ({ subject, permission: `${mode}:${action}`, object })),
        ]);
      }
    });
  }
});
afterEach(() => service.forgiveSignIns());
afterAll(() => service.stop());

async function outcomeOf(username: string, mode: Mode): Promise<string> {
  const client = service.as(username);
  const list = `/api/v1/objects/${mode}`;
  const one = `${list}/${username}`;
  const listed = await client.get(`${list}?limit=1000`);
  const ids = listed.status === 200 ? (listed.body as { items: { id: string }[] }).items.map(({ id }) => id) : [];
  const first = listed.status === 200 ? (ids.includes(username) ? 'yes' : 'no') : String(listed.status);
  const { status: get } = await client.get(one);
  const { status: patch } = await client.patch(one).send({ attributes: { title: 'Changed' } });
  const { status: post } = await client.post(list).send({ id: `made by ${username}` });
  const { status: removal } = await client.delete(one);
  return `${first}, ${get} ${patch} ${removal}, ${post}`;
}

describe('the table of docs/modes.md', () => {
  it('has a row for each combination that tells the modes apart', () => {
    expect(cases.length).toBeGreaterThanOrEqual(11);
    for (const mode of MODES) expect(new Set(cases.map(({ outcomes }) => outcomes[mode])).size).toBeGreaterThan(4);
  });

  const each = cases.flatMap((row, index) =>
    MODES.map((mode) => ({ ...row, mode, index, outcome: row.outcomes[mode] })),
  );

  it.each(each)(
    'tells what the mode $mode gives to who holds "$everywhere" everywhere and "$onObject" on the object: $outcome',
    async ({ mode, index, outcome }) => {
      expect(await outcomeOf(nameOf(index), mode)).toBe(outcome);
    },
  );
});
