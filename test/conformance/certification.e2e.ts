import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectBadRequest, expectDecision, expectDecisions } from './certification-expectations.js';
import { action, record, startCertifiedService, user, type CertifiedService } from './certified-service.js';

// The levels and cases are those of the certification scenario of the AuthZEN working group:
// https://github.com/openid/authzen/blob/main/certification/authorization-api-1_0-scenario.md

const PUBLIC_URL = 'https://pdp.example.com';
const archived = { status: 'archived' };
const admin = { role: 'admin' };
const someContext = { time: '2025-06-27T18:03-07:00', ip: '192.168.1.1' };

let service: CertifiedService;

beforeAll(async () => {
  service = await startCertifiedService({ publicUrl: new URL(PUBLIC_URL) });
});
afterAll(() => service.stop());

const readRecord1 = { subject: user('alice'), action: action('read'), resource: record('record-1') };

describe('Basic, Core', () => {
  it.each([
    ['alice', 'read', true],
    ['alice', 'write', true],
    ['bob', 'read', true],
    ['bob', 'write', false],
  ])('%s asked to %s record-1 is decided by names alone', async (subject, name, decision) => {
    await expectDecision(
      service,
      { subject: user(subject), action: action(name), resource: record('record-1') },
      decision,
    );
  });

  it('takes a context', () => expectDecision(service, { ...readRecord1, context: someContext }, true));

  it('takes properties that no rule asks for', () =>
    expectDecision(
      service,
      {
        subject: user('alice', { department: 'Sales', role: 'manager' }),
        action: action('read', { method: 'GET' }),
        resource: record('record-1', { status: 'active', owner: 'bob' }),
      },
      true,
    ));

  it('ignores members that it does not know', () =>
    expectDecision(service, { ...readRecord1, foo: 'bar', futureField: { nested: true } }, true));

  it.each(['subject', 'action', 'resource'])('refuses a request without %s', async (name) => {
    await expectBadRequest(service, 'evaluation', { ...readRecord1, [name]: undefined });
  });

  it.each([
    ['a subject without a type', { subject: { id: 'alice' } }],
    ['a subject without an id', { subject: { type: 'user' } }],
    ['an action without a name', { action: {} }],
    ['a resource without a type', { resource: { id: 'record-1' } }],
    ['a resource without an id', { resource: { type: 'record' } }],
    ['a subject that is a text', { subject: 'alice' }],
    ['an action whose name is a number', { action: { name: 123 } }],
  ])('refuses %s', async (_, part) => {
    await expectBadRequest(service, 'evaluation', { ...readRecord1, ...part });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'application/merge-patch+json'])(
    'refuses a body that is sent as %s',
    async (type) => {
      const request = service.as('harness').post('/access/v1/evaluation').set('content-type', type);
      const answer = await request.send(JSON.stringify(readRecord1)).expect(400);
      expect(answer.body).toMatchObject({ code: 'malformed_request', detail: expect.stringContaining('Content-Type') });
    },
  );

  it('refuses a body that is no JSON', () => expectBadRequest(service, 'evaluation', '{"subject":'));

  it('refuses an empty body, said to be JSON or not', async () => {
    await expectBadRequest(service, 'evaluation', '');
    await service.as('harness').post('/access/v1/evaluation').expect(400);
  });

  it('gives the id of a request back, and needs none', async () => {
    const id = 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716';
    const answer = await service.ask('evaluation', readRecord1).set('X-Request-ID', id).expect(200, { decision: true });
    expect(answer.headers['x-request-id']).toBe(id);
    await service.ask('evaluation', readRecord1).expect(200, { decision: true });
  });

  it('answers alike however often it is asked', async () => {
    for (let time = 0; time < 5; time += 1) await expectDecision(service, readRecord1, true);
  });
});

describe('Basic, Properties', () => {
  it('denies what is archived to alice', () =>
    expectDecision(
      service,
      { subject: user('alice'), action: action('write'), resource: record('record-2', archived) },
      false,
    ));

  it('denies by the properties that are sent, and not by the name', () =>
    expectDecision(
      service,
      { subject: user('alice'), action: action('write'), resource: record('record-1', archived) },
      false,
    ));

  it('allows what is archived to an admin', () =>
    expectDecision(
      service,
      { subject: user('bob', admin), action: action('write'), resource: record('record-2', archived) },
      true,
    ));

  it.each([true, false])('lets alice delete when soft is %s exactly then', (soft) =>
    expectDecision(
      service,
      { subject: user('alice'), action: action('delete', { soft }), resource: record('record-1') },
      soft,
    ),
  );
});

describe('Batch, Core', () => {
  it('answers each evaluation, in their order', () =>
    expectDecisions(
      service,
      {
        subject: user('bob'),
        resource: record('record-1'),
        evaluations: [{ action: action('read') }, { action: action('write') }],
      },
      [true, false],
    ));

  it('shares a subject and an action', () =>
    expectDecisions(
      service,
      {
        subject: user('alice'),
        action: action('read'),
        evaluations: [{ resource: record('record-1') }, { resource: record('record-2') }],
      },
      [true, true],
    ));

  it('needs nothing to be shared', () =>
    expectDecisions(
      service,
      {
        evaluations: [readRecord1, { subject: user('bob'), action: action('write'), resource: record('record-1') }],
      },
      [true, false],
    ));

  it('shares a context with those that have none of their own', () =>
    expectDecisions(
      service,
      {
        subject: user('alice'),
        action: action('read'),
        context: { time: '2025-06-27T18:03-07:00' },
        evaluations: [
          { resource: record('record-1') },
          { resource: record('record-2'), context: { time: '2025-06-27T19:00-07:00', source: 'batch-override' } },
        ],
      },
      [true, true],
    ));

  it('says no to one that lacks a part, and answers the others', async () => {
    const answer = await service
      .ask('evaluations', {
        subject: user('alice'),
        action: action('read'),
        options: { evaluations_semantic: 'execute_all' },
        evaluations: [{ resource: record('record-1') }, {}],
      })
      .expect(200);
    expect(answer.body).toEqual({
      evaluations: [
        { decision: true },
        { decision: false, context: { error: { status: 400, message: expect.stringContaining('resource') } } },
      ],
    });
  });

  it.each([{}, { evaluations: [] }])('answers like a single evaluation with %j', async (part) => {
    await service.ask('evaluations', { ...readRecord1, ...part }).expect(200, { decision: true });
  });
});

describe('Batch, Properties', () => {
  it('decides each resource by its own properties', () =>
    expectDecisions(
      service,
      {
        subject: user('alice'),
        action: action('write'),
        evaluations: [
          { resource: record('record-1', { status: 'active' }) },
          { resource: record('record-2', archived) },
        ],
      },
      [true, false],
    ));

  it('decides each subject by its own properties', () =>
    expectDecisions(
      service,
      {
        action: action('write'),
        resource: record('record-2', archived),
        evaluations: [{ subject: user('alice') }, { subject: user('bob', admin) }],
      },
      [false, true],
    ));

  it('takes a part as a whole, from the evaluation or from the top', () =>
    expectDecisions(
      service,
      {
        subject: user('alice'),
        action: action('write'),
        resource: record('record-1', { status: 'active' }),
        evaluations: [{}, { resource: record('record-2', archived) }],
      },
      [true, false],
    ));
});

describe('Discovery', () => {
  it('tells where each part is found', async () => {
    const answer = await service.as().get('/.well-known/authzen-configuration').expect(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json\b/);
    expect(answer.body).toEqual({
      policy_decision_point: PUBLIC_URL,
      access_evaluation_endpoint: `${PUBLIC_URL}/access/v1/evaluation`,
      access_evaluations_endpoint: `${PUBLIC_URL}/access/v1/evaluations`,
      search_subject_endpoint: `${PUBLIC_URL}/access/v1/search/subject`,
      search_resource_endpoint: `${PUBLIC_URL}/access/v1/search/resource`,
      search_action_endpoint: `${PUBLIC_URL}/access/v1/search/action`,
    });
  });

  it('tells of nothing that is not there', async () => {
    const { body } = await service.as().get('/.well-known/authzen-configuration').expect(200);
    const endpoints = Object.entries(body as Record<string, string>).filter(([name]) => name.endsWith('_endpoint'));
    expect(endpoints).toHaveLength(5);
    for (const [, url] of endpoints) await service.as('harness').post(new URL(url).pathname).send({}).expect(400);
  });
});
