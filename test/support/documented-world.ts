import { startTestService, type TestService } from './service.js';

const CRUD = ['view', 'add', 'change', 'delete', 'grant'];
const NEVER = { condition: null, fields: null } as const;

/** Starts a service that holds what the examples of the description speak of. */
export async function startDocumentedWorld(): Promise<TestService> {
  const service = await startTestService({ publicUrl: new URL('https://access.example.com') });
  for (const username of ['alice', 'bob', 'carol']) await service.addUser(username);
  await service.arrange(async (unit) => {
    for (const id of ['alice', 'carol'])
      await unit.users.update(id, { email: `${id}@example.com`, attributes: { department: 'press' } });
    await unit.types.create({ id: 'folder', actions: CRUD, creatorActions: [] });
    const creatorActions = ['view', 'change', 'delete', 'grant'];
    await unit.types.create({ id: 'post', actions: [...CRUD, 'publish'], creatorActions });
    await unit.groups.create({ id: 'staff', description: 'Everybody who works here' });
    await unit.groups.addMember('staff', { type: 'user', id: 'alice' });
    const condition = { 'resource.status': 'published' };
    const rules = [{ ...NEVER, permission: 'post:view', effect: 'allow', condition } as const];
    await unit.roles.create({ id: 'reader', description: 'Reads what is published', rules, includes: [] });
    const press = { type: 'folder', id: 'press' };
    const post = { type: 'post', id: '123' };
    const alice = { type: 'user', id: 'alice' };
    await unit.objects.create({ ...press, attributes: { name: 'Press' } }, null);
    const attributes = { title: 'We open on Monday', status: 'draft' };
    await unit.objects.create({ ...post, parent: press, attributes }, null);
    await unit.assignments.create({ subject: alice, role: 'reader', object: press });
    await unit.grants.create([
      { subject: alice, permission: 'post:change', object: post },
      { subject: alice, permission: 'post:view', object: null, condition },
    ]);
    await unit.tokens.create({ user: 'alice', name: 'the billing service', hash: 'of-no-token', expiresAt: null });
  });
  return service;
}
