import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { waitForDatabase } from './wait-for-database.js';

const secret = 'sesame';

/** A server that speaks just enough of Postgres' protocol to fail, or to answer one query. */
class FakePostgres {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  connections = 0;

  constructor(private readonly answers: (number: number) => { code: string; message: string } | 'ok' | 'silence') {}

  async listen(port = 0): Promise<number> {
    const server = createServer((socket) => this.#greet(socket));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  #greet(socket: Socket): void {
    this.#sockets.add(socket);
    this.connections += 1;
    const answer = this.answers(this.connections);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      if (answer === 'silence') return;
      if (answer !== 'ok') {
        socket.end(message('E', `SFATAL\0C${answer.code}\0M${answer.message}\0\0`));
        return;
      }
      socket.write(Buffer.concat([message('R', '\0\0\0\0'), message('Z', 'I')]));
      socket.on('data', (chunk) => {
        if (chunk[0] === 0x51) socket.write(Buffer.concat([message('C', 'SELECT 1\0'), message('Z', 'I')]));
      });
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => (this.#server === undefined ? resolve(0) : this.#server.close(resolve)));
  }
}

function message(type: string, body: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(Buffer.byteLength(body) + 4);
  return Buffer.concat([Buffer.from(type), length, Buffer.from(body)]);
}

describe('waitForDatabase', () => {
  const servers: FakePostgres[] = [];
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const urlOf = (port: number): string => `postgresql://app:${secret}@127.0.0.1:${port}/castellan`;

  function fake(answers: ConstructorParameters<typeof FakePostgres>[0]): FakePostgres {
    const server = new FakePostgres(answers);
    servers.push(server);
    return server;
  }

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
    lines.length = 0;
  });

  it('says nothing when the database answers at once', async () => {
    const port = await fake(() => 'ok').listen();
    await waitForDatabase(urlOf(port), { log });
    expect(lines).toEqual([]);
  });

  it('waits while the server starts up, and says so once', async () => {
    const server = fake((number) =>
      number < 3 ? { code: '57P03', message: 'the database system is starting up' } : 'ok',
    );
    const port = await server.listen();
    await waitForDatabase(urlOf(port), { log });
    expect(server.connections).toBe(3);
    expect(lines).toEqual([
      `Waiting for the database at 127.0.0.1:${port}/castellan: the database system is starting up.`,
      expect.stringMatching(/answers, after \d+ s/),
    ]);
  });

  it('waits for a server that is not there yet', async () => {
    const gone = fake(() => 'ok');
    const port = await gone.listen();
    await gone.close();
    const waiting = waitForDatabase(urlOf(port), { log });
    await expect.poll(() => lines[0], { timeout: 4_000 }).toMatch(/ECONNREFUSED/);
    expect(lines.join()).not.toContain(secret);
    await fake(() => 'ok').listen(port);
    await waiting;
  });

  it('waits for a name that does not resolve yet, up to the deadline', async () => {
    const waiting = waitForDatabase(`postgresql://app:${secret}@nowhere.invalid/castellan`, { log, deadlineMs: 300 });
    await expect(waiting).rejects.toMatchObject({
      code: 'database_unreachable',
      message: expect.stringMatching(/nowhere\.invalid:5432\/castellan .*(ENOTFOUND|EAI_AGAIN)/) as string,
    });
  });

  it.each([
    ['28P01', 'password authentication failed for user "app"', 'user and password'],
    ['3D000', 'database "castellan" does not exist', 'Create that database'],
  ])('gives up at once on %s, which waiting does not mend', async (code, said, hint) => {
    const server = fake(() => ({ code, message: said }));
    const port = await server.listen();
    const error: unknown = await waitForDatabase(urlOf(port), { log }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'database_refused' });
    expect((error as Error).message).toContain(said);
    expect((error as Error).message).toContain(hint);
    expect(server.connections).toBe(1);
  });

  it.each(['', 'localhost', `mysql://app:${secret}@h/d`, `postgresql://app:${secret}@host:no-port/d`])(
    'refuses the malformed URL %j without repeating it',
    async (url) => {
      const error: unknown = await waitForDatabase(url, { log }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'database_url_invalid' });
      expect((error as Error).message).not.toContain(secret);
    },
  );

  it('stops waiting when it is told to', async () => {
    const stop = new AbortController();
    const port = await fake(() => ({ code: '57P03', message: 'starting' })).listen();
    const waiting = waitForDatabase(urlOf(port), { log, signal: stop.signal });
    setTimeout(() => stop.abort(new Error('told to')), 50);
    await expect(waiting).rejects.toThrow('told to');
    expect(lines).toHaveLength(1);
  });
});
