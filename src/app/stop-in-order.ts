import { setTimeout as pause } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Operations } from './operations.js';

// Together below ten seconds, after which orchestrators kill.
const FINISH_MS = 8000;
const CLOSE_MS = 750;

/**
 * Stops a service that listens: readiness turns 503 and whatever comes is turned away, the requests under way are answered, and then it closes. What
 * is not done in time is cut off.
 */
export async function stopInOrder(app: NestFastifyApplication): Promise<void> {
  await within(FINISH_MS, app.get(Operations).stop());
  const closing = app.close();
  if (await within(CLOSE_MS, closing)) return;
  app.getHttpServer().closeAllConnections();
  await within(CLOSE_MS, closing);
}

/** Whether the work was done in the time; it goes on if it was not. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const done = new AbortController();
  const late = pause(ms, false, { signal: done.signal }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    done.abort();
  }
}
