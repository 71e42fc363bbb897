import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const PASSWORD = 'seven green lanterns';

interface Served {
  readonly child: ChildProcess;
  readonly ended: Promise<[number | null]>;
  stdout(): string;
  stderr(): string;
  /** The log's lines, as objects. */
  log(): Record<string, unknown>[];
}

describe('castellan serve --workers', () => {
  let database: TestDatabase;
  let served: Served | undefined;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => served?.child.kill('SIGKILL'));
  afterAll(() => database.drop());

  function serve(args: readonly string[], settings: Record<string, string> = {}): Served {
    const child = spawn(process.execPath, [MAIN, 'serve', ...args], {
      env: {
        PATH: process.env['PATH'],
        PORT: '0',
        DATABASE_URL: database.databaseUrl,
        CASTELLAN_ADMIN_PASSWORD: PASSWORD,
        CASTELLAN_METRICS_TOKEN: 'a token for metrics'.replaceAll(' ', '-'),
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
    const log = (): Record<string, unknown>[] =>
      said.stderr
        .split('\n')
        .slice(0, -1)
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    served = {
      child,
      ended: once(child, 'close') as Promise<[number | null]>,
      stdout: () => said.stdout,
      stderr: () => said.stderr,
      log,
    };
    return served;
  }

  async function until<Value>(found: () => Value | undefined, service: Served): Promise<Value> {
    let isOver = false;
    void service.ended.then(() => (isOver = true));
    for (;;) {
      const value = found();
      if (value !== undefined) return value;
      if (isOver) throw new Error(`It has ended:\n${service.stderr()}`);
      await pause(20);
    }
  }

  const addressOf = (service: Served): Promise<string> =>
    until(() => /answers on (http:\S+)\n[\s\S]*\n\n/.exec(service.stdout())?.[1], service);

  /** A request on a connection of its own. */
  async function ask(
    address: string,
    path: string,
    { method = 'GET', body, bearer }: { method?: string; body?: object; bearer?: string } = {},
  ): Promise<{ status: number | undefined; text: string }> {
    const authorization = bearer ? `Bearer ${bearer}` : `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const asked = request(new URL(path, address), { method, headers, agent: false });
    asked.end(body && JSON.stringify(body));
    const [answer] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
    return { status: answer.statusCode, text };
  }

  it('answers on one port by several processes, each as fresh as the other, and replaces one that dies', async () => {
    const service = serve(['--workers', '2']);
    const address = await addressOf(service);
    expect(service.stdout().match(/^Admin: /gm)).toHaveLength(1);
    const post = (path: string, body: object) => ask(address, path, { method: 'POST', body });
    await post('/api/v1/types', { id: 'doc' });
    await post('/api/v1/objects/doc', { id: 'one' });
    await post('/api/v1/users', { id: 'alice', username: 'alice' });
    const question = {
      subject: { type: 'user', id: 'alice' },
      action: { name: 'view' },
      resource: { type: 'doc', id: 'one' },
    };
    const decisions = async (): Promise<string[]> => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => post('/access/v1/evaluation', question)));
      return [...new Set(answers.map(({ status, text }) => `${status} ${text}`))];
    };
    expect(await decisions()).toEqual(['200 {"decision":false}']);
    for (let round = 0; round < 3; round += 1) {
      const grant = {
        subject: { type: 'user', id: 'alice' },
        permission: 'doc:view',
        object: { type: 'doc', id: 'one' },
      };
      const { id } = JSON.parse((await post('/api/v1/grants', grant)).text) as { id: string };
      expect(await decisions()).toEqual(['200 {"decision":true}']);
      expect((await ask(address, `/api/v1/grants/${id}`, { method: 'DELETE' })).status).toBe(204);
      expect(await decisions()).toEqual(['200 {"decision":false}']);
    }
    const EVALUATIONS = 7 * 20;
    const answered = (): Record<string, unknown>[] =>
      service.log().filter(({ msg, route }) => msg === 'request' && route === '/access/v1/evaluation');
    await until(() => (answered().length === EVALUATIONS ? true : undefined), service);
    const pids = [...new Set(answered().map(({ pid }) => Number(pid)))];
    expect(pids).toHaveLength(2);
    expect(pids).not.toContain(service.child.pid);

    // One scrape has the figures of both, whichever answers it.
    for (let scrape = 0; scrape < 4; scrape += 1) {
      const { text } = await ask(address, '/metrics', { bearer: 'a-token-for-metrics' });
      const [, count] = /^castellan_http_request_duration_seconds_count\{.*evaluation".*\} (\d+)$/m.exec(text) ?? [];
      expect(Number(count)).toBe(EVALUATIONS);
      expect(text).toMatch(/^castellan_decisions_total\{type="doc",action="view",verdict="allow"\} 60$/m);
      expect(text).toMatch(/^castellan_pool_connections\{.*\} \d+$/m);
    }

    process.kill(pids[0] ?? 0, 'SIGKILL');
    const listening = (): number[] =>
      service.log().flatMap(({ msg, pid }) => (msg === 'listening' ? [Number(pid)] : []));
    const newcomer = await until(() => listening().find((pid) => !pids.includes(pid)), service);
    expect(service.log()).toContainEqual(
      expect.objectContaining({
        msg: 'a worker has ended, another takes its place',
        worker: pids[0],
        signal: 'SIGKILL',
      }),
    );
    expect(await decisions()).toEqual(['200 {"decision":false}']);

    service.child.kill('SIGTERM');
    expect(await service.ended).toEqual([0, null]);
    const stopped = service.log().flatMap(({ msg, pid }) => (msg === 'stopped' ? [pid] : []));
    expect(new Set(stopped)).toEqual(new Set([pids[1], newcomer, service.child.pid]));
    expect(await query(database.databaseUrl, `SELECT FROM castellan.subjects WHERE superuser`)).toHaveLength(1);
  });

  it('says why it can not listen, and ends', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const service = serve([], { CASTELLAN_WORKERS: '2', PORT: String(port) });
    expect(await service.ended).toEqual([1, null]);
    expect(service.stderr()).toMatch(/EADDRINUSE.*Stop what listens there, or set PORT\./);
    taken.close();
  });

  it('gives up when workers die at once, one after the other', async () => {
    const service = serve(['--workers', '2']);
    const timer = setInterval(() => {
      for (const pid of childrenOf(service.child.pid)) process.kill(pid, 'SIGKILL');
    }, 50);
    const [status] = await service.ended.finally(() => clearInterval(timer));
    expect(status).toBe(1);
    expect(service.stderr()).toMatch(/castellan: \d workers died at once, one after the other; the log says why\./);
    expect(service.stdout()).not.toContain('answers on');
  });
});

function childrenOf(pid = 0): number[] {
  try {
    const found = execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
    return found.split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
