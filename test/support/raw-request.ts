import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PASSWORD } from './service.js';

/** A request as it goes over the wire: nothing of it is tidied up on the way. */
export interface RawRequest {
  readonly method?: string;
  /** The request target, as it is to be sent. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Whose Basic credentials go along; nobody's without one. */
  readonly as?: string | undefined;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; null where it is none. */
  readonly json: unknown;
}

/** Sends a request that no client library has normalised: supertest and `inject` resolve `..` and encode what they can. */
export function rawRequest(app: NestFastifyApplication, request: RawRequest): Promise<RawAnswer> {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const { method = 'GET', path, headers = {}, body, as } = request;
  const authorization = as === undefined ? {} : { authorization: `Basic ${btoa(`${as}:${PASSWORD}`)}` };
  const chunked = 'transfer-encoding' in headers;
  const length = body === undefined || chunked ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const outgoing = http.request(
      { host: '127.0.0.1', port, method, path, headers: { ...authorization, ...length, ...headers }, agent: false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: jsonOf(text) });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
