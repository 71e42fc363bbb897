import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administrationOf } from '../../src/app/administration/operator-administration.js';
import { readConfig } from '../../src/app/config.js';
import { ensureFirstAdmin } from '../../src/app/first-admin.js';
import { parsePolicy } from '../../src/app/policy/parse-policy.js';
import { Passwords } from '../../src/auth/passwords.js';
import { openStore } from '../../src/store/store.js';
import { createTestDatabase } from '../support/postgres.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';

const users = '/api/v1/users';
const admin = () => service.as('admin');

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
  await service.addUser('alice.liddell');
  await admin().patch(`${users}/alice.liddell`).send({ email: 'white.rabbit@wonderland.example' }).expect(200);
});
afterAll(() => service.stop());

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: unknown;
}

/** Refused by the path and the rule, with nothing of the password in it. */
function expectRefusal(answer: Answer, path: string, message: string, password: string): void {
  expect(answer.body).toMatchObject({ status: 422, code: 'invalid_request', errors: [{ path, message }] });
  expect(answer.text).not.toContain(password);
}

const GENERAL = [
  ['short7c', 'must have at least 8 characters'],
  ['90246813579', 'must not be all digits'],
  ['Sunshine1', 'must not be one of the most common passwords'],
] as const;

const LIKE_ALICE = [
  ['Alice.Liddell1', 'must not be like the username'],
  ['whiterabbit7', 'must not be like the email'],
] as const;

describe('a password that breaks a rule', () => {
  it.each([...GENERAL, ['queen-of-hearts', 'must not be like the username']] as const)(
    'is not given to a new user: %s',
    async (password, message) => {
      const answer = await admin().post(users).send({ username: 'queen.of.hearts', password });
      expectRefusal(answer, 'password', message, password);
      expect((await admin().get(`${users}/queen.of.hearts`)).status).toBe(404);
    },
  );

  it('is not like the id or the email address of a new user', async () => {
    const user = { id: 'employee-4711', username: 'q', email: 'hatter@tea-party.example' };
    const byId = await admin()
      .post(users)
      .send({ ...user, password: 'Employee-4712' });
    expectRefusal(byId, 'password', 'must not be like the id', 'Employee-4712');
    const byEmail = await admin()
      .post(users)
      .send({ ...user, password: 'tea-party-hatter' });
    expectRefusal(byEmail, 'password', 'must not be like the email', 'tea-party-hatter');
  });

  it.each([...GENERAL, ...LIKE_ALICE])('is not set by an administrator: %s', async (password, message) => {
    expectRefusal(await admin().patch(`${users}/alice.liddell`).send({ password }), 'password', message, password);
    await service.as('alice.liddell').get('/api/v1/auth/me').expect(200);
  });

  it('is held against what the user is called after the change', async () => {
    const patch = (body: object) => admin().patch(`${users}/alice.liddell`).send(body);
    const renamed = await patch({ username: 'dormouse', password: 'dormouse-1865' });
    expectRefusal(renamed, 'password', 'must not be like the username', 'dormouse-1865');
    const moved = await patch({ email: 'gryphon@sea.example', password: 'gryphon@sea.example' });
    expectRefusal(moved, 'password', 'must not be like the email', 'gryphon@sea.example');
    // The address that it was like is no more by then.
    await patch({ email: null, password: 'whiterabbit7' }).expect(200);
    await patch({ email: 'white.rabbit@wonderland.example', password: PASSWORD }).expect(200);
  });

  it.each([...GENERAL, ...LIKE_ALICE])('is not set by the user itself: %s', async (newPassword, message) => {
    const answer = await service
      .as('alice.liddell')
      .put('/api/v1/auth/me/password')
      .send({ oldPassword: PASSWORD, newPassword });
    expectRefusal(answer, 'newPassword', message, newPassword);
  });

  it.each([...GENERAL, ...LIKE_ALICE])('is not taken from an operator: %s', async (password, message) => {
    const request = { username: 'alice.liddell.2', email: 'white.rabbit@wonderland.example', password };
    await expect(administrationOf(service.store).users.create(request)).rejects.toMatchObject({
      code: 'invalid_request',
      faults: [{ path: 'password', message }],
    });
  });

  it.each([...GENERAL, ...LIKE_ALICE])('is not taken from a policy file: %s', (password, message) => {
    const user = `{ username: alice.liddell, email: white.rabbit@wonderland.example, password: ${JSON.stringify(password)} }`;
    let refused: unknown;
    try {
      parsePolicy(`users:\n  - ${user}\n`, 'policy.yaml');
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({ problems: [{ path: 'users.0.password', message }] });
  });

  it('stops a start that would make the first superuser by it, and only such a start', async () => {
    const database = await createTestDatabase();
    const store = openStore({ url: database.databaseUrl, connections: 2, decisionConnections: 1 });
    const start = (password: string) =>
      ensureFirstAdmin(
        store,
        readConfig({ CASTELLAN_ADMIN_USERNAME: 'mad-hatter', CASTELLAN_ADMIN_PASSWORD: password }),
        new Passwords(),
      );
    try {
      for (const [password, message] of [
        ['90246813579', 'CASTELLAN_ADMIN_PASSWORD must not be all digits'],
        ['password123', 'CASTELLAN_ADMIN_PASSWORD must not be one of the most common passwords'],
        ['mad_hatter', 'CASTELLAN_ADMIN_PASSWORD must not be like the username'],
      ] as const) {
        await expect(start(password)).rejects.toMatchObject({
          name: 'ConfigError',
          message: expect.stringContaining(message),
        });
        await expect(start(password)).rejects.not.toMatchObject({ message: expect.stringContaining(password) });
      }
      expect(await start('twinkle twinkle little bat')).toMatchObject({ username: 'mad-hatter' });
      expect(await start('password123')).toBeNull();
    } finally {
      await store.close();
      await database.drop();
    }
  });
});
