import type { TestService } from '../service.js';

const user = (id: string) => ({ type: 'user', id });
const document = (id: string) => ({ type: 'document', id });

/**
 * alice views and changes document 1 · carol views it · bob nothing · edith views and changes all documents, and adds some · dave views folder 7 and adds
 * documents below it, drafts only in folder 8 · frank is inactive · anyone views document 2. `gateway` asks for others.
 */
export async function plantDocuments(service: TestService): Promise<void> {
  for (const name of ['alice', 'bob', 'carol', 'dave', 'edith', 'gateway']) await service.addUser(name);
  await service.addUser('frank', { active: false });
  await service.arrange(async (unit) => {
    const actions = ['view', 'add', 'change', 'delete', 'grant', 'publish'];
    await unit.types.create({ id: 'document', actions, creatorActions: [] });
    await unit.types.create({ id: 'folder', actions: ['view'], creatorActions: [] });
    await unit.types.create({ id: 'note', actions: ['view'], creatorActions: [] });
    for (const id of ['1', '2', 'a/b', 'MiXed']) await unit.objects.create({ ...document(id), attributes: {} }, null);
    for (const id of ['7', '8', '9']) await unit.objects.create({ type: 'folder', id, attributes: {} }, null);
    const grant = (name: string, permission: string, object: { type: string; id: string } | null = null) => ({
      subject: user(name),
      permission,
      object,
    });
    await unit.grants.create([
      grant('alice', 'document:view', document('1')),
      grant('alice', 'document:change', document('1')),
      grant('alice', 'document:publish', document('1')),
      grant('alice', 'document:view', document('a/b')),
      grant('alice', 'document:view', document('MiXed')),
      grant('carol', 'document:view', document('1')),
      grant('edith', 'document:view'),
      grant('edith', 'document:change'),
      grant('edith', 'document:add'),
      grant('edith', 'document:view', document('1')),
      grant('frank', 'document:view', document('1')),
      grant('dave', 'folder:view'),
      grant('dave', 'document:add', { type: 'folder', id: '7' }),
      { ...grant('dave', 'document:add', { type: 'folder', id: '8' }), condition: { 'resource.status': 'draft' } },
      { ...grant('carol', 'note:view'), condition: { 'resource.status': 'open' } },
      grant('alice', 'document:add', { type: 'folder', id: '7' }),
      { subject: { type: 'group', id: 'anyone' }, permission: 'document:view', object: document('2') },
      grant('gateway', 'access:evaluate'),
    ]);
  });
}
