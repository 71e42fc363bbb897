import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endBuiltServices, startBuiltService, type BuiltService } from '../support/built-service.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

const PASSWORD = 'a phrase that is nowhere else';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}

describe('the traces', () => {
  let collector: Server;
  let database: TestDatabase;
  let service: BuiltService;
  const bodies: string[] = [];
  const spans = (): Span[] =>
    bodies.flatMap((body) =>
      (JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }).resourceSpans.flatMap((resource) =>
        resource.scopeSpans.flatMap((scope) => scope.spans),
      ),
    );

  beforeAll(async () => {
    collector = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        if (request.url === '/v1/traces') bodies.push(body);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    database = await createTestDatabase();
    service = await startBuiltService({
      DATABASE_URL: database.databaseUrl,
      CASTELLAN_ADMIN_PASSWORD: PASSWORD,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
      OTEL_SERVICE_NAME: 'authorization',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    });
  });
  afterAll(async () => {
    endBuiltServices();
    collector.close();
    await database.drop();
  });

  it('go on from the caller, through the decision and the statements, by name and without a value', async () => {
    const answer = await fetch(`${service.address}/access/v1/evaluation?secret=in-the-query`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${btoa(`admin:${PASSWORD}`)}`,
        traceparent: `00-${TRACE}-${PARENT}-01`,
      },
      body: JSON.stringify({
        subject: { type: 'user', id: 'a-subject' },
        action: { name: 'view' },
        resource: { type: 'user', id: 'an-object' },
      }),
    });
    expect(answer.status).toBe(200);
    const ofRequest = (): Span[] => spans().filter(({ traceId }) => traceId === TRACE);
    while (!ofRequest().some(({ name }) => name === 'POST /access/v1/evaluation')) await pause(50);

    const root = ofRequest().find(({ parentSpanId }) => parentSpanId === PARENT);
    expect(root?.name).toBe('POST /access/v1/evaluation');
    const below = ofRequest().filter(({ parentSpanId }) => parentSpanId === root?.spanId);
    const names = below.map(({ name }) => name);
    expect(names).toContain('decide');
    expect(names.some((name) => name.startsWith('castellan_'))).toBe(true);
    expect(ofRequest()).toHaveLength(below.length + 1);
    const said = bodies.join('');
    expect(said).toContain('"authorization"');
    expect(said).not.toMatch(/a-subject|an-object|in-the-query|SELECT .*FROM/);
    expect(said).not.toContain(PASSWORD);
    const lineOf = (route: string): string | undefined =>
      service
        .output()
        .split('\n')
        .slice(0, -1)
        .find((each) => each.includes(route));
    while (lineOf('/access/v1/evaluation') === undefined) await pause(50);
    expect(JSON.parse(lineOf('/access/v1/evaluation') ?? '')).toMatchObject({ trace_id: TRACE, status: 200 });
  });

  it('hold together what one request asked, also while many ask at once', async () => {
    const ask = async (n: number): Promise<string[]> => {
      const trace = n.toString(16).padStart(32, 'a');
      const { status } = await fetch(`${service.address}/api/v1/users/admin`, {
        headers: { authorization: `Basic ${btoa(`admin:${PASSWORD}`)}`, traceparent: `00-${trace}-${PARENT}-01` },
      });
      // On a busy machine some may be refused before anything is decided.
      return status === 200 ? [trace] : [];
    };
    const traces = (await Promise.all(Array.from({ length: 40 }, (_, n) => ask(n)))).flat();
    expect(traces.length).toBeGreaterThan(1);
    const rootOf = (trace: string) => spans().find((span) => span.traceId === trace && span.parentSpanId === PARENT);
    while (!traces.every(rootOf)) await pause(50);
    for (const trace of traces) {
      const root = rootOf(trace);
      const others = spans().filter((span) => span.traceId === trace && span.spanId !== root?.spanId);
      expect(others.map(({ name }) => name)).toContain('decide');
      for (const { parentSpanId } of others) expect(parentSpanId).toBe(root?.spanId);
    }
  });

  it('are sent before the service ends', async () => {
    await fetch(`${service.address}/health/live`, { headers: { traceparent: `00-${'b'.repeat(32)}-${PARENT}-01` } });
    expect(await service.stop()).toBe(0);
    expect(spans().map(({ traceId }) => traceId)).toContain('b'.repeat(32));
  });
});
