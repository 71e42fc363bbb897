import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectRef, SubjectRef } from '../../src/core/model.js';
import type { ConsideredRule } from '../../src/core/ports/explanations.js';
import { contentsOf } from '../support/contents.js';
import {
  explainAs,
  FUTURE,
  missesOf,
  PAST,
  placeOf,
  ref,
  startExplainedService,
  USERS,
  wayOf,
} from '../support/explained-world.js';
import { expectProblem } from '../support/problem.js';
import { rawRequest } from '../support/raw-request.js';
import type { TestService } from '../support/service.js';

let service: TestService;

beforeAll(async () => {
  service = await startExplainedService();
});
afterAll(() => service.stop());

const explain = (subject: string, permission: string, object?: string, more: object = {}) =>
  explainAs(service.as('admin'), subject, permission, object, more);

interface HeldRow {
  readonly held: string;
  readonly here: boolean;
}

/** What the view says that the user holds: where it matters to the object, and what would allow it elsewhere. */
function heldSql(subject: SubjectRef, object: ObjectRef, action: string): string {
  return `WITH asked AS (SELECT id FROM castellan.subjects WHERE type = '${subject.type}' AND external_id = '${subject.id}'),
    line AS (
      SELECT o.id FROM castellan.objects o JOIN castellan.types t ON t.id = o.type_id
      WHERE t.name = '${object.type}' AND o.external_id = '${object.id}'
    ),
    placed AS (SELECT id FROM line UNION SELECT ancestor_id FROM castellan.ancestry WHERE descendant_id IN (SELECT id FROM line))
    SELECT (coalesce(h.grant_id::text, h.rule_id::text) || ' ' || coalesce(ht.name || ':' || ho.external_id, 'everywhere')) COLLATE "C" AS held, h.place_id IN (SELECT 0 UNION SELECT id FROM placed) AS here
    FROM castellan.held_rules h JOIN castellan.permissions p ON p.id = h.permission_id JOIN castellan.types t ON t.id = p.type_id
    LEFT JOIN castellan.objects ho ON ho.id = h.place_id LEFT JOIN castellan.types ht ON ht.id = ho.type_id
    WHERE t.name = '${object.type}' AND p.action = '${action}' AND h.holder_id IN (
      SELECT 1 UNION SELECT id FROM asked UNION SELECT 2 FROM asked
      UNION SELECT group_id FROM castellan.effective_memberships WHERE member_id IN (SELECT id FROM asked))
    AND (h.place_id IN (SELECT 0 UNION SELECT id FROM placed) OR h.effect = 'allow' AND coalesce(h.expires_at > now(), true)
      AND coalesce(h.starts_at <= now(), true))
    ORDER BY 1`;
}

describe('an explanation', () => {
  it('tells the verdict, and each rule with the way to it, its place and what it is tied to', async () => {
    const told = await explain('user:alice', 'doc:view', 'doc:plan');
    expect(told).toEqual({
      decision: { allowed: true, reason: 'rule_allows', fields: { only: null, except: [] } },
      mode: 'union',
      unknown: [],
      counted: [
        {
          id: expect.stringMatching(/^\d+$/) as string,
          source: 'role',
          effect: 'allow',
          permission: 'doc:view',
          placed: 'object',
          place: ref('folder:top'),
          condition: null,
          fields: null,
          startsAt: null,
          expiresAt: null,
          path: [ref('user:alice'), ref('group:all'), ref('role:editor'), ref('role:reader')],
        },
      ],
      missed: [],
      moreElsewhere: false,
    });
  });

  it('takes the shortest way, and goes through every group where there is no shorter one', async () => {
    await service.arrange((unit) => unit.groups.removeMember('all', ref('user:alice')));
    const { counted } = await explain('user:alice', 'doc:view', 'doc:plan');
    expect(counted.map(wayOf)).toEqual([
      'user:alice → group:sales → group:staff → group:all → role:editor → role:reader',
    ]);
    await service.arrange((unit) => unit.groups.addMember('all', ref('user:alice')));
  });

  it('places what a role was granted above its assignment where the role is assigned', async () => {
    const { decision, counted } = await explain('user:alice', 'doc:delete', 'doc:plan');
    expect(decision.allowed).toBe(true);
    expect(counted.map((rule) => [wayOf(rule), placeOf(rule), (rule as ConsideredRule).source])).toEqual([
      ['user:alice → group:all → role:editor → role:reader', 'folder:top', 'grant'],
    ]);
  });

  it('tells of a group and of a role what they hold themselves', async () => {
    const ofGroup = await explain('group:staff', 'doc:view', 'doc:plan');
    expect(ofGroup.counted.map(wayOf)).toEqual(['group:staff → group:all → role:editor → role:reader']);
    const ofRole = await explain('role:editor', 'doc:view', 'doc:plan');
    expect(ofRole.counted.map((rule) => [wayOf(rule), placeOf(rule)])).toEqual([
      ['role:editor → role:reader', 'everywhere'],
    ]);
  });

  it('tells windows that are closed, and those that have yet to open', async () => {
    const told = await explain('user:carol', 'doc:view', 'doc:plan');
    expect(told.decision).toMatchObject({ allowed: false, reason: 'no_rule_allows' });
    expect(missesOf(told)).toEqual([
      ['user:carol → role:reader', { why: 'not_started', startsAt: FUTURE }],
      ['user:carol → role:reader', { why: 'expired', expiresAt: PAST }],
    ]);
  });

  it('tells which rule denied, and what it outdid', async () => {
    const told = await explain('user:dave', 'doc:view', 'doc:plan');
    expect(told.decision).toMatchObject({ allowed: false, reason: 'rule_denies' });
    expect(told.counted).toMatchObject([{ effect: 'deny', place: null, condition: { 'resource.status': 'draft' } }]);
    const [denying] = told.counted as ConsideredRule[];
    expect(missesOf(told)).toEqual([['user:dave', { why: 'denied', by: denying?.id }]]);
  });

  it('tells the values that conditions met', async () => {
    const told = await explain('user:dave', 'doc:change', 'doc:plan');
    const met = (name: string, value: number, operand: object) => ({
      why: 'condition_false',
      because: [{ path: name, value, comparison: { [name]: operand } }],
    });
    expect(missesOf(told)).toEqual([
      ['user:dave', met('subject.level', 1, { $gte: 2 })],
      ['user:dave', met('resource.salary', 7, { $lt: 5 })],
    ]);
    const other = await explain('user:dave', 'doc:change', 'doc:plan', {
      supplied: { subject: { level: 3 }, resource: { salary: 6 } },
    });
    expect(other.decision.allowed).toBe(true);
    expect(missesOf(other)).toEqual([['user:dave', met('resource.salary', 6, { $lt: 5 })]]);
  });

  it('tells of a missing value that it is missing', async () => {
    const told = await explain('user:alice', 'doc:change', 'doc:other');
    expect(missesOf(told)).toEqual([
      [
        'user:alice → group:all → role:editor',
        {
          why: 'condition_unknown',
          because: [{ path: 'resource.status', comparison: { 'resource.status': { $eq: 'final' } } }],
        },
      ],
    ]);
  });

  it('tells what the mode needs beside a rule', async () => {
    const told = await explain('user:erin', 'strict:view', 'strict:one');
    expect([told.mode, missesOf(told)]).toEqual(['both', [['user:erin', { why: 'mode', needs: 'everywhere' }]]]);
  });

  it('tells rules that deny some fields only', async () => {
    const told = await explain('user:erin', 'doc:grant', 'doc:plan');
    expect(missesOf(told)).toEqual([['user:erin → group:anyone', { why: 'fields', fields: ['salary'] }]]);
  });

  it('tells of rules placed elsewhere, the nearest place first', async () => {
    const told = await explain('user:erin', 'doc:view', 'doc:plan');
    expect(told.missed.map((rule) => [placeOf(rule), rule.miss.why])).toEqual([
      ['doc:other', 'elsewhere'],
      ['doc:far', 'elsewhere'],
    ]);
    const byRole = await explain('user:bob', 'doc:view', 'doc:plan');
    expect(byRole.missed.map((rule) => [wayOf(rule), placeOf(rule), rule.miss.why])).toEqual([
      ['user:bob → role:editor → role:reader', 'tenant:b', 'elsewhere'],
    ]);
    expect((await explain('user:alice', 'doc:view', 'doc:far')).missed.map(placeOf)).toEqual(['folder:top']);
  });

  it('tells the ten nearest of many, and that there are more', async () => {
    const told = await explain('user:many', 'doc:view', 'doc:plan');
    expect(told.missed.map(placeOf)).toEqual(Array.from({ length: 10 }, (_, n) => `doc:near ${n}`));
    expect(told.moreElsewhere).toBe(true);
    expect((await explain('user:many', 'doc:view', 'doc:near 3')).missed).toEqual([]);
  });

  it('is about no object in particular where none is named', async () => {
    const told = await explain('user:erin', 'doc:add');
    expect(told).toMatchObject({ decision: { allowed: false }, mode: 'union', unknown: [] });
    expect(told.missed.map((rule) => [placeOf(rule), rule.miss.why])).toEqual([['folder:top', 'elsewhere']]);
  });

  it('is about an object that is to be made where its parent is named', async () => {
    const parent = { parent: ref('folder:deep') };
    const missing = await explain('user:erin', 'doc:add', undefined, parent);
    expect(missing.decision.allowed).toBe(false);
    expect(missing.missed).toMatchObject([{ place: ref('folder:top'), miss: { why: 'condition_unknown' } }]);
    const supplied = { ...parent, supplied: { resource: { status: 'draft' } } };
    expect((await explain('user:erin', 'doc:add', undefined, supplied)).decision.allowed).toBe(true);
  });

  it.each([
    ['user:admin', 'doc:view', 'doc:plan', true, 'superuser', []],
    ['user:gone', 'doc:view', 'doc:plan', false, 'subject_inactive', []],
    ['user:alice', 'nothing:view', 'nothing:1', false, 'unknown_type', ['object']],
    ['user:alice', 'doc:fly', 'doc:plan', false, 'unknown_action', []],
    ['user:nobody', 'doc:view', 'doc:plan', false, 'no_rule_allows', ['subject']],
    ['user:rita', 'doc:view', 'doc:nowhere', true, 'rule_allows', ['object']],
  ])('of %s, %s, %s is allowed %s, by the reason %s', async (subject, permission, object, allowed, reason, unknown) => {
    expect(await explain(subject, permission, object)).toMatchObject({ decision: { allowed, reason }, unknown });
  });

  it('comes to the verdict of a decision, for everybody, everything and everywhere', async () => {
    const subjects = [...USERS, 'admin', 'gone', 'nobody'].map((id) => ref(`user:${id}`));
    subjects.push(ref('group:staff'), ref('group:anyone'), ref('role:editor'), ref('role:reader'));
    const objects = ['tenant:a', 'folder:deep', 'doc:plan', 'doc:other', 'doc:far', 'doc:nowhere', 'strict:one'].map(
      ref,
    );
    const questions = subjects.flatMap((subject) =>
      [undefined, ...objects].flatMap((object) =>
        ['view', 'change', 'delete', 'fly'].map((action) => ({
          subject,
          permission: { type: object?.type ?? 'doc', action },
          object,
        })),
      ),
    );
    const decisions = await service.store.decider.decideAll(questions);
    const verdicts: unknown[] = [];
    for (const question of questions) {
      const { decision, counted } = await service.store.explanations.explain(question);
      verdicts.push(decision);
      const ids = new Set(counted.map(({ id }) => id));
      expect(decision.rules.every(({ id }) => ids.has(id))).toBe(true);
    }
    const told = (all: readonly unknown[]) => all.map((each) => ({ ...(each as object), rules: undefined }));
    expect(told(verdicts)).toEqual(told(decisions));
    expect(decisions.filter(({ allowed }) => allowed).length).toBeGreaterThan(50);
  });

  it('tells of the rules that castellan.held_rules has, and of no others', async () => {
    const objects = ['doc:plan', 'doc:far', 'doc:nowhere', 'folder:deep', 'strict:one', 'tenant:b'];
    const toldOf = (rules: readonly ConsideredRule[]) => rules.map((rule) => `${rule.id} ${placeOf(rule)}`).toSorted();
    const seen = { here: 0, elsewhere: 0 };
    const users = [...USERS, 'nobody'].map((id) => `user:${id}`);
    for (const subject of [...users, 'role:reader', 'role:editor', 'group:all'].map(ref)) {
      for (const object of objects.map(ref)) {
        for (const action of ['view', 'change', 'delete', 'grant']) {
          const question = { subject, permission: { type: object.type, action }, object };
          const { counted, missed, decision, moreElsewhere } = await service.store.explanations.explain(question);
          const elsewhere = missed.filter(({ miss }) => miss.why === 'elsewhere');
          const here = [...counted, ...missed.filter(({ miss }) => miss.why !== 'elsewhere')];
          const { rows: held } = await service.store.database.pool.query<HeldRow>(heldSql(subject, object, action));
          const heldOf = (isHere: boolean) => held.filter((row) => row.here === isHere).map((row) => row.held);
          expect(toldOf(here)).toEqual(heldOf(true));
          const asksElsewhere = decision.reason === 'no_rule_allows' && !moreElsewhere;
          if (asksElsewhere) expect(toldOf(elsewhere)).toEqual(heldOf(false));
          seen.here += here.length;
          seen.elsewhere += elsewhere.length;
        }
      }
    }
    expect([seen.here > 20, seen.elsewhere > 10]).toEqual([true, true]);
  });

  it('changes nothing', async () => {
    const before = await contentsOf(service.databaseUrl);
    await explain('user:erin', 'doc:view', 'doc:plan');
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });
});

describe('the form of the question', () => {
  const plain = { subject: ref('user:alice'), permission: 'doc:view', object: ref('doc:plan') };

  it.each([
    [{}, 'subject'],
    [{ ...plain, subject: 'user:alice' }, 'subject'],
    [{ ...plain, subject: { type: 'user' } }, 'subject.id'],
    [{ ...plain, subject: { ...plain.subject, properties: {} } }, 'subject.properties'],
    [{ ...plain, permission: 'view' }, 'permission'],
    [{ ...plain, object: ref('folder:top') }, 'object.type'],
    [{ ...plain, object: { type: 'doc', id: '' } }, 'object.id'],
    [{ ...plain, object: null }, 'object'],
    [{ ...plain, parent: ref('folder:top') }, 'parent'],
    [{ ...plain, supplied: { context: [] } }, 'supplied.context'],
    [{ ...plain, supplied: { object: {} } }, 'supplied.object'],
    [{ ...plain, action: 'view' }, 'action'],
  ])('is refused with 422 where it does not fit: %j', async (body, at) => {
    const answer = await rawRequest(service.app, {
      method: 'POST',
      path: '/api/v1/access/explain',
      as: 'admin',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expectProblem(answer, { code: 'invalid_request', path: at });
  });
});
