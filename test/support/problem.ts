import type supertest from 'supertest';
import { expect } from 'vitest';
import { ERRORS, type ErrorCode } from '../../src/core/errors.js';
import type { RawAnswer } from './raw-request.js';

// What only the inside of the service has words for.
const INSIDE =
  /\bat \S+ \(|node_modules|\.[jt]s:\d|\bSELECT\b|\bINSERT\b|\bcastellan\.\w|prisma|postgres|fastify|FST_ERR|zod/i;

/** What a refusal must be: the code, and (where the request has a fault that can be named) a path in it. */
export interface Refusal {
  readonly code: ErrorCode;
  /** The path itself, or one that leads through it. */
  readonly path?: string;
}

/** Expects a refusal in the one form that all have, which gives away nothing of the inside. */
export function expectProblem(answer: RawAnswer, { code, path }: Refusal, about = ''): void {
  const { status, title } = ERRORS[code];
  expect(answer.json, about).toMatchObject({ type: `urn:castellan:error:${code}`, title, status, code });
  expect(answer.status, about).toBe(status);
  expect(answer.headers['content-type'], about).toBe('application/problem+json; charset=utf-8');
  expect(answer.text, about).not.toMatch(INSIDE);
  // A body that is echoed could be of any size.
  expect(answer.text.length, about).toBeLessThan(8000);
  if (path === undefined) return;
  const { detail, errors = [] } = answer.json as { detail: string; errors?: { path: string; message: string }[] };
  const named = errors.filter((fault) => fault.path === path || fault.path.startsWith(`${path}.`));
  expect(named, `${about} must name ${path}: ${answer.text}`).not.toEqual([]);
  expect(detail, about).toContain(path);
}

/** Expects the request to be refused by this code, naming the path if there is one to name. */
export async function expectRefusal(request: supertest.Test, code: ErrorCode, path?: string): Promise<void> {
  const { status, body } = await request;
  const named = path === undefined ? {} : { errors: [{ path }] };
  expect(body).toMatchObject({ status: ERRORS[code].status, code, ...named });
  expect(status).toBe(ERRORS[code].status);
}
