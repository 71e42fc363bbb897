import type { FastifyInstance, onRequestHookHandler, onSendHookHandler } from 'fastify';
import { CastellanError } from '../../core/errors.js';

const API = '/access/v1/';
const METADATA = '/.well-known/authzen-configuration';
const BEYOND_ASCII = /[\u0080-\u00ff]/;
const JSON_TYPE = /^application\/json[\t ]*(?:;|$)/i;

/**
 * Makes a server's AuthZEN routes keep to the HTTP of the standard where the rest of the service does otherwise: whatever
 * is not JSON is answered with 400, and a request's id is given back whatever it is. To be called before the routes are added.
 *
 * @see https://openid.net/specs/authorization-api-1_0.html
 */
export function bindAuthzen(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const isApi = route.url.startsWith(API);
    if (!isApi && !route.url.startsWith(METADATA)) return;
    route.onRequest = [route.onRequest ?? [], giveBackId, ...(isApi ? [requireJson] : [])].flat();
    route.onSend = [route.onSend ?? [], keepHeadersApart].flat();
  });
}

// The service itself goes by an id that can do no harm in a log.
const giveBackId: onRequestHookHandler = (request, reply, done) => {
  const given = request.headers['x-request-id'];
  if (typeof given === 'string' && given !== '') void reply.header('x-request-id', given);
  done();
};

// Node writes headers and a text in one piece, as UTF-8, and so each byte of an id that is not ASCII as two.
const keepHeadersApart: onSendHookHandler = (_request, reply, payload, done) => {
  const apart = typeof payload === 'string' && BEYOND_ASCII.test(String(reply.getHeader('x-request-id')));
  done(null, apart ? Buffer.from(payload) : payload);
};

const requireJson: onRequestHookHandler = (request, reply, done) => {
  const { 'content-type': type, 'content-encoding': encoding } = request.headers;
  const isJson = type !== undefined && JSON_TYPE.test(type);
  if (isJson && (encoding === undefined || encoding.toLowerCase() === 'identity')) return done();
  // The body stays unread.
  void reply.header('connection', 'close');
  const fault = isJson
    ? 'Content-Encoding: send the body as it is.'
    : 'Content-Type: send the body as application/json.';
  done(new CastellanError('malformed_request', fault));
};
