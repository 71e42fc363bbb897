import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CastellanError } from '../core/errors.js';
import { problemOf } from '../nest/problem.filter.js';

// What is refused before there is a route has passed no hook and no filter: nobody else would give it its form.
const PROBLEM = 'application/problem+json; charset=utf-8';

export type Headers = Readonly<Record<string, string>>;

/** Answers a request without looking at it. */
export type Refusal = (request: Pick<FastifyRequest, 'id'>, reply: FastifyReply) => void;

/** Answers requests whose path can't be decoded (`%zz`). */
export function refuseBadPath(headers: Headers) {
  return (_error: Error, request: Pick<FastifyRequest, 'id'>, reply: FastifyReply): void => {
    const problem = problemOf(new CastellanError('malformed_request', 'The path can not be decoded: check its %XX.'));
    void reply
      .headers({ ...headers, 'x-request-id': request.id })
      .type(PROBLEM)
      .code(problem.status)
      .send(problem);
  };
}

/** Refuses requests with 503 and as little work as can be: what is answered is put together once. */
export function refuseAtOnce(headers: Headers, detail: string): Refusal {
  const problem = problemOf(new CastellanError('overloaded', detail));
  const body = Buffer.from(JSON.stringify(problem));
  const head = { ...headers, 'content-type': PROBLEM, 'content-length': String(body.length), 'retry-after': '1' };
  return (request, reply) => {
    reply.hijack();
    reply.raw.writeHead(problem.status, { ...head, 'x-request-id': request.id });
    reply.raw.end(body);
  };
}

/** Answers a request whose handler has not answered yet; what that may still send is dropped. */
export function answerWith(error: CastellanError, reply: FastifyReply): void {
  const problem = problemOf(error);
  void reply.header('retry-after', '1').type(PROBLEM).code(problem.status).send(JSON.stringify(problem));
}

/** Answers what is no HTTP, has more headers than fit or does not come in whole in time; the connection ends with it. */
export function refuseBadMessage(headers: Headers) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    if (socket.writable) {
      const problem = problemOf(faultOfMessage(error.code));
      const body = JSON.stringify(problem);
      const lines = Object.entries({
        ...headers,
        'content-type': PROBLEM,
        'content-length': Buffer.byteLength(body),
        connection: 'close',
      }).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`);
    }
    socket.destroy(error);
  };
}

function faultOfMessage(code: string | undefined): CastellanError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new CastellanError('too_large', 'The path and headers are larger than the service takes.');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new CastellanError('malformed_request', 'The request did not come in whole in time.');
  }
  return new CastellanError('malformed_request', 'The request is not HTTP.');
}
