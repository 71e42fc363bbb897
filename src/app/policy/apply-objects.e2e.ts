import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPolicyDatabase, type PolicyDatabase } from '../../../test/support/policy-database.js';

describe('a policy of rules and places', () => {
  let policies: PolicyDatabase;
  const apply: PolicyDatabase['apply'] = (...of) => policies.apply(...of);
  const refusal: PolicyDatabase['refusal'] = (text) => policies.refusal(text);
  const rows: PolicyDatabase['rows'] = (sql) => policies.rows(sql);
  const may: PolicyDatabase['may'] = (...of) => policies.may(...of);
  const integrity: PolicyDatabase['integrity'] = () => policies.integrity();

  beforeEach(async () => {
    policies = await openPolicyDatabase();
  });
  afterEach(() => policies.close());

  it('makes rules, places and windows as they are written, and changes nothing a second time', async () => {
    const text = `
types: [{ id: tenant }, { id: folder, mode: object }, { id: post, mode: both }]
users: [{ username: alice }]
roles:
  - id: reader
    rules:
      - post:view
      - { permission: post:view, effect: deny, condition: { resource.status: { $eq: secret }, resource.a: 1 } }
      - { permission: post:change, fields: [title, body] }
      - { permission: post:view, effect: allow, condition: null, fields: null }
objects:
  - { type: post, id: "1", parent: folder:7, attributes: { status: open } }
  - { type: folder, id: "7", parent: tenant:a }
  - { type: tenant, id: a }
  - { type: post, id: team, parent: group:authenticated }
assignments:
  - { subject: user:alice, role: reader, object: tenant:a, startsAt: 2000-01-01T00:00:00Z, expiresAt: 2100-01-01T00:00:00+01:00 }
  - { subject: user:alice, role: reader, object: tenant:a }
grants:
  - { subject: user:alice, permission: post:delete, object: folder:7, expiresAt: 2100-01-01T00:00:00Z }
  - { subject: user:alice, permission: post:delete, object: folder:7, condition: { resource.b: 1, resource.a: 2 }, fields: [y, x] }
  - { subject: user:alice, permission: post:delete, object: folder:7, condition: { resource.a: 2, resource.b: 1 }, fields: [x, y, x] }
  - { subject: user:alice, permission: post:delete, object: folder:7, effect: deny }
`;
    expect((await apply(text)).counts).toMatchObject({
      types: { created: 3 },
      objects: { created: 4 },
      assignments: { created: 2 },
      grants: { created: 3, unchanged: 1 },
    });
    const before = await rows('SELECT count(*)::int AS n FROM castellan.changes');
    expect(await apply(text)).toMatchObject({ changed: false });
    expect(await rows('SELECT count(*)::int AS n FROM castellan.changes')).toEqual(before);
    expect(await policies.store.types.find('post')).toMatchObject({ mode: 'both' });
    expect((await policies.store.roles.find('reader'))?.rules).toEqual([
      { permission: 'post:view', effect: 'allow', condition: null, fields: null },
      {
        permission: 'post:view',
        effect: 'deny',
        condition: { 'resource.status': { $eq: 'secret' }, 'resource.a': 1 },
        fields: null,
      },
      { permission: 'post:change', effect: 'allow', condition: null, fields: ['title', 'body'] },
    ]);
    expect(await policies.store.objects.find({ type: 'post', id: '1' })).toMatchObject({
      parent: { type: 'folder', id: '7' },
    });
    expect(await integrity()).toEqual([]);
    // The mode asks for a rule on the object and for one everywhere, and there is only the one.
    expect(await may('alice', 'view', 'post', '1')).toBe(false);
    await apply('types: [{ id: post, mode: union }]');
    expect(await may('alice', 'view', 'post', '1')).toBe(true);
    expect(await may('alice', 'view', 'post', 'team')).toBe(false);
  });

  it('moves objects, whichever way round they stood before, and leaves those whose parent it does not name', async () => {
    const parents = async (): Promise<Record<string, unknown>> =>
      Object.fromEntries(
        (
          await rows(`SELECT o.external_id AS id, p.external_id AS parent FROM castellan.objects o
            JOIN castellan.types t ON t.id = o.type_id AND t.name = 'folder' LEFT JOIN castellan.objects p ON p.id = o.parent_id`)
        ).map(({ id, parent }) => [id, parent]),
      );
    await apply(`
types: [{ id: folder }]
objects:
  - { type: folder, id: c, parent: folder:b }
  - { type: folder, id: b, parent: folder:a }
  - { type: folder, id: a }
  - { type: folder, id: d, parent: folder:c }
`);
    expect(await parents()).toEqual({ a: null, b: 'a', c: 'b', d: 'c' });
    const turned = `
objects:
  - { type: folder, id: a, parent: folder:b }
  - { type: folder, id: b, parent: folder:c }
  - { type: folder, id: c, parent: }
  - { type: folder, id: d, attributes: { n: 1 } }
`;
    expect((await apply(turned)).counts.objects).toEqual({ created: 0, updated: 4, unchanged: 0 });
    expect(await parents()).toEqual({ a: 'b', b: 'c', c: null, d: 'c' });
    expect((await apply(turned)).counts.objects).toEqual({ created: 0, updated: 0, unchanged: 4 });
    expect(await integrity()).toEqual([]);
    // What stands in the way may be something that the file moves away itself, further down.
    const untangled = 'objects:\n  - { type: folder, id: c, parent: folder:a }\n  - { type: folder, id: b, parent: }\n';
    expect((await apply(untangled)).counts.objects).toEqual({ created: 0, updated: 2, unchanged: 0 });
    expect(await parents()).toEqual({ a: 'b', b: null, c: 'a', d: 'c' });
    await apply(turned);
    // And what the file does not name stays there.
    expect(await refusal('objects:\n  - { type: folder, id: c, parent: folder:a }\n')).toMatchObject({
      code: 'cycle',
      line: 2,
      path: 'objects.0.parent',
    });
    const deep = Array.from(
      { length: 33 },
      (_, n) => `  - { type: folder, id: n${n}, parent: folder:${n ? `n${n - 1}` : 'a'} }`,
    );
    expect(await refusal(`objects:\n${deep.join('\n')}\n`)).toMatchObject({
      code: 'too_deep',
      path: 'objects.30.parent',
    });
    expect(await parents()).toEqual({ a: 'b', b: 'c', c: null, d: 'c' });
  });
});
