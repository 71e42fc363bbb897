import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endBuiltServices, startBuiltService, type BuiltService } from '../support/built-service.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { HALF_A_SIGN_IN, OTHER_HALF, rawSocket, type RawSocket } from '../support/raw-socket.js';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;

describe('a service that is told to stop', () => {
  let database: TestDatabase;
  let service: BuiltService;
  let underWay: RawSocket;
  let kept: RawSocket;

  beforeEach(async () => {
    database = await createTestDatabase();
    service = await startBuiltService({
      DATABASE_URL: database.databaseUrl,
      CASTELLAN_ADMIN_PASSWORD: 'a phrase that is nowhere else',
    });
    [underWay, kept] = await Promise.all([rawSocket(service.address), rawSocket(service.address)]);
    kept.write(get('/health/ready'));
    await kept.until(/^HTTP\/1.1 200 /);
    underWay.write(HALF_A_SIGN_IN);
    // Its first half is there once a later request on another connection is answered.
    await fetch(`${service.address}/health/live`);
  });
  afterEach(async () => {
    endBuiltServices();
    await database.drop();
  });

  const stopping = async (signal: NodeJS.Signals): Promise<void> => {
    service.process.kill(signal);
    while (!service.output().includes('Stopping')) await pause(10);
  };

  it('is ready no more, turns away what comes, answers what is under way, and ends with 0', async () => {
    await stopping('SIGTERM');
    kept.write(get('/health/ready'));
    const refused = await kept.until(/HTTP\/1.1 503 [\s\S]*\r\n\r\n\{.*\}/);
    expect(refused).toMatch(/HTTP\/1.1 503 [\s\S]*"code":"overloaded"/);
    expect(refused).toMatch(/connection: close/i);
    expect(refused).toMatch(/retry-after: 1/i);
    await kept.ended;

    const turnedAway = await fetch(`${service.address}/api/v1/users`);
    expect([turnedAway.status, turnedAway.headers.get('connection')]).toEqual([503, 'close']);
    const live = await fetch(`${service.address}/health/live`);
    expect([live.status, live.headers.get('connection')]).toEqual([200, 'close']);

    const exit = once(service.process, 'exit');
    underWay.write(OTHER_HALF);
    const answer = await underWay.until(/\r\n\r\n\{.*\}/);
    expect(answer).toMatch(/^HTTP\/1.1 422 /);
    expect(answer).toMatch(/connection: close/i);
    expect(await exit).toEqual([0, null]);
    expect(service.output()).toContain('Stopped.');
  });

  it('ends at once by a second signal', async () => {
    await stopping('SIGTERM');
    const exit = once(service.process, 'exit');
    service.process.kill('SIGTERM');
    expect(await exit).toEqual([130, null]);
    await underWay.ended;
    expect(service.output()).not.toContain('Stopped.');
  });

  it('waits for nobody who sends nothing more', async () => {
    await stopping('SIGINT');
    const [status] = (await once(service.process, 'exit')) as [number];
    expect(status).toBe(0);
    await underWay.ended;
  });
});
