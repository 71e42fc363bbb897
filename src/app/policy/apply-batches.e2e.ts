import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPolicyDatabase, type PolicyDatabase } from '../../../test/support/policy-database.js';

const BEFORE = `
types: [{ id: folder, creatorActions: [view] }, { id: post }]
users: [{ username: alice }]
groups: [{ id: all }, { id: staff }]
roles: [{ id: reader }, { id: editor }]
objects: [{ type: folder, id: top }]
grants: [{ subject: user:alice, permission: post:view, object: folder:top }]
`;
const USERS = [
  '{ username: bob, attributes: { a: 1 } }',
  '{ username: carol, superuser: true }',
  '{ id: d, username: dave, active: false, password: correct horse }',
];
const MEMBERS = ['user:bob', 'user:carol', 'user:d'];
const OBJECTS = [
  '{ type: folder, id: a, parent: folder:top, creator: user:alice }',
  '{ type: post, id: "2", parent: folder:top, attributes: { n: 2 } }',
  '{ type: folder, id: c, creator: user:bob }',
  '{ type: post, id: "4", parent: folder:a, creator: user:bob }',
  '{ type: post, id: "5", parent: folder:c }',
];
const ASSIGNMENTS = [
  '{ subject: user:bob, role: reader, object: folder:a }',
  '{ subject: group:staff, role: editor, startsAt: 2000-01-01T00:00:00Z }',
  '{ subject: user:bob, role: reader, object: folder:a }',
];

describe('many entries at once', () => {
  let policies: PolicyDatabase[];

  beforeEach(async () => {
    policies = [await openPolicyDatabase(), await openPolicyDatabase()];
    for (const one of policies) await one.apply(BEFORE);
  });
  afterEach(() => Promise.all(policies.map((one) => one.close())));

  const EXPECTED_TABLES = `SELECT
    (SELECT jsonb_agg(jsonb_build_array(s.type, s.external_id, s.username, s.active, s.superuser, s.attributes, s.from_file) ORDER BY s.id)
      FROM castellan.subjects s) AS subjects,
    (SELECT jsonb_agg(jsonb_build_array(o.external_id, p.external_id, o.attributes, o.from_file) ORDER BY o.type_id, o.id)
      FROM castellan.objects o LEFT JOIN castellan.objects p ON p.id = o.parent_id) AS objects,
    (SELECT jsonb_agg(jsonb_build_array(s.external_id, p.type_id, p.action, o.external_id, g.reaches_below, g.from_file)
        ORDER BY s.external_id, o.external_id, p.id)
      FROM castellan.grants g JOIN castellan.subjects s ON s.id = g.subject_id JOIN castellan.permissions p ON p.id = g.permission_id
      LEFT JOIN castellan.objects o ON o.id = g.object_id) AS grants,
    (SELECT jsonb_agg(jsonb_build_array(s.external_id, o.external_id, a.starts_at, a.from_file) ORDER BY s.external_id)
      FROM castellan.assignments a JOIN castellan.subjects s ON s.id = a.subject_id LEFT JOIN castellan.objects o ON o.id = a.object_id) AS assignments,
    (SELECT count(*) FROM castellan.effective_memberships) AS memberships, (SELECT count(*) FROM castellan.ancestry) AS ancestry,
    (SELECT jsonb_agg(jsonb_build_array(c.action, CASE WHEN c.target_type <> 'grant' THEN c.target_id END, c.before, c.after - 'id')
        ORDER BY c.action, c.target_id, c.after - 'id') FROM castellan.changes c WHERE c.action NOT LIKE 'assignment%') AS trail`;

  it('are made as they are one by one', async () => {
    const [together, apart] = policies;
    await together?.apply(`
users: [${USERS.join(', ')}]
groups: [{ id: all, members: [group:staff] }, { id: staff, members: [${MEMBERS.join(', ')}] }]
objects: [${OBJECTS.join(', ')}]
assignments: [${ASSIGNMENTS.join(', ')}]
`);
    // In the order in which those of one file are made: superusers first.
    const inTurn = [
      ...[1, 0, 2].map((n) => `users: [${USERS[n] ?? ''}]`),
      'groups: [{ id: all, members: [group:staff] }]',
      ...MEMBERS.map((member) => `groups: [{ id: staff, members: [${member}] }]`),
      ...OBJECTS.map((object) => `objects: [${object}]`),
      ...ASSIGNMENTS.map((assignment) => `assignments: [${assignment}]`),
    ];
    for (const text of inTurn) await apart?.apply(text);
    const [made, expected] = await Promise.all(policies.map((one) => one.rows(EXPECTED_TABLES)));
    expect(made).toEqual(expected);
    expect(await together?.integrity()).toEqual([]);
    expect(await together?.may('alice', 'view', 'post', '4')).toBe(true);
  });

  it('name the one that can not be had', async () => {
    const [one] = policies;
    const refusal = async (text: string): Promise<unknown> => {
      const { code, path } = (await one?.refusal(text)) ?? {};
      return { code, path };
    };
    expect(await refusal(`users: [${USERS.join(', ')}, { id: x, username: bob }]`)).toEqual({
      code: 'already_exists',
      path: 'users.3.username',
    });
    expect(await refusal('groups: [{ id: staff, members: [user:alice, user:nobody, user:none] }]')).toEqual({
      code: 'unknown_reference',
      path: 'groups.0.members.1',
    });
    expect(await refusal(`objects: [${OBJECTS.join(', ')}]`)).toEqual({
      code: 'unknown_reference',
      path: 'objects.2.creator',
    });
    expect(
      await refusal(
        'objects: [{ type: post, id: a }, { type: post, id: b, parent: post:none }, { type: folder, id: c }]',
      ),
    ).toEqual({
      code: 'unknown_reference',
      path: 'objects.1.parent',
    });
    expect(
      await refusal('assignments: [{ subject: user:alice, role: reader }, { subject: user:alice, role: none }]'),
    ).toEqual({
      code: 'unknown_reference',
      path: 'assignments.1.role',
    });
    expect(await one?.rows(`SELECT 1 FROM castellan.subjects WHERE type = 'user' AND external_id <> 'alice'`)).toEqual(
      [],
    );
  });
});
