import type { Type } from '@nestjs/common';
import supertest from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeEngine } from '../../test/support/embedding/fake-engine.js';
import {
  PLATFORMS,
  startGuardedApp,
  type AppParts,
  type GuardedApp,
} from '../../test/support/embedding/guarded-app.js';
import {
  AskingTextsController,
  NumbersController,
  TextsController,
  UnsaidController,
  UploadsController,
  UuidsController,
} from '../../test/support/embedding/spellings.js';
import type { AuthzDefaults } from './authz-options.js';

const UUID = '01a20a90-11bb-7631-85cd-ce1033cea832';
const OTHERS = [
  UUID.toUpperCase(),
  `%7B${UUID}%7D`,
  UUID.replaceAll('-', ''),
  `urn:uuid:${UUID}`,
  '007',
  '+7',
  '%207',
  '7.0',
];

let app: GuardedApp | undefined;
afterEach(async () => {
  await app?.stop();
  app = undefined;
});

/** Allows whatever it is asked, of whichever id. */
class Permissive extends FakeEngine {
  override async decideAll(questions: Parameters<FakeEngine['decideAll']>[0]): ReturnType<FakeEngine['decideAll']> {
    for (const { subject, permission, object } of questions)
      if (permission.type !== 'type')
        this.allow(
          `${subject.type}:${subject.id} ${permission.type}:${permission.action} ${object ? `${object.type}:${object.id}` : 'everywhere'}`,
        );
    return super.decideAll(questions);
  }
}

async function start(controllers: Type[], defaults: AuthzDefaults = {}, parts: Partial<AppParts> = {}) {
  const engine = new Permissive();
  app = await startGuardedApp({ platform: 'fastify', controllers, ...parts, authz: { engine, defaults } });
  const { send } = app;
  const statusOf = async (verb: string, path: string, body?: object): Promise<number> =>
    (await send(verb, path, { as: 'alice', body })).status;
  const statuses = (verb: string, base: string, ids: readonly string[]): Promise<number[]> =>
    Promise.all(ids.map((id) => statusOf(verb, `${base}/${id}`)));
  return { app, engine, statusOf, statuses };
}

const all = (status: number, ids: readonly string[]): number[] => ids.map(() => status);

describe('an id in another spelling than its own', () => {
  it('is that of no object, where no form of ids is said', async () => {
    const { statuses, engine } = await start([UnsaidController]);
    for (const base of ['/unsaid', '/unsaid/found', '/unsaid/typed/note'])
      expect(await statuses('GET', base, OTHERS)).toEqual(all(404, OTHERS));
    expect(await statuses('POST', '/unsaid/below', OTHERS)).toEqual(all(404, OTHERS));
    expect(engine.asked.flat().some(({ permission }) => permission.type !== 'type')).toBe(false);
    expect(await statuses('GET', '/unsaid', [UUID, '7', 'readme', 'MiXed'])).toEqual([200, 200, 200, 200]);
    expect(await statuses('POST', '/unsaid/below', [UUID, '7', 'readme'])).toEqual([201, 201, 201]);
  });

  it('is that of no parent either, wherever it is named', async () => {
    const { statusOf } = await start([UnsaidController]);
    expect(await statusOf('POST', '/unsaid/below-body', { folder: '007' })).toBe(404);
    expect(await statusOf('POST', '/unsaid/below-body', { folder: 7 })).toBe(201);
    expect(await statusOf('POST', '/unsaid/below-found', { folder: `folder:${UUID.toUpperCase()}` })).toBe(404);
    expect(await statusOf('POST', '/unsaid/below-found', { folder: `folder:${UUID}` })).toBe(201);
  });

  it('is that of an object where ids are text, and of none by the form that is said', async () => {
    const { statuses } = await start([TextsController, UuidsController, NumbersController, UnsaidController]);
    expect(await statuses('GET', '/texts', OTHERS)).toEqual(all(200, OTHERS));
    expect(await statuses('GET', '/uuids', [...OTHERS, '7', 'readme', UUID])).toEqual([
      ...all(404, OTHERS),
      404,
      404,
      200,
    ]);
    expect(await statuses('GET', '/numbers/note', [...OTHERS, UUID, '7'])).toEqual([...all(404, OTHERS), 404, 200]);
    expect(await statuses('POST', '/unsaid/below-number', ['7', '07', 'readme'])).toEqual([201, 404, 404]);
    expect(await statuses('POST', '/unsaid/below-text', ['7', '07', 'readme'])).toEqual([201, 201, 201]);
  });

  it('is judged by the form that the module says, of all types or of one', async () => {
    const uuids = await start([UnsaidController, TextsController], { idForm: 'uuid' });
    expect(await uuids.statuses('GET', '/unsaid', ['7', 'readme', UUID])).toEqual([404, 404, 200]);
    expect(await uuids.statuses('GET', '/texts', ['007'])).toEqual([200]);
    await app?.stop();
    const some = await start([UnsaidController], { idForm: { folder: 'int', document: 'text' } });
    expect(await some.statuses('GET', '/unsaid', ['007'])).toEqual([200]);
    expect(await some.statuses('GET', '/unsaid/typed/folder', ['7', 'readme'])).toEqual([200, 404]);
    expect(await some.statuses('POST', '/unsaid/below', ['7', 'readme'])).toEqual([201, 404]);
  });

  it('is denied to handlers that ask about it, unless its type is written so', async () => {
    const { send } = (await start([AskingTextsController])).app;
    const asked = async (path: string): Promise<unknown> => (await send('GET', path, { as: 'alice' })).body;
    const none = { target: true, also: [false, true], actions: [], add: false };
    expect(await asked('/asking-texts/007/asked?also=08')).toEqual(none);
    const actions = ['view', 'change', 'delete'];
    expect(await asked('/asking-texts/007/asked?also=8')).toEqual({ ...none, also: [true, true], actions, add: true });
  });

  it('is not let through by a form that there is not', () => {
    return expect(start([UnsaidController], { idForm: 'UUID' as 'uuid' })).rejects.toThrow('no form of ids');
  });
});

describe.each(PLATFORMS)('a body on %s', (platform) => {
  const post = (path: string, type: string, body: string): supertest.Test =>
    supertest(app?.nest.getHttpServer() as Parameters<typeof supertest>[0])
      .post(path)
      .set('x-user', 'alice')
      .set('content-type', type)
      .send(body);
  const multipart = 'multipart/form-data; boundary=x';

  it.each(['/uploads', '/uploads/proposed'])('that is read only after the guard lets nobody in by %s', async (path) => {
    const { engine, statusOf } = await start([UploadsController], {}, { platform, prepare: takeAnyBody(platform) });
    const answer = await post(path, multipart, '--x\r\n\r\nfolder=7\r\n--x--');
    expect([answer.status, answer.body.code]).toEqual([415, 'unsupported_media_type']);
    expect((await post(path, 'text/plain', '{"folder":"7"}')).status).toBe(415);
    expect((await post(path, 'application/json', '[{"folder":"7"}]')).status).toBe(415);
    expect(engine.asked.flat().some(({ object }) => object !== undefined)).toBe(false);
    expect(await statusOf('POST', path, { folder: '7' })).toBe(201);
    expect(await statusOf('POST', path, {})).toBe(201);
    expect(await statusOf('POST', path)).toBe(201);
  });

  it('that nests deeper than anything could be stored is a bad request', async () => {
    await start([UploadsController], {}, { platform });
    for (const depth of [70, 20_000]) {
      const deep = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
      const answer = await post('/uploads/proposed', 'application/json', deep);
      expect([answer.status, answer.body.code]).toEqual([400, 'malformed_request']);
    }
    expect(
      (await post('/uploads/proposed', 'application/json', `{"a":${'['.repeat(60)}${']'.repeat(60)}}`)).status,
    ).toBe(201);
  });
});

// Both leave such a body unread; Fastify has to be told that it may come, and some readers of Express leave an empty object behind.
function takeAnyBody(platform: (typeof PLATFORMS)[number]): NonNullable<AppParts['prepare']> {
  type Fastify = { addContentTypeParser: (type: string, parse: (...args: unknown[]) => void) => void };
  type Next = () => void;
  return (nest) => {
    if (platform === 'fastify') {
      const fastify = nest.getHttpAdapter().getInstance() as Fastify;
      for (const type of ['multipart/form-data', 'text/plain'])
        fastify.addContentTypeParser(type, (_request, payload, done) => {
          (payload as NodeJS.ReadableStream).resume();
          (done as Next)();
        });
    } else {
      nest.use((request: { body?: unknown; headers: Record<string, string> }, _response: unknown, next: Next) => {
        if (request.headers['content-type']?.startsWith('text/')) request.body = {};
        next();
      });
    }
  };
}
