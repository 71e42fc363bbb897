import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentsOf } from '../support/contents.js';
import { expectRefusal } from '../support/problem.js';
import { action, record, startCertifiedService, user, type CertifiedService } from './certified-service.js';

const path = '/access/v1/evaluations';

let service: CertifiedService;

beforeAll(async () => {
  service = await startCertifiedService();
});
afterAll(() => service.stop());

const ask = (as: string | undefined, body: object) => service.as(as).post(path).send(body);

/** Evaluations of bob: reading is a yes, writing is a no. */
const bob = { subject: user('bob'), resource: record('record-1') };
const named = (...names: string[]) => names.map((name) => ({ action: action(name) }));

async function decisionsOf(body: object): Promise<boolean[]> {
  const answer = await ask('harness', body).expect(200);
  const { evaluations, ...rest } = answer.body as { evaluations: { decision: boolean }[] };
  expect(rest).toEqual({});
  return evaluations.map(({ decision }) => decision);
}

describe('how far several evaluations are answered', () => {
  const withSemantic = (semantic: string | undefined, names: string[]) => ({
    ...bob,
    evaluations: named(...names),
    options: { another_option: 'value', ...(semantic === undefined ? {} : { evaluations_semantic: semantic }) },
  });

  it.each([
    [undefined, ['read', 'write', 'read'], [true, false, true]],
    ['execute_all', ['read', 'write', 'read'], [true, false, true]],
    ['execute_all', ['write', 'write'], [false, false]],
    ['deny_on_first_deny', ['read', 'write', 'read', 'write'], [true, false]],
    ['deny_on_first_deny', ['write', 'read'], [false]],
    ['deny_on_first_deny', ['read', 'read'], [true, true]],
    ['permit_on_first_permit', ['write', 'read', 'write', 'read'], [false, true]],
    ['permit_on_first_permit', ['read', 'write'], [true]],
    ['permit_on_first_permit', ['write', 'write'], [false, false]],
  ])('by %s, %j is answered %j', async (semantic, names, decisions) => {
    expect(await decisionsOf(withSemantic(semantic, names))).toEqual(decisions);
  });

  it('is all of them where the options name no semantic, or there are none', async () => {
    const body = { ...bob, evaluations: named('write', 'read') };
    expect(await decisionsOf(body)).toEqual([false, true]);
    expect(await decisionsOf({ ...body, options: {} })).toEqual([false, true]);
  });

  it('takes one that is at fault for a no', async () => {
    const faulty = { ...bob, evaluations: [{ action: action('read') }, {}, { action: action('read') }] };
    const answer = async (semantic: string) => decisionsOf({ ...faulty, options: { evaluations_semantic: semantic } });
    expect(await answer('execute_all')).toEqual([true, false, true]);
    expect(await answer('deny_on_first_deny')).toEqual([true, false]);
    const faultyFirst = { ...bob, evaluations: [{}, { action: action('read') }, {}] };
    expect(await decisionsOf({ ...faultyFirst, options: { evaluations_semantic: 'permit_on_first_permit' } })).toEqual([
      false,
      true,
    ]);
  });

  it.each(['EXECUTE_ALL', 'all', '', null, 1, ['execute_all']])('can not be %j', async (semantic) => {
    const body = { ...bob, evaluations: named('read'), options: { evaluations_semantic: semantic } };
    await expectRefusal(ask('harness', body), 'malformed_request', 'options.evaluations_semantic');
  });
});

describe('what the evaluations share', () => {
  it('goes to each that does not name its own, part by part', async () => {
    const decisions = await decisionsOf({
      subject: user('bob'),
      action: action('write'),
      resource: record('record-1'),
      evaluations: [
        {},
        { subject: user('alice') },
        { action: action('read') },
        { resource: record('record-2', { status: 'archived' }) },
        { subject: user('alice'), resource: record('record-2') },
        { foo: 'bar' },
      ],
    });
    expect(decisions).toEqual([false, true, true, true, false, false]);
  });

  it('is not merged into a part of their own: neither properties nor names', async () => {
    const answer = await ask('harness', {
      subject: user('alice'),
      action: action('write'),
      resource: record('record-1', { status: 'archived' }),
      evaluations: [{ resource: record('record-1') }, { resource: { id: 'record-1' } }, { subject: { type: 'user' } }],
    }).expect(200);
    expect(answer.body).toEqual({
      evaluations: [{ decision: true }, faultAt('resource.type'), faultAt('subject.id')],
    });
  });

  it('may be the context, which one of their own replaces as a whole', async () => {
    await service.arrange(async (unit) => {
      await unit.types.create({ id: 'door', actions: ['view', 'open'], creatorActions: [] });
      await unit.grants.create([
        {
          subject: user('alice'),
          permission: 'door:open',
          object: null,
          condition: { 'context.badge': true, 'context.hour': { $lt: 18 } },
        },
      ]);
    });
    const body = {
      subject: user('alice'),
      action: action('open'),
      resource: { type: 'door', id: '1' },
      context: { badge: true, hour: 12 },
      evaluations: [{}, { context: { hour: 12 } }, { context: { badge: true, hour: 20 } }, { context: {} }],
    };
    expect(await decisionsOf(body)).toEqual([true, false, false, false]);
    // A context brings nothing along that takes a permission.
    const answer = await ask('alice', body).expect(200);
    expect(answer.body.evaluations[0]).toEqual({ decision: true });
  });

  it.each([
    ['a subject that is a text', { subject: 'bob' }, 'subject'],
    ['a subject without an id', { subject: { type: 'user' } }, 'subject.id'],
    ['an action without a name', { action: {} }, 'action.name'],
    ['a resource that is null', { resource: null }, 'resource'],
    ['a context that is a list', { context: [] }, 'context'],
    ['evaluations that are an object', { evaluations: {} }, 'evaluations'],
    ['evaluations that are null', { evaluations: null }, 'evaluations'],
    ['options that are a text', { options: 'execute_all' }, 'options'],
  ])('is refused with all that hangs on it: %s', async (_, part, at) => {
    const whole = { subject: user('bob'), action: action('read'), resource: record('record-1') };
    await expectRefusal(ask('harness', { evaluations: [whole], ...part }), 'malformed_request', at);
  });
});

describe('an evaluation that is at fault', () => {
  it.each([
    ['a subject that is a text', { subject: 'bob' }, 'subject'],
    ['a subject that is null', { subject: null }, 'subject'],
    ['an empty id', { subject: user('') }, 'subject.id'],
    ['an action without a name', { action: {} }, 'action.name'],
    ['properties that are a list', { resource: { ...record('record-1'), properties: [] } }, 'resource.properties'],
    ['a context that is a text', { context: 'now' }, 'context'],
    ['no object', 'read', 'body'],
    ['a list', [], 'body'],
    ['null', null, 'body'],
  ])('is a no, and says why: %s', async (_, part, at) => {
    const shared = { subject: user('alice'), action: action('read'), resource: record('record-1') };
    const answer = await ask('harness', { ...shared, evaluations: [{}, part, {}] }).expect(200);
    expect(answer.body).toEqual({ evaluations: [{ decision: true }, faultAt(at), { decision: true }] });
  });

  it('names each part that is missing', async () => {
    const answer = await ask('harness', { evaluations: [{}] }).expect(200);
    const [{ context }] = answer.body.evaluations;
    for (const part of ['subject', 'action', 'resource'])
      expect(context.error.message).toContain(`${part}: is missing`);
  });
});

describe('a single evaluation by the route of many', () => {
  const single = { subject: user('alice'), action: action('read'), resource: record('record-1') };

  it('is refused when it lacks a part, like by its own route', async () => {
    for (const evaluations of [undefined, []]) {
      for (const part of ['subject', 'action', 'resource']) {
        await expectRefusal(ask('harness', { ...single, evaluations, [part]: undefined }), 'malformed_request', part);
      }
    }
    await expectRefusal(ask('harness', {}), 'malformed_request');
  });

  it('takes the same permission as by its own route', async () => {
    await ask('alice', single).expect(200, { decision: true });
    await expectRefusal(ask('bob', single), 'forbidden');
  });
});

describe('the right to ask about many', () => {
  const own = { subject: user('bob'), resource: record('record-1') };

  it('comes with being the subject of each', async () => {
    await ask('bob', { ...own, evaluations: named('read', 'write', 'fly') }).expect(200, {
      evaluations: [{ decision: true }, { decision: false }, { decision: false }],
    });
  });

  it.each([
    ['another subject', { subject: user('alice') }],
    ['a subject that does not exist', { subject: user('nobody') }],
    ['properties of the subject', { subject: user('bob', { role: 'admin' }) }],
    ['properties of the resource', { resource: record('record-1', { status: 'archived' }) }],
    ['properties of the action', { action: action('delete', { soft: true }) }],
  ])('takes access:evaluate as soon as one has %s', async (_, part) => {
    const first = { ...own, action: action('read'), evaluations: [part, {}, {}] };
    const last = { ...own, action: action('read'), evaluations: [{}, {}, part] };
    for (const body of [first, last]) {
      await expectRefusal(ask('bob', body), 'forbidden');
      expect(await decisionsOf(body)).toHaveLength(3);
    }
  });

  it('is asked for what lies behind the end of an answer as well', async () => {
    const body = {
      ...own,
      evaluations: [{ action: action('read') }, { action: action('read'), subject: user('alice') }],
      options: { evaluations_semantic: 'permit_on_first_permit' },
    };
    await expectRefusal(ask('bob', body), 'forbidden');
  });

  it('is needed for no properties: an empty object brings none along', async () => {
    await ask('bob', { subject: user('bob', {}), resource: record('record-1', {}), evaluations: named('read') }).expect(
      200,
      { evaluations: [{ decision: true }] },
    );
  });

  it('is refused in the same words whatever the answer would be', async () => {
    const about = (subject: object) => ({ ...own, subject, evaluations: named('read') });
    const [yes, no] = [await ask('bob', about(user('alice'))), await ask('bob', about(user('nobody')))];
    expect(yes.status).toBe(403);
    expect(yes.body).toEqual(no.body);
  });

  it('is nobody’s who has not signed in', async () => {
    await expectRefusal(ask(undefined, { ...own, evaluations: named('read') }), 'not_authenticated');
  });

  it('writes nothing', async () => {
    const before = await contentsOf(service.databaseUrl);
    await ask('bob', { ...own, evaluations: named('read') }).expect(200);
    await ask('bob', { ...own, subject: user('alice'), evaluations: named('read') }).expect(403);
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });
});

describe('how many evaluations there may be', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, n) => ({
      action: action(n % 3 === 0 ? 'read' : 'write'),
      resource: record(`record-${(n % 2) + 1}`),
      context: { note: 'x'.repeat(200) },
    }));

  it('is a thousand, each with its own answer, also where that is more than other routes take', async () => {
    const body = { subject: user('alice'), evaluations: many(1000) };
    expect(JSON.stringify(body).length).toBeGreaterThan(100 * 1024);
    const expected = many(1000).map((one) => one.action.name === 'read' || one.resource.id === 'record-1');
    expect(await decisionsOf(body)).toEqual(expected);
  });

  it('is no more than a thousand', async () => {
    const body = { subject: user('alice'), evaluations: many(1001) };
    await expectRefusal(ask('harness', body), 'malformed_request', 'evaluations');
  });

  it('is what fits into a mebibyte', async () => {
    const body = { subject: user('alice'), evaluations: [], context: { note: 'x'.repeat(1024 * 1024) } };
    await expectRefusal(ask('harness', body), 'too_large');
  });
});

function faultAt(at: string): object {
  return { decision: false, context: { error: { status: 400, message: expect.stringContaining(`${at}: `) } } };
}
