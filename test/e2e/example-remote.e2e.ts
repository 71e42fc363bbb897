import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import type { INestApplication } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createComments } from '../../examples/remote/src/create-comments.js';
import { applyPolicy } from '../../src/app/policy/apply-policy.js';
import { parsePolicy } from '../../src/app/policy/parse-policy.js';
import { operator } from '../../src/core/caller.js';
import { runCurlLines } from '../support/readme-commands.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';

describe('the example that is guarded by a service', () => {
  let service: TestService;
  let app: INestApplication;

  beforeAll(async () => {
    service = await startTestService();
    for (const name of ['alice', 'bob', 'carol', 'dave', 'gateway']) await service.addUser(name);
    for (const file of ['demo/demo.yaml', 'examples/remote/access.yaml']) {
      const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
      const noPasswords = { hash: () => Promise.reject(new Error('There is one already.')) };
      await applyPolicy(service.store, operator('cli', 'test'), parsePolicy(text, file), noPasswords);
    }
    app = await start(`http://127.0.0.1:${(service.app.getHttpServer().address() as AddressInfo).port}`);
  });
  afterAll(async () => {
    await app.close();
    await service.stop();
  });
  beforeEach(async () => {
    await comments('delete', 'carol', '123').expect(204);
    await comments('delete', 'carol', '456').expect(204);
  });

  async function start(url: string, password = PASSWORD): Promise<INestApplication> {
    const made = await createComments({ url, username: 'gateway', password }, { logger: false, abortOnError: false });
    await made.init();
    await (made as NestFastifyApplication).getHttpAdapter().getInstance().ready();
    return made;
  }

  function send(verb: 'get' | 'post' | 'delete', as: string, path: string, to = app): supertest.Test {
    const request = supertest(to.getHttpServer() as Parameters<typeof supertest>[0])[verb](path);
    return as === 'nobody' ? request : request.auth(as, PASSWORD);
  }
  const comments = (verb: 'get' | 'post' | 'delete', as: string, post: string, to = app): supertest.Test =>
    send(verb, as, `/posts/${post}/comments`, to);

  it('shows and takes comments on what the service says may be viewed', async () => {
    await comments('post', 'alice', '123').send({ text: 'First!' }).expect(201);
    expect((await comments('get', 'carol', '123').expect(200)).body).toEqual(['First!']);
    await comments('get', 'bob', '123').expect(404);
    await comments('post', 'bob', '123').send({ text: 'Me too' }).expect(404);
    await comments('get', 'nobody', '123').expect(401);
    expect((await comments('get', 'alice', '123')).body).toEqual(['First!']);
  });

  it('clears them for whoever may change the post', async () => {
    await comments('post', 'dave', '456').send({ text: 'Nice' }).expect(201);
    await comments('delete', 'dave', '456').expect(403);
    await comments('delete', 'bob', '456').expect(204);
    expect((await comments('get', 'dave', '456')).body).toEqual([]);
  });

  it('lists what each caller may view', async () => {
    await comments('post', 'alice', '123').send({ text: 'First!' }).expect(201);
    await comments('post', 'bob', '456').send({ text: 'Second!' }).expect(201);
    const listed = async (as: string): Promise<unknown> => (await send('get', as, '/comments').expect(200)).body;
    expect(await listed('alice')).toEqual([{ post: '123', comments: 1 }]);
    expect(await listed('bob')).toEqual([{ post: '456', comments: 1 }]);
    expect(await listed('carol')).toEqual([
      { post: '123', comments: 1 },
      { post: '456', comments: 1 },
    ]);
    await send('get', 'nobody', '/comments').expect(401);
  });

  it('sees a grant that the service has just been given', async () => {
    await comments('get', 'bob', '123').expect(404);
    const grant = {
      subject: { type: 'user', id: 'bob' },
      permission: 'post:view',
      object: { type: 'post', id: '123' },
    };
    const { body } = await service.as('alice').post('/api/v1/grants').send(grant).expect(201);
    await comments('get', 'bob', '123').expect(200);
    await service
      .as('alice')
      .delete(`/api/v1/grants/${(body as { id: string }).id}`)
      .expect(204);
    await comments('get', 'bob', '123').expect(404);
  });

  it('does what its README says', async () => {
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    const replaced = {
      'http://127.0.0.1:4001': `http://127.0.0.1:${port}`,
      'the-one-that-the-service-printed': `'${PASSWORD}'`,
    };
    const outcomes = await runCurlLines(new URL('../../examples/remote/README.md', import.meta.url), replaced, '.');
    expect(outcomes.length).toBeGreaterThan(5);
    for (const { line, status, body, expected } of outcomes) {
      expect([line, status]).toEqual([line, expected.status]);
      for (const said of expected.says) expect(body, line).toContain(said);
    }
  });

  it('lets nobody in while no service answers, or while it does not take the app’s own password', async () => {
    const alone = await start('http://127.0.0.1:9');
    await comments('get', 'alice', '123', alone).expect(503);
    await alone.close();
    const url = `http://127.0.0.1:${(service.app.getHttpServer().address() as AddressInfo).port}`;
    const unknown = await start(url, 'not the password');
    await comments('get', 'alice', '123', unknown).expect(503);
    await unknown.close();
  });
});
