import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operator } from '../../src/core/caller.js';
import { startTestService, type TestService } from '../support/service.js';

describe('a change of the own password', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService();
    await service.addUser('alice');
  });
  afterAll(() => service.stop());

  it('does not undo a password that was set between the proof of the old one and the write', async () => {
    const known = await service.store.credentials.findByUsername('alice');
    const author = operator('test', 'test');
    await service.arrange((unit) => unit.users.update('alice', { passwordHash: 'set by an administrator' }));
    const late = service.store.writes.write(author, 'structure', (unit) =>
      unit.users.update('alice', {
        passwordHash: 'set by who knew the old one',
        ifCredentialVersion: known?.version ?? '',
      }),
    );
    await expect(late).rejects.toMatchObject({ code: 'invalid_credentials' });
    const standing = await service.store.credentials.findByUsername('alice');
    expect(standing?.passwordHash).toBe('set by an administrator');
  });
});
