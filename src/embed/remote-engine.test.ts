import { describe, expect, it } from 'vitest';
import { CastellanError } from '../core/errors.js';
import type { Question } from '../core/model.js';
import { RemoteEngine } from './remote-engine.js';

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
  readonly body: { readonly evaluations: Record<string, unknown>[] } & Record<string, unknown>;
}

const subject = { type: 'user', id: 'alice' };
const view: Question = { subject, permission: { type: 'post', action: 'view' }, object: { type: 'post', id: '1' } };
const whole = { reason: 'rule_allows', rules: [], fields: { only: null, except: [] } };
const json = (body: unknown, status = 200): Response => Response.json(body, { status });
const yes = ({ body }: Sent): Response =>
  json({ evaluations: body.evaluations.map(() => ({ decision: true, context: whole })) });

function engineOver(answer: (sent: Sent, n: number) => Response | Promise<Response>, timeout?: number) {
  const sent: Sent[] = [];
  const fetch = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    const one = { url: String(url), init, body: JSON.parse(init.body as string) as Sent['body'] };
    sent.push(one);
    return answer(one, sent.length);
  };
  const engine = new RemoteEngine({
    url: 'https://example.com/authz/',
    token: 'secret-token',
    fetch,
    ...(timeout === undefined ? {} : { timeout }),
  });
  return { engine, sent };
}

async function refusal(work: Promise<unknown>): Promise<CastellanError> {
  const error: unknown = await work.then(
    () => 'It was answered.',
    (reason: unknown) => reason,
  );
  if (error instanceof CastellanError) return error;
  throw new Error('Not an error of Castellan.', { cause: error });
}

describe('questions to a service', () => {
  it('are sent as evaluations, with the credential and to nowhere else', async () => {
    const { engine, sent } = engineOver(yes);
    expect(
      await engine.decideAll([view, { ...view, mode: 'both', supplied: { resource: { a: 1 }, context: { b: 2 } } }]),
    ).toEqual([
      { allowed: true, ...whole },
      { allowed: true, ...whole },
    ]);
    const [{ url, init, body } = sent[0] as Sent] = sent;
    expect(url).toBe('https://example.com/authz/access/v1/evaluations');
    expect(init).toMatchObject({
      method: 'POST',
      redirect: 'manual',
      headers: { authorization: 'Bearer secret-token' },
    });
    expect(body).toEqual({
      evaluations: [
        { subject, action: { name: 'view' }, resource: { type: 'post', id: '1' } },
        {
          subject,
          action: { name: 'view' },
          resource: { type: 'post', id: '1', properties: { a: 1 } },
          context: { b: 2 },
          mode: 'both',
        },
      ],
      options: { reasons: true },
    });
  });

  it('about what is yet to be made, or about no object, name the parent', async () => {
    const { engine, sent } = engineOver(yes);
    const add = { subject, permission: { type: 'post', action: 'add' } };
    await engine.decideAll([
      add,
      {
        ...add,
        object: { type: 'blog', id: '7' },
        proposed: { id: '9', attributes: { a: 1 } },
        supplied: { resource: { b: 2 } },
      },
      { ...add, object: { type: 'post', id: '7' }, proposed: { attributes: {} } },
    ]);
    expect(sent[0]?.body.evaluations).toEqual([
      { subject, action: { name: 'add' }, resource: { type: 'post' }, parent: null },
      {
        subject,
        action: { name: 'add' },
        resource: { type: 'post', id: '9', properties: { a: 1, b: 2 } },
        parent: { type: 'blog', id: '7' },
      },
      { subject, action: { name: 'add' }, resource: { type: 'post' }, parent: { type: 'post', id: '7' } },
    ]);
  });

  it('are sent in parts where there are more than the service takes, and answered in their order', async () => {
    const { engine, sent } = engineOver(({ body }) =>
      json({
        evaluations: body.evaluations.map((one) => ({
          decision: Number((one['resource'] as { id: string }).id) % 3 === 0,
        })),
      }),
    );
    const questions = Array.from({ length: 2345 }, (_, n): Question => ({
      ...view,
      object: { type: 'post', id: String(n) },
    }));
    const decisions = await engine.decideAll(questions);
    expect(decisions.map(({ allowed }) => allowed)).toEqual(questions.map((_, n) => n % 3 === 0));
    expect(sent.map(({ body }) => body.evaluations.length)).toEqual([1000, 1000, 345]);
  });

  it('are sent in parts where they are longer than a body may be', async () => {
    const { engine, sent } = engineOver(yes);
    const long: Question = { ...view, supplied: { resource: { text: 'x'.repeat(15_000) } } };
    expect(await engine.decideAll(Array.from({ length: 150 }, () => long))).toHaveLength(150);
    for (const { init } of sent) expect((init.body as string).length).toBeLessThan(1024 * 1024);
    expect(sent.length).toBeGreaterThan(2);
  });

  it('about what there can not be are not sent, and denied', async () => {
    const { engine, sent } = engineOver(yes);
    const impossible = { type: 'post', id: '\ud800' };
    const decisions = await engine.decideAll([{ ...view, object: impossible }, view]);
    expect(decisions.map(({ allowed }) => allowed)).toEqual([false, true]);
    expect(sent[0]?.body.evaluations).toHaveLength(1);
    expect(await engine.actions({ subject, object: impossible })).toEqual([]);
    expect(await engine.objects({ subject: { type: 'user', id: '' }, type: 'post', action: 'view', limit: 1 })).toEqual(
      {
        items: [],
        next: null,
      },
    );
    expect(await engine.rulesOf({ type: 'user', id: 'a\u0000' })).toEqual({ rules: [], subjectAttributes: null });
    expect(sent).toHaveLength(1);
  });

  it('are not sent at all when there are none', async () => {
    const { engine, sent } = engineOver(yes);
    expect(await engine.decideAll([])).toEqual([]);
    expect(sent).toEqual([]);
  });

  it('are answered with no more than yes and no by services of another kind', async () => {
    const { engine } = engineOver(() => json({ evaluations: [{ decision: true }, { decision: false }] }));
    expect(await engine.decideAll([view, view])).toEqual([
      { allowed: true, reason: 'rule_allows', rules: [], fields: { only: null, except: [] } },
      { allowed: false, reason: 'no_rule_allows', rules: [], fields: { only: [], except: [] } },
    ]);
  });
});

describe('an answer that is none', () => {
  it.each([
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://elsewhere.example' } })],
    ['no JSON', () => new Response('<html>true</html>')],
    ['nothing', () => new Response('')],
    ['another shape', () => json({ decision: true })],
    ['too few answers', () => json({ evaluations: [] })],
    ['too many answers', () => json({ evaluations: [{ decision: true }, { decision: true }] })],
    ['a decision in words', () => json({ evaluations: [{ decision: 'true' }] })],
    [
      'a fault of the question',
      () => json({ evaluations: [{ decision: true, context: { error: { status: 400, message: 'x' } } }] }),
    ],
    ['status 401', () => json({ code: 'invalid_credentials' }, 401)],
    ['status 403', () => json({ code: 'forbidden' }, 403)],
    ['status 404', () => json({ evaluations: [{ decision: true }] }, 404)],
    ['status 201', () => json({ evaluations: [{ decision: true }] }, 201)],
    ['status 500', () => json({ evaluations: [{ decision: true }] }, 500)],
    ['status 503', () => json({ code: 'database_unavailable' }, 503)],
  ])('is no allow: %s', async (_what, answer) => {
    const { engine } = engineOver(answer);
    const error = await refusal(engine.decideAll([view]));
    expect(error.code).toBe('database_unavailable');
    expect(error.detail).toBe('The authorization service is out of reach; try again shortly.');
    expect(JSON.stringify([error.message, String(error.cause)])).not.toContain('secret-token');
  });

  it.each([
    [429, {}],
    [503, { code: 'overloaded' }],
  ])('says so when the service is too busy (%i)', async (status, body) => {
    const { engine } = engineOver(() => json(body, status));
    expect((await refusal(engine.decideAll([view]))).code).toBe('overloaded');
  });

  it('is asked for once more when the network failed', async () => {
    const { engine, sent } = engineOver((one, n) =>
      n === 1 ? Promise.reject(new TypeError('fetch failed')) : yes(one),
    );
    expect(await engine.decideAll([view])).toMatchObject([{ allowed: true }]);
    expect(sent).toHaveLength(2);
  });

  it('is given up when the network fails again', async () => {
    const { engine, sent } = engineOver(() => Promise.reject(new TypeError('fetch failed')));
    expect((await refusal(engine.decideAll([view]))).code).toBe('database_unavailable');
    expect(sent).toHaveLength(2);
  });

  it('is not waited for beyond the time given', async () => {
    const { engine, sent } = engineOver(
      ({ init }) =>
        new Promise((_resolve, reject) => {
          init.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
        }),
      20,
    );
    const error = await refusal(engine.decideAll([view]));
    expect(error.code).toBe('database_unavailable');
    expect(String(error.cause)).toContain('in time');
    expect(sent).toHaveLength(1);
  });
});

describe('lists of a service', () => {
  it('are read page by page', async () => {
    const { engine, sent } = engineOver((_, n) =>
      json({ page: { next_token: n === 1 ? 'more' : '', count: 1 }, results: [{ type: 'post', id: String(n) }] }),
    );
    const asked = { subject, type: 'post', action: 'view', limit: 1 };
    expect(await engine.objects(asked)).toEqual({ items: [{ type: 'post', id: '1' }], next: 'more' });
    expect(await engine.objects({ ...asked, after: 'more' })).toEqual({
      items: [{ type: 'post', id: '2' }],
      next: null,
    });
    expect(sent.map(({ body }) => body['page'])).toEqual([{ limit: 1 }, { limit: 1, token: 'more' }]);
  });

  it('of actions are read to their end, in the time of one answer', async () => {
    const { engine, sent } = engineOver((_, n) =>
      json({ page: { next_token: n === 1 ? 'more' : '' }, results: [{ name: n === 1 ? 'view' : 'change' }] }),
    );
    const object = { type: 'post', id: '1' };
    expect(await engine.actions({ subject, object, mode: 'both' })).toEqual(['view', 'change']);
    expect(sent.map(({ body }) => body['mode'])).toEqual(['both', 'both']);
    expect(new Set(sent.map(({ init }) => init.signal)).size).toBe(1);
  });

  it('of actions are not read for ever', async () => {
    const { engine, sent } = engineOver(() => json({ page: { next_token: 'more' }, results: [] }));
    const error = await refusal(engine.actions({ subject, object: { type: 'post', id: '1' } }));
    expect(error.code).toBe('database_unavailable');
    expect(sent.length).toBeLessThan(100);
  });

  it.each([
    ['no results', { page: {} }],
    ['a result without an id', { page: {}, results: [{ type: 'post' }] }],
  ])('that can not be read are errors: %s', async (_what, body) => {
    const { engine } = engineOver(() => json(body));
    expect((await refusal(engine.objects({ subject, type: 'post', action: 'view', limit: 1 }))).code).toBe(
      'database_unavailable',
    );
  });

  it('tell when a page is none of theirs', async () => {
    const { engine } = engineOver(() => json({ code: 'invalid_cursor' }, 400));
    const asked = { subject, type: 'post', action: 'view', limit: 1, after: 'x' };
    expect((await refusal(engine.objects(asked))).code).toBe('invalid_cursor');
  });
});

describe('the rules of a subject, from a service', () => {
  it('are read as they are written there', async () => {
    const rules = [
      { permission: 'post:view', effect: 'allow', condition: null, fields: null },
      { permission: 'post:change', effect: 'deny', condition: { 'resource.a': 1 }, fields: ['title'] },
    ];
    const { engine, sent } = engineOver(() => json({ rules, subjectAttributes: { a: 1 } }));
    expect(await engine.rulesOf(subject)).toEqual({
      rules: [
        { ...rules[0], permission: { type: 'post', action: 'view' } },
        { ...rules[1], permission: { type: 'post', action: 'change' } },
      ],
      subjectAttributes: { a: 1 },
    });
    expect(sent[0]?.url).toBe('https://example.com/authz/api/v1/access/ability');
    expect(sent[0]?.body).toEqual({ subject });
  });

  it.each([
    ['no rules', { subjectAttributes: null }],
    ['a rule that denies nothing', { rules: [{ effect: 'deny' }], subjectAttributes: null }],
    ['another effect', { rules: [{ permission: 'post:view', effect: 'Deny' }], subjectAttributes: null }],
    ['attributes in words', { rules: [], subjectAttributes: 'a' }],
  ])('are none where they can not be read as a whole: %s', async (_what, body) => {
    const { engine } = engineOver(() => json(body));
    expect((await refusal(engine.rulesOf(subject))).code).toBe('database_unavailable');
  });
});
