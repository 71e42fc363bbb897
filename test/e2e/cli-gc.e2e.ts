import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { castellan } from '../support/castellan-command.js';
import { contentsOf } from '../support/contents.js';
import { openPolicyDatabase, type PolicyDatabase } from '../support/policy-database.js';

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();

const world = `
types: [{ id: doc }]
users: [{ username: alice }]
roles: [{ id: reader, rules: [doc:view] }]
objects: [{ type: doc, id: one }]
assignments:
  - { subject: user:alice, role: reader }
  - { subject: user:alice, role: reader, object: doc:one, expiresAt: "${daysAgo(40)}" }
  - { subject: user:alice, role: reader, object: doc:one, expiresAt: "${daysAgo(10)}" }
grants:
  - { subject: user:alice, permission: doc:view, object: doc:one }
  - { subject: user:alice, permission: doc:change, object: doc:one, expiresAt: "2999-01-01T00:00:00Z" }
  - { subject: user:alice, permission: doc:change, object: doc:one, condition: { resource.a: 1 }, fields: [b, a], effect: deny, startsAt: "2020-01-01T00:00:00Z", expiresAt: "${daysAgo(31)}" }
  - { subject: user:alice, permission: doc:change, expiresAt: "${daysAgo(29)}" }
`;

describe('castellan gc', () => {
  let database: PolicyDatabase;
  const url = (): string => database.store.database.options.url;
  const gc = (...args: string[]) => castellan({ DATABASE_URL: url() }, ['gc', ...args]);
  const changes = () =>
    database.rows(
      `SELECT actor_type || ':' || actor_id AS actor, action, before, after FROM castellan.changes WHERE action LIKE '%.delete' ORDER BY id`,
    );

  beforeAll(async () => {
    database = await openPolicyDatabase();
    await database.apply(world);
    await database.rows(`
      INSERT INTO castellan.tokens (id, subject_id, name, hash, expires_at, permissions)
        SELECT gen_random_uuid(), s.id, q.name, q.name, q.expires_at, q.permissions FROM castellan.subjects s,
          (VALUES ('old', now() - interval '40 days', ARRAY['doc:view']), ('fresh', now() + interval '1 day', NULL), ('forever', NULL, NULL)) q(name, expires_at, permissions)
        WHERE s.external_id = 'alice';
      INSERT INTO castellan.sessions (sid, sess, expire, subject_id)
        SELECT q.sid, '{}', q.expire, s.id FROM castellan.subjects s, (VALUES ('ended', now() - interval '1 second'), ('open', now() + interval '1 hour')) q(sid, expire)
        WHERE s.external_id = 'alice';
      INSERT INTO castellan.sign_in_attempts (key, counted, since, expires_at)
        VALUES ('past', 1, now(), now() - interval '1 second'), ('counted', 1, now(), now() + interval '1 hour');
      INSERT INTO castellan.imports (source, size, rows, digest, rejected, rejects_size, counts, updated_at)
        VALUES ('left', 1, 1, '', 0, 0, '{}', now() - interval '31 days'), ('goes on', 1, 1, '', 0, 0, '{}', now())`);
  });
  afterAll(() => database.close());

  it('tells what it would remove, and removes nothing, with --dry-run', async () => {
    const before = await contentsOf(url());
    expect(await gc('--dry-run')).toEqual({
      status: 0,
      stdout: [
        'would remove expired grants: 1',
        'would remove expired assignments: 1',
        'would remove expired tokens: 1',
        'would remove ended sessions: 1',
        'would remove counts of sign-ins: 1',
        'would remove records of imports that were left alone: 1',
        '',
      ].join('\n'),
      stderr: '',
    });
    expect(await contentsOf(url())).toEqual(before);
  });

  it('removes what has expired for thirty days, and tells of each as of any other deletion', async () => {
    const stood = await database.rows(
      `SELECT action, after FROM castellan.changes WHERE action IN ('grant.create', 'assignment.create') ORDER BY id`,
    );
    const ended = await gc('--json');
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(ended.stdout)).toEqual({
      dryRun: false,
      olderThanDays: 30,
      removed: { grants: 1, assignments: 1, tokens: 1, sessions: 1, signInAttempts: 1, imports: 1 },
    });
    const rows = await changes();
    expect(rows.map(({ actor, action, after }) => [actor, action, after])).toEqual([
      ['operator:cli', 'grant.delete', null],
      ['operator:cli', 'assignment.delete', null],
      ['operator:cli', 'token.delete', null],
    ]);
    // As they were told of when they were made.
    const [grant, assignment, token] = rows.map(({ before }) => before);
    expect(stood.map(({ after }) => after)).toEqual(expect.arrayContaining([grant, assignment]));
    expect(token).toMatchObject({ name: 'old', user: 'alice', permissions: ['doc:view'] });
    expect(Object.keys(token as object).toSorted()).toEqual([
      'createdAt',
      'expiresAt',
      'id',
      'name',
      'permissions',
      'user',
    ]);
    expect(await database.rows('SELECT count(*)::int AS n FROM castellan.grants')).toEqual([{ n: 3 }]);
    expect(await database.rows('SELECT sid FROM castellan.sessions')).toEqual([{ sid: 'open' }]);
    expect(await database.rows('SELECT key FROM castellan.sign_in_attempts')).toEqual([{ key: 'counted' }]);
    expect(await database.rows('SELECT name FROM castellan.tokens ORDER BY name')).toEqual([
      { name: 'forever' },
      { name: 'fresh' },
    ]);
    expect(await database.rows('SELECT source FROM castellan.imports')).toEqual([{ source: 'goes on' }]);
    expect(await database.integrity()).toEqual([]);
  });

  it('goes by --older-than, leaves what has not expired, and then has nothing to do', async () => {
    expect((await gc('--older-than', '0')).stdout).toBe(
      'removed expired grants: 1\nremoved expired assignments: 1\nremoved records of imports that were left alone: 1\n',
    );
    expect((await gc('--older-than', '0')).stdout).toBe('There is nothing to remove.\n');
    expect(await database.rows('SELECT count(*)::int AS n FROM castellan.grants')).toEqual([{ n: 2 }]);
    expect(await database.rows('SELECT count(*)::int AS n FROM castellan.assignments')).toEqual([{ n: 1 }]);
    expect(await changes()).toHaveLength(5);
    expect((await gc('--older-than', 'soon')).status).toBe(64);
  });
});
