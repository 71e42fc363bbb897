import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { registerSessions, type SessionOptions } from '../auth/register-sessions.js';
import { parseStrictJson } from './strict-json.js';

const KIB = 1024;
const BODY_LIMIT = 64 * KIB;
const BATCH_BODY_LIMIT = 1024 * KIB;
const BATCH_ROUTES: ReadonlySet<string> = new Set(['/api/v1/grants/batch']);
// 256 characters of four bytes, each byte written as %XX.
const LONGEST_PARAM = 256 * 4 * 3;
// The answers are JSON for programs: no page may frame, run or keep them.
const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
const HEADERS_BEHIND_TLS: Readonly<Record<string, string>> = {
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
};
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** Makes the HTTP server that Nest answers on: its limits, how it reads bodies, and the headers that every answer has. */
export async function createHttpAdapter(sessions: SessionOptions, https: boolean): Promise<FastifyAdapter> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    requestTimeout: 8000,
    keepAliveTimeout: 5000,
    forceCloseConnections: 'idle',
    // Node closes slow requests only when it looks for them.
    http: { headersTimeout: 5000, connectionsCheckingInterval: 1000, maxHeaderSize: 16 * KIB },
    routerOptions: { maxParamLength: LONGEST_PARAM, ignoreTrailingSlash: false, caseSensitive: true },
    requestIdHeader: false,
    genReqId: (request: IncomingMessage) => requestId(request.headers['x-request-id']),
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  const headers = https ? { ...HEADERS, ...HEADERS_BEHIND_TLS } : HEADERS;
  readBodiesStrictly(fastify);
  fastify.addHook('onRoute', (route) => {
    if (BATCH_ROUTES.has(route.url)) route.bodyLimit = BATCH_BODY_LIMIT;
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(headers).header('x-request-id', request.id);
    done();
  });
  await registerSessions(fastify, sessions);
  return adapter;
}

function readBodiesStrictly(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  for (const type of ['application/json', 'application/merge-patch+json']) {
    fastify.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => {
      try {
        done(null, parseStrictJson(body as Buffer));
      } catch (error) {
        done(error as Error);
      }
    });
  }
}

// The caller's own id is taken where it can do no harm in a header or a log line.
function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}
