import type { ObjectRef } from '../../src/core/model.js';
import { startTestService, type TestService } from './service.js';

/** Names of the same length, so that nothing differs by that. */
export const TENANTS = ['aaa', 'bbb', 'ccc'] as const;

const CRUD = ['view', 'add', 'change', 'delete', 'grant'];
const ADMIN_OF_TENANT = [
  ...['tenant', 'folder', 'document'].flatMap((type) => CRUD.map((action) => `${type}:${action}`)),
  ...['view', 'add', 'delete'].map((action) => `assignment:${action}`),
  'access:explain',
];

export const user = (id: string): ObjectRef => ({ type: 'user', id });
const tenant = (id: string): ObjectRef => ({ type: 'tenant', id });
const folder = (of: string): ObjectRef => ({ type: 'folder', id: `${of}-folder` });
const document = (of: string, n = 1): ObjectRef => ({ type: 'document', id: `${of}-doc-${n}` });

/** What a tenant has: itself, a root; a folder below it; two documents in the folder, and a third beside it. */
export const objects = { tenant, folder, document };

/** Ids that the service gave: of a grant on a tenant's folder, and of an assignment on the tenant. */
export interface Given {
  readonly grant: string;
  readonly assignment: string;
}

/** A service with three tenants: each has an admin, a member and a guest; `of-two` is a member of the first two. */
export async function startThreeTenants(): Promise<{ service: TestService; given: Record<string, Given> }> {
  const service = await startTestService();
  await service.addUser('of-two');
  await service.arrange(async (unit) => {
    for (const id of ['tenant', 'folder', 'document'])
      await unit.types.create({ id, actions: CRUD, creatorActions: [] });
    const role = (id: string, permissions: string[], includes: string[] = []) =>
      unit.roles.create({
        id,
        description: null,
        rules: permissions.map((permission) => ({ permission, effect: 'allow', condition: null, fields: null })),
        includes,
      });
    await role('tenant-member', ['tenant:view', 'folder:view', 'document:view']);
    await role('tenant-admin', ADMIN_OF_TENANT, ['tenant-member']);
  });
  const given: Record<string, Given> = {};
  for (const name of TENANTS) given[name] = await makeTenant(service, name);
  await service.arrange(async (unit) => {
    // What a role is granted on one tenant's folder is nothing to those who have the role in another.
    const member = { type: 'role', id: 'tenant-member' };
    await unit.grants.create([{ subject: member, permission: 'document:change', object: folder('bbb') }]);
    for (const name of ['aaa', 'bbb'])
      await unit.assignments.create({ subject: user('of-two'), role: 'tenant-member', object: tenant(name) });
  });
  return { service, given };
}

async function makeTenant(service: TestService, name: string): Promise<Given> {
  for (const who of ['admin', 'member', 'guest']) await service.addUser(`${name}-${who}`);
  return service.arrange(async (unit) => {
    const place = (object: ObjectRef, parent: ObjectRef | null, attributes = {}) =>
      unit.objects.create({ ...object, attributes, parent }, null);
    await place(tenant(name), null, { name, plan: 'gold' });
    await place(folder(name), tenant(name), { name });
    for (const n of [1, 2, 3])
      await place(document(name, n), n === 3 ? tenant(name) : folder(name), {
        n,
        secret: `${name}-${n}`,
        kind: 'memo',
      });
    await unit.assignments.create({ subject: user(`${name}-admin`), role: 'tenant-admin', object: tenant(name) });
    const member = await unit.assignments.create({
      subject: user(`${name}-member`),
      role: 'tenant-member',
      object: tenant(name),
    });
    const [grant] = await unit.grants.create([
      { subject: user(`${name}-guest`), permission: 'document:view', object: folder(name) },
      { subject: user(`${name}-guest`), permission: 'document:view', object: document(name, 2), effect: 'deny' },
    ]);
    return { grant: grant?.record.id ?? '', assignment: member.record.id };
  });
}
