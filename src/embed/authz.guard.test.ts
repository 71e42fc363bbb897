import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { ExternalContextCreator } from '@nestjs/core/helpers/external-context-creator.js';
import { describe, expect, it, vi } from 'vitest';
import { eachWithAskingApp } from '../../test/support/embedding/asking-app.js';
import { Titles } from '../../test/support/embedding/asking.js';
import { PLATFORMS, type AppParts, type GuardedApp } from '../../test/support/embedding/guarded-app.js';
import { HeaderSignIn } from '../../test/support/embedding/header-sign-in.js';
import { CastellanError } from '../core/errors.js';
import { Public, Resource } from '../nest/route-policy.js';
import type { AuthzModuleOptions } from './authz-options.js';

const asking = eachWithAskingApp();

describe.each(PLATFORMS)('an app on %s', (platform) => {
  const start = (authz: Partial<AuthzModuleOptions> = {}, parts: Partial<AppParts> = {}): Promise<GuardedApp> =>
    asking.start(platform, authz, parts);

  it('asks what the guard asks in one round trip, and nothing twice in one request', async () => {
    asking.engine.allow('user:alice document:change document:1');
    const { send } = await start();
    const answer = await send('PATCH', '/documents/1', { as: 'alice' });
    expect(answer.body).toEqual({ change: true, delete: false, again: false, view: true });
    const actions = asking.engine.asked.map((questions) => questions.map(({ permission }) => permission.action));
    expect(actions).toEqual([['view', 'change'], ['delete']]);
  });

  it('remembers nothing from one request to the next', async () => {
    const { send } = await start();
    await send('GET', '/documents/1', { as: 'alice' });
    await send('GET', '/documents/1', { as: 'alice' });
    expect(asking.engine.asked).toHaveLength(2);
  });

  it('remembers nothing beyond a write in the request', async () => {
    const { send } = await start();
    asking.engine.decideAll = new Proxy(asking.engine.decideAll.bind(asking.engine), {
      apply: (decide, self, args) => {
        if (asking.engine.asked.length === 2) asking.engine.allow('user:alice document:change document:1');
        return Reflect.apply(decide, self, args) as ReturnType<typeof decide>;
      },
    });
    const { body } = await send('POST', '/documents/1/written', { as: 'alice' });
    expect(body).toEqual({ before: false, after: true });
  });

  it('lets nobody in while nothing can be decided, whatever the reason', async () => {
    const { send } = await start();
    for (const [failure, code] of [
      [
        new CastellanError('database_unavailable', 'The database is out of reach; try again shortly.'),
        'database_unavailable',
      ],
      [new CastellanError('overloaded', 'Too many questions.'), 'overloaded'],
      [new Error('relation "castellan.secrets" does not exist'), 'database_unavailable'],
      [new CastellanError('internal', 'A question was left without an answer.'), 'database_unavailable'],
      ['a string', 'database_unavailable'],
    ] as const) {
      asking.engine.failWith(failure);
      const answer = await send('GET', '/documents/1', { as: 'alice' });
      expect([answer.status, answer.body.code]).toEqual([503, code]);
      expect(answer.text).not.toMatch(/castellan\.secrets|relation|stack/);
    }
    asking.engine.failWith();
    expect((await send('GET', '/documents/1', { as: 'alice' })).status).toBe(200);
    expect(asking.logged[0]).toContain('The database is out of reach');
  });

  it('answers with 503 what a handler can not have decided', async () => {
    const { send } = await start();
    asking.engine.failWith(new CastellanError('overloaded', 'Too many questions.'));
    const answer = await send('GET', '/documents/who', { as: 'alice' });
    expect([answer.status, answer.body.code]).toEqual([503, 'overloaded']);
  });

  it('lets nobody in when an engine leaves a question without an answer', async () => {
    const { send } = await start();
    vi.spyOn(asking.engine, 'decideAll').mockResolvedValue([]);
    expect((await send('GET', '/documents/1', { as: 'alice' })).status).not.toBe(200);
    const yes = { allowed: true, reason: 'rule_allows', rules: [], fields: { only: null, except: [] } } as const;
    vi.spyOn(asking.engine, 'decideAll').mockResolvedValue([yes]);
    expect((await send('PATCH', '/documents/1', { as: 'alice' })).status).not.toBe(200);
    vi.spyOn(asking.engine, 'decideAll').mockResolvedValue([{ ...yes, allowed: 'yes' as unknown as true }]);
    expect((await send('GET', '/documents/1', { as: 'alice' })).status).not.toBe(200);
  });

  it('finds objects with what the app provides, and gives the handler what was found', async () => {
    asking.engine.allow('user:alice type:view everywhere');
    const { send } = await start();
    const answer = await send('GET', '/documents/titled/1', { as: 'alice' });
    expect(answer.body).toEqual({ type: 'document', id: '1', attributes: { title: 'the first' } });
    expect(asking.engine.asked[0]?.[0]?.supplied).toEqual({ resource: { title: 'the first' } });
    expect((await send('GET', '/documents/titled/2', { as: 'alice' })).status).toBe(404);
    expect((await send('GET', '/documents/titled/2')).status).toBe(401);
  });

  it('asks as much for an object that is not found as for one that is hidden', async () => {
    const { send } = await start();
    await send('GET', '/documents/titled/2', { as: 'alice' });
    expect(asking.engine.asked).toHaveLength(1);
  });

  it('lets in by a route that decides for itself whoever may do it somewhere', async () => {
    asking.engine.allow('user:bob document:add document:7');
    asking.engine.allow('user:carol document:add everywhere');
    const { send } = await start();
    expect((await send('POST', '/documents', { as: 'bob' })).status).toBe(201);
    expect((await send('POST', '/documents', { as: 'carol' })).status).toBe(201);
    expect((await send('POST', '/documents', { as: 'alice' })).status).toBe(403);
    expect((await send('POST', '/documents')).status).toBe(401);
  });

  it('knows in a handler on whose behalf it runs', async () => {
    const { send } = await start({ authenticate: undefined } as never, {
      providers: [Titles, { provide: APP_GUARD, useClass: HeaderSignIn }],
    });
    const who = { current: { type: 'user', id: 'alice' }, may: true };
    expect((await send('GET', '/documents/who', { as: 'alice' })).body).toEqual(who);
    expect((await send('GET', '/documents/who')).body).toEqual({ current: null, may: false });
  });

  it('answers errors of a write that a handler lets pass as what they are', async () => {
    const { send } = await start();
    const answer = await send('POST', '/documents/failing', { as: 'alice' });
    expect([answer.status, answer.body.code]).toEqual([409, 'cycle']);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it("lets an app's own filter answer a refusal", async () => {
    @Catch(HttpException)
    class OwnFilter implements ExceptionFilter<HttpException> {
      catch(error: HttpException, host: ArgumentsHost): void {
        const response = host.switchToHttp().getResponse<{ status: (n: number) => { send: (body: object) => void } }>();
        response.status(error.getStatus()).send({ own: error.getResponse() });
      }
    }
    const { send } = await start({}, { providers: [Titles, { provide: APP_FILTER, useClass: OwnFilter }] });
    const answer = await send('GET', '/documents/2', { as: 'alice' });
    expect(answer.status).toBe(404);
    expect(answer.body.own).toMatchObject({ type: 'urn:castellan:error:not_found', status: 404, code: 'not_found' });
  });

  it('says how to sign in where the app says so', async () => {
    const { send } = await start({ challenge: 'Basic realm="blog"' });
    expect((await send('GET', '/documents/1')).headers['www-authenticate']).toBe('Basic realm="blog"');
    expect((await send('GET', '/documents/2', { as: 'alice' })).headers['www-authenticate']).toBeUndefined();
  });

  it('refuses what is no HTTP request, with a clear error, unless it is declared public', async () => {
    class Resolver {
      @Resource('document')
      guarded(): string {
        return 'guarded';
      }

      @Public()
      open(): string {
        return 'open';
      }
    }
    const { nest } = await start({}, { providers: [Titles, Resolver] });
    const creator = nest.get(ExternalContextCreator);
    const call = (method: 'guarded' | 'open'): Promise<unknown> => {
      const resolver = new Resolver();
      const run = creator.create(
        resolver,
        resolver[method],
        method,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        'graphql',
      );
      return Promise.resolve(run()) as Promise<unknown>;
    };
    await expect(call('guarded')).rejects.toThrow(/guards HTTP routes; a handler of graphql is not let through/);
    expect(await call('open')).toBe('open');
  });
});
