import { expect } from 'vitest';
import type { CertifiedService } from './certified-service.js';

/** Expects the answer to an evaluation to be this decision, and nothing more. */
export async function expectDecision(service: CertifiedService, body: object, decision: boolean): Promise<void> {
  const answer = await service.ask('evaluation', body).expect(200, { decision });
  expect(answer.headers['content-type']).toMatch(/^application\/json\b/);
}

/** Expects the answer to several evaluations to be these decisions, and nothing more. */
export async function expectDecisions(service: CertifiedService, body: object, decisions: boolean[]): Promise<void> {
  const answer = await service.ask('evaluations', body).expect(200);
  expect(answer.headers['content-type']).toMatch(/^application\/json\b/);
  expect(answer.body).toEqual({ evaluations: decisions.map((decision) => ({ decision })) });
}

/** Expects a search to find these, in this order, on one page. */
export async function expectFound(
  service: CertifiedService,
  search: string,
  body: object,
  results: object[],
): Promise<void> {
  const answer = await service.ask(`search/${search}`, body).expect(200);
  expect(answer.headers['content-type']).toMatch(/^application\/json\b/);
  expect(answer.body).toEqual({ page: { next_token: '', count: results.length }, results });
}

/** Expects the request to be refused as a bad one. */
export async function expectBadRequest(service: CertifiedService, route: string, body: object | string): Promise<void> {
  const answer = await service.ask(route, body).expect(400);
  expect(answer.body).toMatchObject({ status: 400, code: 'malformed_request' });
}
