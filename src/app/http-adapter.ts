import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { bindAuthzen } from '../api/access/http-binding.js';
import { registerSessions, type SessionOptions } from '../auth/register-sessions.js';
import { CastellanError } from '../core/errors.js';
import { refuseBadMessage, refuseBadPath, type Headers } from './early-refusals.js';
import type { Operations } from './operations.js';
import { parseStrictJson } from './strict-json.js';

const KIB = 1024;
const BODY_LIMIT = 64 * KIB;
const BATCH_BODY_LIMIT = 1024 * KIB;
const BATCH_ROUTES: ReadonlySet<string> = new Set(['/api/v1/grants/batch', '/access/v1/evaluations']);
const HEADER_LIMIT = 16 * KIB;
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

/** The headers that every answer has; HSTS among them where browsers come by HTTPS. */
export function headersOfAnswers(https: boolean): Headers {
  return https ? { ...HEADERS, ...HEADERS_BEHIND_TLS } : HEADERS;
}

/** Makes the HTTP server that Nest answers on: its limits, how it reads bodies, and the headers that every answer has. */
export async function createHttpAdapter(
  sessions: SessionOptions,
  https: boolean,
  trustedProxies: readonly string[] = [],
  operations?: Operations,
): Promise<FastifyAdapter> {
  const headers = headersOfAnswers(https);
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    // By default nobody's: whoever connects could name any address, and be counted under another with each request.
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    requestTimeout: 8000,
    keepAliveTimeout: 5000,
    forceCloseConnections: 'idle',
    // What comes while the service stops is refused by what watches the requests, in the form of every other refusal.
    return503OnClosing: false,
    // Node closes slow requests only when it looks for them.
    http: { headersTimeout: 5000, connectionsCheckingInterval: 1000, maxHeaderSize: HEADER_LIMIT },
    // An id that is too long is refused by name, like every other that can't be one; no path is longer than this.
    routerOptions: { maxParamLength: HEADER_LIMIT, ignoreTrailingSlash: false, caseSensitive: true },
    requestIdHeader: false,
    genReqId: (request: IncomingMessage) => requestId(request.headers['x-request-id']),
    frameworkErrors: refuseBadPath(headers),
    clientErrorHandler: refuseBadMessage(headers),
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  operations?.bind(fastify);
  readBodiesStrictly(fastify);
  fastify.addHook('onRoute', (route) => {
    if (BATCH_ROUTES.has(route.url)) route.bodyLimit = BATCH_BODY_LIMIT;
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(headers).header('x-request-id', request.id);
    done();
  });
  bindAuthzen(fastify);
  await registerSessions(fastify, sessions);
  return adapter;
}

function readBodiesStrictly(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  for (const type of ['application/json', 'application/merge-patch+json']) {
    fastify.addContentTypeParser(type, { parseAs: 'buffer' }, (request, body, done) => {
      try {
        requireNotEncoded(request.headers['content-encoding']);
        done(null, parseStrictJson(body as Buffer));
      } catch (error) {
        done(error as Error);
      }
    });
  }
}

// Nothing is inflated; read as it is, a body could say one thing here and another to a proxy that does inflate it.
function requireNotEncoded(encoding: string | undefined): void {
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new CastellanError('unsupported_media_type', 'Send the body as it is, without a Content-Encoding.');
}

// The caller's own id is taken where it can do no harm in a header or a log line.
function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}
