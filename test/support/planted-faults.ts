import type { WriteUnit } from '../../src/core/ports/writes.js';

const user = (id: string) => ({ type: 'user', id });
const group = (id: string) => ({ type: 'group', id });
const folder = (id: string) => ({ type: 'folder', id });
const doc = { type: 'doc', id: 'plan' };
const plain = { email: null, active: true, superuser: false, attributes: {} };

/** Writes a world in which everything that the doctor looks at is there, and right. */
export async function arrangeSound(unit: WriteUnit): Promise<void> {
  for (const id of ['alice', 'bob', 'root']) {
    await unit.users.create({ ...plain, id, username: id, superuser: id === 'root' });
  }
  for (const id of ['sales', 'staff', 'all']) await unit.groups.create({ id, description: null });
  await unit.groups.addMember('sales', user('alice'));
  await unit.groups.addMember('staff', group('sales'));
  await unit.groups.addMember('all', group('staff'));
  await unit.types.create({ id: 'folder', actions: ['view', 'grant'], creatorActions: ['view', 'grant'] });
  await unit.types.create({ id: 'doc', actions: ['view', 'change'], creatorActions: ['change'] });
  const rule = {
    permission: 'doc:view',
    effect: 'allow',
    condition: { 'resource.status': 'final' },
    fields: null,
  } as const;
  await unit.roles.create({ id: 'reader', description: null, rules: [rule], includes: [] });
  await unit.roles.create({ id: 'editor', description: null, rules: [], includes: ['reader'] });
  await unit.roles.create({ id: 'chief', description: null, rules: [], includes: ['editor'] });
  await unit.objects.create({ ...folder('top'), attributes: {} }, user('bob'));
  await unit.objects.create({ ...folder('middle'), attributes: {}, parent: folder('top') }, user('bob'));
  await unit.objects.create({ ...doc, attributes: {}, parent: folder('middle') }, user('bob'));
  await unit.assignments.create({ subject: group('staff'), role: 'editor', object: folder('top') });
  await unit.assignments.create({ subject: user('bob'), role: 'chief' });
  const held = { subject: user('alice'), permission: 'doc:view' };
  await unit.grants.create([
    { ...held, object: folder('top') },
    { ...held, object: folder('top'), effect: 'deny', condition: { 'resource.secret': true }, fields: ['b', 'a'] },
    { ...held, object: doc, startsAt: '2020-01-01T00:00:00Z', expiresAt: '2999-01-01T02:00:00+02:00' },
    { ...held, object: null, condition: { $or: [{ 'subject.id': 'alice' }, { 'context.now': { $gt: 'x' } }] } },
    { subject: group('anyone'), permission: 'doc:view', object: doc, fields: ['title'] },
  ]);
}

/** A way of spoiling that world past the service. */
export interface Corruption {
  /** The kind of fault that it makes. */
  readonly kind: string;
  readonly corrupt: string;
  /** One of the examples that the doctor gives. */
  readonly told: RegExp;
}

/** SQL: the internal ids of a subject, an object and a type. */
export const idOf = (type: string, id: string): string =>
  `(SELECT id FROM castellan.subjects WHERE type = '${type}' AND external_id = '${id}')`;
export const objectId = (type: string, id: string): string =>
  `(SELECT o.id FROM castellan.objects o JOIN castellan.types t ON t.id = o.type_id WHERE t.name = '${type}' AND o.external_id = '${id}')`;
export const typeId = (name: string): string => `(SELECT id FROM castellan.types WHERE name = '${name}')`;
// References and cascades are triggers: without them, rows can be left behind.
const unguarded = (statement: string): string => `SET session_replication_role = replica; ${statement}`;

const chainOf = (type: string): string =>
  `INSERT INTO castellan.subjects (type, external_id) SELECT '${type}', 'deep ' || n FROM generate_series(0, 33) n`;
const CHAIN_GONE = `DELETE FROM castellan.subjects WHERE external_id LIKE 'deep %'`;

/** What is mended so that all is as it was before. */
export const RESTORED: readonly Corruption[] = [
  {
    kind: 'effective_memberships',
    corrupt: `DELETE FROM castellan.effective_memberships WHERE member_id = ${idOf('user', 'alice')} AND group_id = ${idOf('group', 'all')}`,
    told: /^lacks user:alice in group:all$/,
  },
  {
    kind: 'effective_memberships',
    corrupt: `INSERT INTO castellan.effective_memberships (member_id, group_id) VALUES (${idOf('user', 'bob')}, ${idOf('group', 'all')})`,
    told: /^has too much: user:bob in group:all$/,
  },
  {
    kind: 'effective_inclusions',
    corrupt: `DELETE FROM castellan.effective_inclusions WHERE role_id = ${idOf('role', 'chief')} AND included_id = ${idOf('role', 'reader')}`,
    told: /^lacks role:chief in role:reader$/,
  },
  {
    kind: 'effective_inclusions',
    corrupt: `DELETE FROM castellan.effective_inclusions WHERE role_id = ${idOf('role', 'reader')}`,
    told: /^lacks role:reader in role:reader$/,
  },
  {
    kind: 'effective_inclusions',
    corrupt: `INSERT INTO castellan.effective_inclusions (role_id, included_id) VALUES (${idOf('role', 'reader')}, ${idOf('role', 'chief')})`,
    told: /^has too much: role:reader in role:chief$/,
  },
  {
    kind: 'ancestry',
    corrupt: `DELETE FROM castellan.ancestry WHERE ancestor_id = ${objectId('folder', 'top')} AND depth = 2`,
    told: /^lacks doc:plan below folder:top$/,
  },
  {
    kind: 'ancestry',
    corrupt: `INSERT INTO castellan.ancestry (descendant_id, ancestor_id, descendant_type_id, depth)
      VALUES (${objectId('folder', 'top')}, ${objectId('doc', 'plan')}, ${typeId('folder')}, 1)`,
    told: /^has too much: folder:top below doc:plan$/,
  },
  {
    kind: 'ancestry',
    corrupt: `UPDATE castellan.ancestry SET depth = 1 WHERE depth = 2`,
    told: /^has a wrong depth or type: doc:plan below folder:top$/,
  },
  {
    kind: 'ancestry',
    corrupt: `UPDATE castellan.ancestry SET descendant_type_id = ${typeId('folder')} WHERE depth = 2`,
    told: /^has a wrong depth or type: doc:plan below folder:top$/,
  },
  {
    kind: 'reaches_below',
    corrupt: `UPDATE castellan.grants SET reaches_below = false WHERE object_id = ${objectId('folder', 'middle')}`,
    told: /^grant \S+ on folder:middle does not reach below it$/,
  },
  {
    kind: 'variant',
    corrupt: `UPDATE castellan.grants SET variant = 'x' WHERE effect = 'deny'`,
    told: /^grant \S+ to user:alice is filed under another variant$/,
  },
  {
    kind: 'variant',
    corrupt: `UPDATE castellan.grants SET variant = '' WHERE expires_at IS NOT NULL`,
    told: /^grant \S+ to user:alice is filed under another variant$/,
  },
  {
    kind: 'dangling_reference',
    corrupt: unguarded(`INSERT INTO castellan.permissions (type_id, action) VALUES (4711, 'view')`),
    told: /^castellan\.permissions\.type_id names 4711, which is not in castellan\.types \(rows: 1\)$/,
  },
  {
    kind: 'dangling_reference',
    corrupt: unguarded(`INSERT INTO castellan.grants (id, subject_id, permission_id, object_id)
      SELECT gen_random_uuid(), ${idOf('user', 'alice')}, p.id, 4711 FROM castellan.permissions p WHERE p.type_id = ${typeId('doc')}`),
    told: /^castellan\.grants\.object_id names 4711, which is not in castellan\.objects \(rows: 2\)$/,
  },
  {
    kind: 'dangling_reference',
    corrupt: unguarded(
      `INSERT INTO castellan.assignments (id, subject_id, role_id) SELECT gen_random_uuid(), 4711, ${idOf('role', 'editor')}`,
    ),
    told: /^castellan\.assignments\.subject_id names 4711/,
  },
  {
    kind: 'object_of_nothing',
    corrupt: `INSERT INTO castellan.objects (type_id, external_id) VALUES (${typeId('user')}, 'ghost')`,
    told: /^user:ghost is gone, and its object is not$/,
  },
  {
    kind: 'object_of_nothing',
    corrupt: `INSERT INTO castellan.objects (type_id, external_id) VALUES (${typeId('type')}, 'ghost')`,
    told: /^type:ghost is gone, and its object is not$/,
  },
  {
    kind: 'row_without_role',
    corrupt: `INSERT INTO castellan.roles (id) VALUES (${idOf('group', 'staff')});
      INSERT INTO castellan.effective_inclusions (role_id, included_id) VALUES (${idOf('group', 'staff')}, ${idOf('group', 'staff')})`,
    told: /^group:staff is in castellan\.roles$/,
  },
];

/** What is mended by making it anew, under other surrogate ids. */
export const MADE_ANEW: readonly Corruption[] = [
  {
    kind: 'subject_without_object',
    corrupt: `DELETE FROM castellan.objects WHERE id = ${objectId('group', 'staff')}`,
    told: /^group:staff has no object$/,
  },
  {
    kind: 'type_without_object',
    corrupt: `DELETE FROM castellan.objects WHERE id = ${objectId('type', 'doc')}`,
    told: /^type:doc has no object$/,
  },
  {
    kind: 'role_without_row',
    corrupt: `DELETE FROM castellan.roles WHERE id = ${idOf('role', 'reader')}`,
    told: /^role:reader has no row$/,
  },
];

/** What a person has to decide on. */
export const LEFT: readonly (Corruption & { readonly cured: string })[] = [
  {
    kind: 'membership_circle',
    corrupt: `INSERT INTO castellan.memberships (group_id, member_id) VALUES (${idOf('group', 'sales')}, ${idOf('group', 'all')})`,
    told: /^group:(all|sales|staff) is in itself$/,
    cured: `DELETE FROM castellan.memberships WHERE member_id = ${idOf('group', 'all')}`,
  },
  {
    kind: 'inclusion_circle',
    corrupt: `INSERT INTO castellan.role_inclusions (role_id, included_id) VALUES (${idOf('role', 'reader')}, ${idOf('role', 'chief')})`,
    told: /^role:(chief|editor|reader) is in itself$/,
    cured: `DELETE FROM castellan.role_inclusions WHERE role_id = ${idOf('role', 'reader')}`,
  },
  {
    kind: 'parent_circle',
    corrupt: `UPDATE castellan.objects SET parent_id = ${objectId('folder', 'middle')} WHERE id = ${objectId('folder', 'top')}`,
    told: /^(doc:plan|folder:(middle|top)) is in a circle of parents, or below one$/,
    cured: `UPDATE castellan.objects SET parent_id = NULL WHERE id = ${objectId('folder', 'top')}`,
  },
  {
    kind: 'parents_too_deep',
    corrupt: `INSERT INTO castellan.objects (type_id, external_id) SELECT ${typeId('folder')}, 'deep ' || n FROM generate_series(0, 33) n ORDER BY n;
      UPDATE castellan.objects o SET parent_id = up.id FROM castellan.objects up
      WHERE o.external_id LIKE 'deep %' AND up.external_id = 'deep ' || substr(o.external_id, 6)::int - 1`,
    told: /^folder:deep 33 is 33 levels down$/,
    cured: `DELETE FROM castellan.objects WHERE external_id LIKE 'deep %'`,
  },
  {
    kind: 'memberships_too_deep',
    corrupt: `${chainOf('group')};
      INSERT INTO castellan.memberships (member_id, group_id) SELECT low.id, up.id FROM castellan.subjects low, castellan.subjects up
      WHERE low.external_id LIKE 'deep %' AND up.external_id = 'deep ' || substr(low.external_id, 6)::int - 1`,
    told: /^group:deep 0 is more than 32 steps up$/,
    cured: CHAIN_GONE,
  },
  {
    kind: 'inclusions_too_deep',
    corrupt: `${chainOf('role')};
      INSERT INTO castellan.roles (id) SELECT id FROM castellan.subjects WHERE external_id LIKE 'deep %';
      INSERT INTO castellan.role_inclusions (role_id, included_id) SELECT low.id, up.id FROM castellan.subjects low, castellan.subjects up
      WHERE low.external_id LIKE 'deep %' AND up.external_id = 'deep ' || substr(low.external_id, 6)::int - 1`,
    told: /^role:deep 0 is more than 32 steps up$/,
    cured: CHAIN_GONE,
  },
  {
    kind: 'parent_gone',
    corrupt: unguarded(`UPDATE castellan.objects SET parent_id = 4711 WHERE id = ${objectId('folder', 'top')}`),
    told: /^castellan\.objects\.parent_id names 4711, which is not in castellan\.objects \(rows: 1\)$/,
    cured: `UPDATE castellan.objects SET parent_id = NULL WHERE id = ${objectId('folder', 'top')}`,
  },
  {
    kind: 'object_of_nothing',
    corrupt: `INSERT INTO castellan.objects (type_id, external_id) VALUES (${typeId('group')}, 'ghost');
      UPDATE castellan.objects SET parent_id = ${objectId('group', 'ghost')} WHERE id = ${objectId('folder', 'top')}`,
    told: /^group:ghost is gone, and its object is not$/,
    cured: `UPDATE castellan.objects SET parent_id = NULL WHERE id = ${objectId('folder', 'top')};
      DELETE FROM castellan.objects WHERE id = ${objectId('group', 'ghost')}`,
  },
  {
    kind: 'condition',
    corrupt: `UPDATE castellan.rules SET condition = '{"resource.status":{"$regex":"x"}}'`,
    told: /^rule \d+ of role:reader: condition\.resource\.status\.\$regex must be an operator\.$/,
    cured: `UPDATE castellan.rules SET condition = '{"resource.status":"final"}'`,
  },
  {
    kind: 'condition',
    corrupt: `UPDATE castellan.grants SET condition = '[]' WHERE effect = 'deny'`,
    told: /^grant \S+ to user:alice: condition must be an object\.$/,
    cured: `UPDATE castellan.grants SET condition = '{"resource.secret":true}' WHERE effect = 'deny'`,
  },
  {
    kind: 'variant',
    corrupt: `INSERT INTO castellan.grants (id, subject_id, permission_id, object_id, variant)
      SELECT gen_random_uuid(), g.subject_id, g.permission_id, g.object_id, 'x' FROM castellan.grants g
      WHERE g.variant = '' AND g.object_id = ${objectId('doc', 'plan')}`,
    told: /is filed under another variant$/,
    cured: `DELETE FROM castellan.grants WHERE variant = 'x'`,
  },
  {
    kind: 'no_superuser',
    corrupt: `UPDATE castellan.subjects SET active = false WHERE superuser`,
    told: /^nobody may do everything$/,
    cured: `UPDATE castellan.subjects SET active = true WHERE superuser`,
  },
  {
    kind: 'built_in_groups',
    corrupt: `UPDATE castellan.subjects SET external_id = 'everyone' WHERE id = 1;
      UPDATE castellan.objects SET external_id = 'everyone' WHERE id = ${objectId('group', 'anyone')}`,
    told: /^group:anyone is not the subject 1$/,
    cured: `UPDATE castellan.subjects SET external_id = 'anyone' WHERE id = 1;
      UPDATE castellan.objects SET external_id = 'anyone' WHERE id = ${objectId('group', 'everyone')}`,
  },
];
