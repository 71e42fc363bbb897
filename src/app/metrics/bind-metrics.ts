import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { Metrics } from '../../core/ports/metrics.js';

/**
 * Has `/metrics` answer whoever brings the token, without asking the database who that is: figures are wanted most while it is away. Anybody
 * else goes on to the guards. To be called before the routes are added.
 */
export function bindMetrics(fastify: FastifyInstance, token: string, metrics: Metrics): void {
  const expected = digestOf(`Bearer ${token}`);
  const answer: onRequestAsyncHookHandler = async (request, reply) => {
    const given = request.headers.authorization;
    if (given === undefined || !timingSafeEqual(digestOf(given), expected)) return;
    await reply.type(metrics.contentType).send(await metrics.text());
  };
  fastify.addHook('onRoute', (route) => {
    if (route.url === '/metrics') route.onRequest = [route.onRequest ?? [], answer].flat();
  });
}

// Of equal length, whatever was sent.
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
