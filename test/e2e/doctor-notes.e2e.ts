import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examine } from '../../src/store/doctor.js';
import { castellan } from '../support/castellan-command.js';
import { openPolicyDatabase, type PolicyDatabase } from '../support/policy-database.js';

// Whatever comes to nothing is called so; what stands beside it is of use.
const WORLD = `
types:
  - { id: doc, actions: [view, change, burn], creatorActions: [] }
users:
  - { username: alice }
  - { username: root, superuser: true }
  - { username: gone, active: false }
groups:
  - { id: full, members: [user:alice] }
  - { id: above, members: [group:full] }
  - { id: empty }
  - { id: of-gone, members: [user:gone, group:empty] }
roles:
  - id: reader
    rules: [doc:view, doc:change]
  - id: careful
    includes: [reader]
    rules:
      - doc:view
      - { permission: doc:view, condition: { resource.a: 1, resource.b: { $gt: 5, $lt: 5 } } }
      - { permission: doc:change, effect: deny }
      - doc:change
  - id: unheld
    includes: [reader]
    rules: [doc:view]
  - { id: of-nobody }
  - { id: ended }
assignments:
  - { subject: group:above, role: careful }
  - { subject: group:of-gone, role: of-nobody }
  - { subject: user:alice, role: ended, expiresAt: "2020-01-01T00:00:00Z" }
objects:
  - { type: doc, id: one }
  - { type: doc, id: two }
grants:
  - { subject: user:alice, permission: doc:view, object: doc:one }
  - { subject: user:alice, permission: doc:view, object: doc:two, expiresAt: "2020-01-01T00:00:00Z" }
  - { subject: user:gone, permission: doc:view, object: doc:one }
  - { subject: group:above, permission: doc:view, object: doc:one }
  - { subject: group:anyone, permission: doc:view, object: doc:one }
  - { subject: group:empty, permission: doc:view, object: doc:one }
  - { subject: group:of-gone, permission: doc:view, object: doc:one }
  - { subject: role:unheld, permission: doc:view, object: doc:one }
  - { subject: role:reader, permission: doc:view, object: doc:one }
  - { subject: user:alice, permission: doc:change, object: doc:one }
  - { subject: user:alice, permission: doc:change, object: doc:one, effect: deny }
  - { subject: user:alice, permission: doc:change, object: doc:two }
  - { subject: user:alice, permission: doc:change, object: doc:two, effect: deny, condition: { resource.a: 1 } }
  - { subject: user:alice, permission: doc:view, object: doc:two, condition: { action.name: change } }
  - { subject: group:full, permission: doc:change, object: doc:two }
  - { subject: group:full, permission: doc:change, object: doc:two, effect: deny, expiresAt: "2999-01-01T00:00:00Z" }
  - { subject: group:full, permission: doc:change, object: doc:one, expiresAt: "2998-01-01T00:00:00Z" }
  - { subject: group:full, permission: doc:change, object: doc:one, effect: deny, expiresAt: "2999-01-01T00:00:00Z" }
`;

const to = (holder: string, permission = 'doc:view', place = 'on doc:one'): string =>
  `grant of ${permission} to ${holder} ${place}`;

describe('the notes of the doctor', () => {
  let database: PolicyDatabase;
  const url = (): string => database.store.database.options.url;
  const told = async (): Promise<Record<string, string[]>> => {
    const { faults, notes } = await examine(url());
    expect(faults).toEqual([]);
    for (const { count, examples } of notes) expect(examples).toHaveLength(Math.min(count, 5));
    const plain = (example: string): string => example.replace(/^(grant|assignment|rule|token) \S+ /, '$1 ');
    return Object.fromEntries(notes.map(({ kind, examples }) => [kind, examples.map(plain).toSorted()]));
  };

  beforeAll(async () => {
    database = await openPolicyDatabase();
    await database.apply(WORLD);
    await database.rows(`INSERT INTO castellan.tokens (id, subject_id, name, hash, expires_at)
      SELECT gen_random_uuid(), id, 'ci', 'x', '2020-01-01' FROM castellan.subjects WHERE external_id = 'alice'`);
  });
  afterAll(() => database.close());

  it('tell what has expired and what comes to nothing, and nothing of what is of use', async () => {
    expect(await told()).toEqual({
      expired_grants: [to('user:alice', 'doc:view', 'on doc:two')],
      expired_assignments: ['assignment of role:ended to user:alice'],
      expired_tokens: ['token of user:alice'],
      grants_to_inactive: [to('user:gone')],
      grants_to_empty_groups: [to('group:empty'), to('group:of-gone')],
      grants_to_unheld_roles: [to('role:unheld')],
      unheld_roles: ['role:ended, rules: 0', 'role:of-nobody, rules: 0', 'role:unheld, rules: 1'],
      outdone_grants: [to('group:full', 'doc:change'), to('user:alice', 'doc:change')],
      outdone_rules: ['rule of role:careful, doc:change'],
      unallowed_actions: ['doc:burn'],
      never_true: [
        'grant to user:alice: {"action.name":"change"}',
        'rule of role:careful: {"resource.a":1,"resource.b":{"$gt":5,"$lt":5}}',
      ],
    });
  });

  it('tell of an allow that anyone is denied everywhere, and stop once the deny is over', async () => {
    const deny = `grants: [{ subject: group:anyone, permission: doc:view, effect: deny }]`;
    await database.apply(deny);
    const { outdone_grants, outdone_rules } = await told();
    expect(outdone_grants).toContain(to('group:above'));
    expect(outdone_rules).toContain('rule of role:reader, doc:view');
    await database.rows(`UPDATE castellan.grants SET fields = '{title}' WHERE effect = 'deny' AND object_id IS NULL`);
    expect(await examineKinds('outdone_rules')).toEqual(['rule of role:careful, doc:change']);
    await database.rows(`DELETE FROM castellan.grants WHERE effect = 'deny' AND object_id IS NULL`);
  });

  it('are printed with the first of them, and leave the exit status as it is', async () => {
    const { status, stdout, stderr } = await castellan({ DATABASE_URL: url() }, ['doctor']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(
      'note: actions are allowed by no rule and no grant: only superusers may do them: 1\n  doc:burn\n',
    );
    expect(stdout).toMatch(/\nNo faults\.\n$/);
  });

  // What was changed past the service is a fault as well.
  async function examineKinds(kind: string): Promise<string[]> {
    const { notes } = await examine(url());
    const found = notes.find((note) => note.kind === kind)?.examples ?? [];
    return found.map((example) => example.replace(/^rule \S+ /, 'rule '));
  }
});
