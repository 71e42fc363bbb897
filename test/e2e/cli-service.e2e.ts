import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actingAs } from '../../src/auth/acting-caller.js';
import { openServiceWithin } from '../../src/app/administration/service-within.js';
import { castellan, type Ended } from '../support/castellan-command.js';
import { startTestService, type TestService } from '../support/service.js';
import { temporaryFolder } from '../support/temporary-folder.js';

// The commands get no database: whatever they do, they do by the service.
describe('the everyday commands, on a service', () => {
  let service: TestService;
  let url: string;
  let admin: string;
  let alice: string;

  beforeAll(async () => {
    service = await startTestService();
    await service.addUser('alice');
    const { port } = service.app.getHttpServer().address() as AddressInfo;
    url = `http://127.0.0.1:${port}`;
    const tokenOf = async (user: string): Promise<string> => {
      const { body } = await service.as('admin').post(`/api/v1/users/${user}/tokens`).send({ name: 'cli' });
      return (body as { token: string }).token;
    };
    [admin, alice] = [await tokenOf('admin'), await tokenOf('alice')];
    await service.arrange(async (unit) => {
      await unit.types.create({ id: 'post', actions: ['view', 'add', 'change', 'grant'], creatorActions: [] });
      for (const id of ['1', '2']) await unit.objects.create({ type: 'post', id, attributes: {} }, null);
      const subject = { type: 'user', id: 'alice' };
      await unit.grants.create([{ subject, permission: 'post:view', object: { type: 'post', id: '1' } }]);
    });
  });
  afterAll(() => service.stop());

  const by = (token: string, ...args: string[]): Promise<Ended> =>
    castellan({ CASTELLAN_URL: url, CASTELLAN_TOKEN: token, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, args);

  it('work under the rights of whoever the token signs in', async () => {
    const granted = await by(admin, 'grant', 'user:alice', 'post:change', 'post:1');
    expect(granted).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Granted: /) as string, stderr: '' });
    const again = await by(admin, 'grant', 'user:alice', 'post:change', 'post:1');
    expect(again).toMatchObject({ status: 0, stdout: expect.stringMatching(/^It is granted already: /) as string });
    const trail = JSON.parse((await by(admin, 'changes', '--limit', '1', '--json')).stdout) as object;
    expect(trail).toMatchObject({ actor: { type: 'user', id: 'admin' }, action: 'grant.create' });
    expect(await by(admin, 'revoke', 'user:alice', 'post:change', 'post:1')).toMatchObject({ status: 0 });
    expect((await by(admin, 'group', 'create', 'staff')).stdout).toBe('Created group:staff.\n');
    expect((await by(admin, 'group', 'add', 'staff', 'user:alice')).status).toBe(0);
    expect((await by(admin, 'group', 'show', 'staff')).stdout).toBe('user:alice\n');
    expect((await by(admin, 'role', 'create', 'r')).status).toBe(0);
    expect((await by(admin, 'role', 'add', 'r', 'post:view')).stdout).toBe('role:r has the rule post:view.\n');
    const hanging = await by(admin, 'group', 'delete', 'staff');
    expect(hanging).toMatchObject({ status: 64, stderr: expect.stringMatching(/memberships: 1/) as string });
  });

  it('answer questions as the service would', async () => {
    expect(await by(admin, 'check', 'user:alice', 'view', 'post:1')).toEqual({
      status: 0,
      stdout: 'allow: a grant, placed on post:1, allows it.\n',
      stderr: '',
    });
    expect((await by(alice, 'check', 'user:alice', 'view', 'post:2')).stdout).toMatch(/^deny: /);
    expect((await by(alice, 'list', 'user:alice', 'view', 'post')).stdout).toBe('1\n');
    expect((await by(admin, 'who-can', 'view', 'post:1', '--type', 'user')).stdout).toBe('user:admin\nuser:alice\n');
    expect((await by(admin, 'explain', 'user:alice', 'view', 'post:1')).stdout).toMatch(/^allow: .*\nWhat counted:/);
    expect((await by(admin, 'what-can', 'user:alice')).stdout).toBe('post:view  on 1 object\n');
  });

  it('are refused with 1, and never tell the token', async () => {
    for (const [token, args, code] of [
      [alice, ['grant', 'user:alice', 'post:view', 'post:2'], 'not_found'],
      [alice, ['group', 'create', 'mine'], 'forbidden'],
      [admin, ['grant', 'user:nobody', 'post:view'], 'unknown_reference'],
      ['castellan_wrong', ['user', 'list'], 'invalid_token'],
    ] as const) {
      const { status, stdout, stderr } = await by(token, ...args, '--json');
      expect([args, status, stdout]).toEqual([args, 1, '']);
      expect(JSON.parse(stderr)).toMatchObject({ error: { code } });
      expect(stderr).not.toContain(token);
    }
  });

  it('send no token for others to read, and say what a service can not do', async () => {
    const folder = await temporaryFolder('token');
    const file = join(folder.path, 'token');
    await writeFile(file, `${admin}\n`);
    const usage = async (settings: Record<string, string>, ...args: string[]): Promise<string> => {
      const { status, stdout, stderr } = await castellan(settings, ['user', 'show', 'alice', ...args]);
      expect([args, status, stdout]).toEqual([args, 64, '']);
      return stderr;
    };
    const token = { CASTELLAN_TOKEN: admin };
    expect(await usage(token, '--url', 'http://auth.example.com')).toMatch(/use https, or --insecure/);
    expect(await usage({}, '--url', url)).toMatch(/set CASTELLAN_TOKEN/);
    expect(await usage(token, '--url', url, '--as', 'user:alice')).toMatch(/--as works on the database only/);
    expect(await usage({}, '--url', url, '--token-file', join(folder.path, 'none'))).toMatch(/can not be read: ENOENT/);
    const trial = await by(admin, 'user', 'delete', 'alice', '--dry-run');
    expect(trial).toMatchObject({ status: 64, stderr: expect.stringMatching(/can not undo/) as string });
    const shown = await castellan({}, ['user', 'show', 'alice', '--url', url, '--token-file', file, '-q']);
    expect(shown).toMatchObject({ status: 0, stderr: '' });
    await folder.remove();
  });

  it('end with 69 when nothing answers there, or it is too busy', async () => {
    const nowhere = await castellan({ CASTELLAN_TOKEN: admin }, [
      'user',
      'list',
      '--url',
      'http://127.0.0.1:1',
      '--json',
    ]);
    expect(nowhere).toMatchObject({ status: 69, stdout: '' });
    expect(JSON.parse(nowhere.stderr)).toMatchObject({ error: { code: 'service_unreachable' } });
    const busy = createServer((_request, response) => response.writeHead(503).end());
    await new Promise<void>((resolve) => void busy.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`;
    const refused = await castellan({ CASTELLAN_TOKEN: admin }, ['user', 'list', '--url', address, '--wait', '1']);
    expect(refused).toMatchObject({ status: 69, stderr: expect.not.stringContaining(admin) as string });
    busy.close();
  });

  it('end with 69 and one line where something else answers', async () => {
    const object = '{"hello":"world"}';
    const list = '{"items":[{"hello":"world"}],"next":null}';
    let body = object;
    const foreign = createServer((_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(body),
    );
    await new Promise<void>((resolve) => void foreign.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(foreign.address() as AddressInfo).port}`;
    const settings = { CASTELLAN_TOKEN: admin, CASTELLAN_URL: address };
    for (const [line, answer] of [
      ['grant user:a post:view', object],
      ['user show a', object],
      ['user token a deploy', object],
      ['role add r post:view', object],
      ['type change post --mode both', object],
      ['explain user:a view post:1', object],
      ['user list', list],
      ['changes', list],
    ] as const) {
      body = answer;
      const { status, stdout, stderr } = await castellan(settings, [...line.split(' '), '--json']);
      expect([line, status, stdout]).toEqual([line, 69, '']);
      const { error } = JSON.parse(stderr) as { error: { code: string; message: string } };
      expect(error.code).toBe('unexpected_answer');
      const told = new RegExp(
        `^The answer of ${address} is not one of a Castellan service: [A-Z]+ /\\S+ was answered with 200\\. Is the URL right`,
      );
      expect(error.message).toMatch(told);
    }
    foreign.close();
  });

  it('nobody acts as another by what a request says, and nobody from outside while the process acts itself', async () => {
    const outside = await supertest(url)
      .get('/api/v1/users')
      .set({ 'x-castellan-as': 'user:admin', 'castellan-as': 'user:admin', 'x-acting-as': 'user:admin' });
    expect(outside.status).toBe(401);
    const caller = { subject: { type: 'user', id: 'admin' }, signedIn: true };
    // Sent from within, and still over a connection.
    const meanwhile = await actingAs(caller, async () => (await fetch(`${url}/api/v1/users`)).status);
    expect(meanwhile).toBe(401);
    const within = await openServiceWithin(service.store, caller);
    const asked = await within.fetch('http://castellan.invalid/api/v1/auth/me', {
      headers: { authorization: `Bearer ${alice}` },
    });
    expect(await asked.json()).toMatchObject({ user: { id: 'admin' } });
    expect((await supertest(url).get('/api/v1/auth/me')).status).toBe(401);
    await within.close();
  });
});
