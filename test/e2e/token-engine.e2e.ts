import { Controller, Get } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RemoteEngine } from '../../src/embed/remote-engine.js';
import { Resource } from '../../src/nest/route-policy.js';
import { plantDocuments } from '../support/embedding/documents-world.js';
import { PLATFORMS, startGuardedApp } from '../support/embedding/guarded-app.js';
import { startTestService, type TestService } from '../support/service.js';
import { addressOf } from '../support/service-client.js';

@Resource('document')
@Controller('documents')
class DocumentsController {
  @Get(':id')
  show(): string {
    return 'shown';
  }
}

const tokens = '/api/v1/users/gateway/tokens';
const alice = { type: 'user', id: 'alice' };
const document = (id: string) => ({ type: 'document', id });
const question = (id: string) => ({
  subject: alice,
  permission: { type: 'document', action: 'view' },
  object: document(id),
});

let service: TestService;
let url: string;
let id: string;
let token: string;

beforeAll(async () => {
  service = await startTestService();
  await plantDocuments(service);
  url = addressOf(service);
});
afterAll(() => service.stop());
beforeEach(async () => {
  ({ id, token } = (await service.as('gateway').post(tokens).send({ name: 'the app' }).expect(201)).body);
});

describe('an app that asks a service by a token', () => {
  it.each(PLATFORMS)('guards its routes, until the token is deleted (%s)', async (platform) => {
    const app = await startGuardedApp({ platform, controllers: [DocumentsController], authz: { url, token } });
    try {
      expect((await app.send('GET', '/documents/1', { as: 'alice' })).status).toBe(200);
      expect((await app.send('GET', '/documents/1', { as: 'bob' })).status).toBe(404);
      await service.as('gateway').delete(`${tokens}/${id}`).expect(204);
      const answer = await app.send('GET', '/documents/1', { as: 'alice' });
      expect([answer.status, answer.body.code]).toEqual([503, 'database_unavailable']);
      expect(answer.text).not.toContain(token);
    } finally {
      await app.stop();
    }
  });

  it('asks all that an engine can be asked', async () => {
    const engine = new RemoteEngine({ url, token, timeout: 30_000 });
    const decisions = await engine.decideAll([question('1'), question('MiXed'), question('9')]);
    expect(decisions.map(({ allowed }) => allowed)).toEqual([true, true, false]);
    expect(await engine.actions({ subject: alice, object: document('1') })).toEqual(['view', 'change', 'publish']);
    const { items } = await engine.objects({ subject: alice, type: 'document', action: 'change', limit: 10 });
    expect(items).toEqual([document('1')]);
    expect((await engine.rulesOf({ type: 'user', id: 'edith' })).rules).not.toEqual([]);
    await service.as('gateway').delete(`${tokens}/${id}`).expect(204);
    const refused: unknown = await engine.decideAll([question('1')]).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'database_unavailable' });
    expect(String(refused) + JSON.stringify(refused)).not.toContain(token);
  });
});
