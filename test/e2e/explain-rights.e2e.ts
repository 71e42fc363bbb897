import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainAs, missesOf, placeOf, ref, startExplainedService, wayOf } from '../support/explained-world.js';
import { expectRefusal } from '../support/problem.js';
import type { TestService } from '../support/service.js';

let service: TestService;

beforeAll(async () => {
  service = await startExplainedService();
});
afterAll(() => service.stop());

const ask = (as: string | undefined, body: object) => service.as(as).post('/api/v1/access/explain').send(body);
const explain = (subject: string, permission: string, object: string, as: string) =>
  explainAs(service.as(as), subject, permission, object);

describe('the right to have it explained', () => {
  const onPlan = { subject: ref('user:alice'), permission: 'doc:view', object: ref('doc:plan') };

  it('is access:explain on the object or above it; without an object, everywhere', async () => {
    for (const as of ['judge', 'warden', 'keeper']) await ask(as, onPlan).expect(200);
    await ask('judge', { ...onPlan, object: undefined }).expect(200);
    await expectRefusal(ask('warden', { ...onPlan, object: undefined }), 'forbidden');
    await ask('warden', { ...onPlan, permission: 'doc:add', object: undefined, parent: ref('folder:deep') }).expect(
      200,
    );
    await expectRefusal(
      ask('warden', { ...onPlan, permission: 'doc:add', object: undefined, parent: ref('tenant:a') }),
      'not_found',
    );
    await expectRefusal(ask('keeper', { ...onPlan, object: ref('doc:far') }), 'not_found');
  });

  it('is needed about oneself as well, and nobody has it who is not signed in', async () => {
    await expectRefusal(ask('nosy', { ...onPlan, subject: ref('user:nosy') }), 'forbidden');
    await expectRefusal(ask(undefined, onPlan), 'not_authenticated');
    await expectRefusal(ask('gone', onPlan), 'invalid_credentials');
  });

  it('is refused with 403 to who may view the object, and with 404 as for a missing one to who may not', async () => {
    await expectRefusal(ask('nosy', onPlan), 'forbidden');
    const hidden = await ask('bob', onPlan);
    const missing = await ask('bob', { ...onPlan, object: ref('doc:nowhere') });
    const unknown = await ask('bob', { ...onPlan, permission: 'x:view', object: ref('x:1') });
    expect([hidden.status, hidden.body]).toEqual([404, missing.body]);
    expect([unknown.status, unknown.body]).toEqual([404, missing.body]);
    // Who may view all there are may know which there are.
    await expectRefusal(ask('rita', onPlan), 'forbidden');
    const none = await ask('rita', { ...onPlan, object: ref('doc:nowhere') });
    expect([none.status, none.body]).toEqual([404, missing.body]);
  });

  it('held on the object shows nothing of what is placed above it, everywhere or elsewhere', async () => {
    const dave = await explain('user:dave', 'doc:view', 'doc:plan', 'warden');
    expect(dave).toMatchObject({
      decision: { allowed: false, reason: 'rule_denies' },
      counted: [{ outside: true, effect: 'deny' }],
      missed: [{ outside: true, effect: 'allow', miss: { why: 'denied' } }],
    });
    expect(JSON.stringify(dave)).not.toMatch(/tenant|status|draft/);
    const erin = await explain('user:erin', 'doc:view', 'doc:plan', 'warden');
    expect([erin.missed, erin.moreElsewhere]).toEqual([[], false]);
    expect((await explain('user:many', 'doc:view', 'doc:plan', 'warden')).moreElsewhere).toBe(false);
    const alice = await explain('user:alice', 'doc:view', 'doc:plan', 'warden');
    expect(alice.counted.map((rule) => [wayOf(rule), placeOf(rule)])).toEqual([
      ['user:alice → group:all → role:editor → role:reader', 'folder:top'],
    ]);
  });

  it('shows nothing of a place where it is denied, also to who holds it everywhere', async () => {
    const erin = await explain('user:erin', 'doc:view', 'doc:plan', 'keeper');
    expect(erin.missed.map(placeOf)).toEqual(['doc:other']);
  });

  it('shows no value that its holder may not view', async () => {
    const hidden = (name: string, operand: object) => ({ path: name, comparison: { [name]: operand }, hidden: true });
    const judge = await explain('user:dave', 'doc:change', 'doc:plan', 'judge');
    expect(missesOf(judge).map(([, miss]) => miss)).toEqual([
      { why: 'condition_false', because: [hidden('subject.level', { $gte: 2 })] },
      { why: 'condition_false', because: [hidden('resource.salary', { $lt: 5 })] },
    ]);
    const warden = await explain('user:alice', 'doc:change', 'doc:plan', 'warden');
    expect(missesOf(warden).map(([, miss]) => miss)).toMatchObject([
      { because: [{ path: 'resource.status', value: 'draft' }] },
    ]);
    const salary = await explain('user:dave', 'doc:change', 'doc:plan', 'warden');
    expect(JSON.stringify(salary.missed)).not.toMatch(/:7\b/);
  });

  it('does not hang on what other tenants hold, by a byte', async () => {
    const before = await ask('warden', { ...onPlan, subject: ref('user:bob') }).expect(200);
    await service.arrange((unit) =>
      unit.grants.create(
        ['doc:far', 'tenant:b'].map((id) => ({ subject: ref('user:bob'), permission: 'doc:view', object: ref(id) })),
      ),
    );
    const after = await ask('warden', { ...onPlan, subject: ref('user:bob') }).expect(200);
    expect(after.text).toBe(before.text);
  });
});
