import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { castellan } from '../support/castellan-command.js';
import { explainAs, startExplainedService } from '../support/explained-world.js';
import type { TestService } from '../support/service.js';

describe('castellan explain', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startExplainedService();
  });
  afterAll(() => service.stop());

  const run = (...args: string[]) => castellan({ DATABASE_URL: service.databaseUrl }, ['explain', ...args]);

  it('prints the verdict, and each rule with the way to it; and exits as check does', async () => {
    const allowed = await run('user:alice', 'view', 'doc:plan');
    expect(allowed).toMatchObject({ status: 0, stderr: '' });
    expect(allowed.stdout.replaceAll(/rule \d+/g, 'rule 1')).toBe(
      [
        'allow: user:alice may view doc:plan, by the mode union.',
        'What counted:',
        '└─ allow on folder:top',
        '   user:alice → group:all → role:editor → role:reader → doc:view, by rule 1 of the role',
        '',
      ].join('\n'),
    );
    const denied = await run('user:dave', 'change', 'doc:plan');
    expect(denied).toMatchObject({ status: 1, stderr: '' });
    expect(denied.stdout.replaceAll(/grant [\da-f-]{36}/g, 'grant 1')).toBe(
      [
        'deny: user:dave may not change doc:plan: no rule allows it.',
        'What nearly did:',
        '├─ allow everywhere: its condition is false because subject.level = 1, for {"$gte":2}',
        '│  user:dave → doc:change, by the grant 1',
        '│  where {"subject.level":{"$gte":2}}',
        '└─ allow on doc:plan: its condition is false because resource.salary = 7, for {"$lt":5}',
        '   user:dave → doc:change, by the grant 1',
        '   where {"resource.salary":{"$lt":5}}',
        '',
      ].join('\n'),
    );
  });

  it('prints with --json what a superuser is told over HTTP', async () => {
    const { status, stdout } = await run('user:erin', 'view', 'doc:plan', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual(await explainAs(service.as('admin'), 'user:erin', 'doc:view', 'doc:plan'));
  });

  it('is about no object in particular where a type stands alone, and says what is not known', async () => {
    const { status, stdout } = await run('user:alic', 'add', 'doc');
    expect([status, stdout]).toEqual([
      1,
      'deny: user:alic may not add doc (no object in particular): no rule allows it.\nThere is no user:alic: it holds what anyone holds.\n',
    ]);
    expect(await run('alice', 'add', 'doc')).toMatchObject({ status: 64, stdout: '' });
  });
});
