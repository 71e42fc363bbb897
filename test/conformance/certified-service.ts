import { fileURLToPath } from 'node:url';
import type supertest from 'supertest';
import { applyPolicyAsOperator } from '../../src/app/policy/operator-policy.js';
import { loadPolicyFile } from '../../src/app/policy/policy-file.js';
import type { ServiceOptions } from '../../src/app/service.js';
import { startTestService, type TestService } from '../support/service.js';

const SEED = fileURLToPath(new URL('certification.seed.yaml', import.meta.url));

/** A service that holds the fixture of the certification scenario. */
export interface CertifiedService extends TestService {
  /** Posts to a route below /access/v1, as the one who may ask anything. */
  ask(route: string, body: object | string): supertest.Test;
}

/** Everybody in it signs in with the test users' password. */
export async function startCertifiedService(options: Partial<ServiceOptions> = {}): Promise<CertifiedService> {
  const service = await startTestService(options);
  for (const username of ['alice', 'bob', 'harness']) await service.addUser(username);
  await applyPolicyAsOperator(service.store, await loadPolicyFile(SEED));
  return {
    ...service,
    ask: (route, body) =>
      service.as('harness').post(`/access/v1/${route}`).set('content-type', 'application/json').send(body),
  };
}

export const user = (id: string, properties?: object) => ({ type: 'user', id, ...(properties ? { properties } : {}) });
export const record = (id: string, properties?: object) => ({
  type: 'record',
  id,
  ...(properties ? { properties } : {}),
});
export const action = (name: string, properties?: object) => ({ name, ...(properties ? { properties } : {}) });
