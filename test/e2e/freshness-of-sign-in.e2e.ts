import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.js';
import { PASSWORD, type TestService } from '../support/service.js';
import { startTwoProcesses, type TwoProcesses } from '../support/two-processes.js';

// Both processes have verified (and remember) the credential and know a session; the change is made in the first.
describe('a sign-in that was remembered, in every process', () => {
  let processes: TwoProcesses;
  let service: TestService;
  let store: Store;
  let other: NestFastifyApplication;
  let name: string;
  let cookie: string;
  let made = 0;

  beforeAll(async () => {
    processes = await startTwoProcesses();
    ({ service, store, other } = processes);
  });
  afterAll(() => processes.stop());
  beforeEach(async () => {
    name = `user-${(made += 1)}`;
    await service.addUser(name);
    const login = await supertest(other.getHttpServer())
      .post('/api/v1/auth/login')
      .send({ username: name, password: PASSWORD });
    cookie = String(login.headers['set-cookie']).split(';')[0] ?? '';
    await expectSignIn(name, 200);
    await expectSession(200);
  });

  const both = () => [service.app, other].map((app) => supertest(app.getHttpServer()));
  const expectSignIn = async (username: string, status: number, password = PASSWORD): Promise<void> => {
    for (const process of both()) await process.get('/api/v1/auth/me').auth(username, password).expect(status);
  };
  const expectSession = async (status: number): Promise<void> => {
    for (const process of both()) await process.get('/api/v1/auth/me').set('cookie', cookie).expect(status);
  };
  const change = (body: object) => service.as('admin').patch(`/api/v1/users/${name}`).send(body).expect(200);

  it('ends with the password', async () => {
    await change({ password: 'quite another one' });
    await expectSignIn(name, 401);
    await expectSignIn(name, 200, 'quite another one');
    await expectSession(401);
  });

  it('ends with deactivation, and a session does not come back with the user', async () => {
    await change({ active: false });
    await expectSignIn(name, 401);
    await expectSession(401);
    await change({ active: true });
    await expectSignIn(name, 200);
    await expectSession(401);
  });

  it('ends with deactivation also where it was still under way, and would begin a session after it', async () => {
    const verified = await store.credentials.findByUsername(name);
    await change({ active: false });
    await change({ active: true });
    const stamp = { subjectKey: verified?.subjectKey ?? 0, version: verified?.version ?? '' };
    expect(await store.credentials.standing(stamp)).toBeNull();
  });

  it('ends with the user, also when one of the same name and password is made', async () => {
    await service.as('admin').delete(`/api/v1/users/${name}`).expect(204);
    await expectSignIn(name, 401);
    await expectSession(401);
    await service.addUser(name);
    await expectSignIn(name, 200);
    await expectSession(401);
  });

  it('ends with the username: the old one signs in nobody, and later whoever has it then', async () => {
    await change({ username: `${name}-renamed` });
    await expectSignIn(name, 401);
    await expectSignIn(`${name}-renamed`, 200);
    await expectSession(401);
    await service.addUser(`${name}-next`);
    await service.as('admin').patch(`/api/v1/users/${name}-next`).send({ username: name }).expect(200);
    for (const process of both()) {
      const { body } = await process.get('/api/v1/auth/me').auth(name, PASSWORD).expect(200);
      expect(body.user.id).toBe(`${name}-next`);
    }
  });
});
