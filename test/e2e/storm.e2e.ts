import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { integrityFaults } from '../support/integrity.js';
import { startTestService, type TestService } from '../support/service.js';

const WRITES = 240;
const AT_ONCE = 16;

interface Ref {
  readonly type: string;
  readonly id: string;
}
interface Change {
  readonly action: string;
  readonly target: Ref;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
}
/** A write as it was sent, and what was answered. */
interface Sent {
  readonly requestId: string;
  readonly verb: 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  readonly status: number;
  readonly text: string;
}

const user = (id: string): Ref => ({ type: 'user', id });
const people = Array.from({ length: 6 }, (_, n) => `person-${n}`);
const groups = Array.from({ length: 5 }, (_, n) => `group-${n}`);
const notes = Array.from({ length: 6 }, (_, n) => `note-${n}`);
const key = (ref: unknown): string => (ref ? `${(ref as Ref).type}:${(ref as Ref).id}` : '');

// The same numbers in every run: what differs is how the writes meet.
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('many writers at once', () => {
  let service: TestService;
  let client: pg.Client;
  const sent: Sent[] = [];

  beforeAll(async () => {
    service = await startTestService();
    client = new pg.Client(service.databaseUrl);
    await client.connect();
    for (const name of [...people, 'insider', 'outsider']) await service.addUser(name);
    await service.arrange(async (unit) => {
      const actions = ['view', 'add', 'change', 'delete', 'grant'];
      await unit.types.create({ id: 'note', actions, creatorActions: [] });
      for (const id of groups) await unit.groups.create({ id, description: null });
      for (const id of groups) await unit.roles.create({ id, description: null, rules: [], includes: [] });
      for (const id of [...notes, 'calm']) await unit.objects.create({ type: 'note', id, attributes: {} }, null);
      await unit.groups.create({ id: 'insiders', description: null });
      await unit.groups.addMember('insiders', user('insider'));
      await unit.grants.create([
        { subject: { type: 'group', id: 'insiders' }, permission: 'note:view', object: { type: 'note', id: 'calm' } },
      ]);
    });
  });
  afterAll(async () => {
    await client.end();
    await service.stop();
  });

  const changes = async (): Promise<(Change & { requestId: string })[]> => {
    const { rows } = await client.query<Change & { requestId: string }>(
      `SELECT action, jsonb_build_object('type', target_type, 'id', target_id) AS target, before, after, request_id AS "requestId"
      FROM castellan.changes WHERE action NOT LIKE 'sign\\_in.%' ORDER BY id`,
    );
    return rows;
  };

  const write = async (n: number, pick: (below: number) => number, grants: readonly string[]): Promise<Sent> => {
    const any = <Item>(of: readonly Item[]): Item => of[pick(of.length)] as Item;
    const note = any(notes);
    const holder: Ref = pick(2) === 0 ? user(any(people)) : { type: pick(2) === 0 ? 'group' : 'role', id: any(groups) };
    const member = pick(2) === 0 ? `user/${any(people)}` : `group/${any(groups)}`;
    const place = pick(8) === 0 ? null : { type: 'note', id: note };
    const kinds: (() => readonly [Sent['verb'], string, object?])[] = [
      () => ['post', '/api/v1/grants', { subject: holder, permission: 'note:view', object: place }],
      () => ['post', '/api/v1/grants', { subject: holder, permission: 'note:change', object: place }],
      () => ['delete', `/api/v1/grants/${grants.length > 0 ? any(grants) : '00000000-0000-7000-8000-000000000000'}`],
      () => ['delete', `/api/v1/objects/note/${note}`],
      () => ['post', '/api/v1/objects/note', { id: note }],
      () => ['put', `/api/v1/groups/${any(groups)}/members/${member}`],
      () => ['delete', `/api/v1/groups/${any(groups)}/members/${member}`],
      () => [
        'patch',
        `/api/v1/roles/${any(groups)}`,
        { includes: [any(groups)], rules: [{ permission: 'note:view' }] },
      ],
      () => ['delete', `/api/v1/groups/${any(groups)}`],
      () => ['post', '/api/v1/groups', { id: any(groups) }],
    ];
    const [verb, path, body] = any(kinds)();
    const requestId = `storm-${n}`;
    const request = service.as('admin')[verb](path).set('x-request-id', requestId);
    const { status, text } = await (body ? request.send(body) : request);
    return { requestId, verb, path, status, text };
  };

  const check = async (n: number): Promise<void> => {
    const [as, wanted] = n % 2 === 0 ? (['insider', 200] as const) : (['outsider', 404] as const);
    const path = n % 4 < 2 ? '/api/v1/objects/note/calm' : `/api/v1/objects/note/${notes[n % notes.length]}`;
    const answer = await service.as(as).get(path);
    if (path.endsWith('/calm')) expect(answer.status, `${as} ${answer.text}`).toBe(wanted);
    else expect([200, 404]).toContain(answer.status);
  };

  it('meet no error of ours, and whoever is not touched by them sees nothing of it', async () => {
    const pick = numbers(42);
    const standing: string[] = [];
    const refused: string[] = [];
    for (let n = 0; n < WRITES; n += AT_ONCE) {
      const wave = Array.from({ length: AT_ONCE }, (_, at) => write(n + at, pick, standing));
      const checks = Array.from({ length: AT_ONCE }, (_, at) => check(n + at));
      for (const answer of await Promise.all(wave)) {
        sent.push(answer);
        if (answer.path === '/api/v1/grants' && answer.status === 201)
          standing.push(JSON.parse(answer.text).id as string);
        if (![200, 201, 204, 404, 409, 422].includes(answer.status)) refused.push(`${answer.path} ${answer.text}`);
      }
      await Promise.all(checks);
    }
    // To be too busy is an answer, but not one for the most of them.
    expect(refused.filter((text) => !text.includes('"overloaded"'))).toEqual([]);
    expect(refused.length).toBeLessThan(WRITES / 4);
    expect(sent.filter(({ status }) => status < 300).length).toBeGreaterThan(WRITES / 4);
  });

  it('leave closures that are what their edges make, and nothing orphaned', async () => {
    expect(await integrityFaults(client)).toEqual([]);
  });

  it('leave one audit row for each change that was acknowledged, and none for any other request', async () => {
    const counts = new Map<string, number>();
    for (const { requestId } of await changes()) counts.set(requestId, (counts.get(requestId) ?? 0) + 1);
    const wrong = sent.filter(({ requestId, verb, status }) => {
      const count = counts.get(requestId) ?? 0;
      // What is so already is acknowledged and no change.
      if (verb === 'put' && status === 204) return count > 1;
      const changed = status === 201 || (verb === 'delete' && status === 204) || (verb === 'patch' && status === 200);
      return count !== (changed ? 1 : 0);
    });
    expect(wrong).toEqual([]);
  });

  it('leave just what the acknowledged changes, one after the other, make', async () => {
    const grants = new Map<string, { subject: string; object: string }>();
    const members = new Map<string, { group: string; member: string }>();
    const objects = new Set<string>();
    for (const { action, target, before, after } of await changes()) {
      const edge = { group: key(target), member: key((after ?? before)?.['member']) };
      if (action === 'grant.create')
        grants.set(target.id, { subject: key(after?.['subject']), object: key(after?.['object']) });
      if (action === 'grant.delete') grants.delete(target.id);
      if (action === 'group.member.add') members.set(`${edge.group} holds ${edge.member}`, edge);
      if (action === 'group.member.remove') members.delete(`${edge.group} holds ${edge.member}`);
      if (action === 'object.create') objects.add(key(target));
      if (action !== 'object.delete' && action !== 'group.delete') continue;
      objects.delete(key(target));
      for (const [id, { subject, object }] of grants) if ([subject, object].includes(key(target))) grants.delete(id);
      for (const [id, { group, member }] of members) if ([group, member].includes(key(target))) members.delete(id);
    }
    const texts = async (sql: string): Promise<string[]> => {
      const { rows } = await client.query<{ text: string }>(sql);
      return rows.map(({ text }) => text).toSorted();
    };
    const ofNotes = "(SELECT t.id FROM castellan.types t WHERE t.name = 'note')";
    // What a group's creator is given on it is not granted by a request of its own.
    expect(
      await texts(`SELECT g.id::text AS text FROM castellan.grants g
        JOIN castellan.permissions p ON p.id = g.permission_id AND p.type_id = ${ofNotes}`),
    ).toEqual([...grants.keys()].toSorted());
    expect(
      await texts(`SELECT 'note:' || external_id AS text FROM castellan.objects WHERE type_id = ${ofNotes}`),
    ).toEqual([...objects].toSorted());
    expect(
      await texts(`SELECT 'group:' || g.external_id || ' holds ' || m.type || ':' || m.external_id AS text
        FROM castellan.memberships e JOIN castellan.subjects g ON g.id = e.group_id
        JOIN castellan.subjects m ON m.id = e.member_id`),
    ).toEqual([...members.keys()].toSorted());
    expect(grants.size * members.size * objects.size).toBeGreaterThan(0);
  });
});
