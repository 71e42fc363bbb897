import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectRef } from '../../src/core/model.js';
import { faceOf, sendAs, type Sent } from '../support/answers.js';
import { contentsOf } from '../support/contents.js';
import { PASSWORD, type TestService } from '../support/service.js';
import { objects, startThreeTenants, TENANTS, user } from '../support/three-tenants.js';

const ABSENT = 'zzz';
const { tenant, folder, document } = objects;
const pathOf = ({ type, id }: ObjectRef): string => `/api/v1/objects/${type}/${id}`;

let service: TestService;
/** Of each tenant, and of one of a name as long that there is not: a grant on its folder, and an assignment on it. */
let given: Record<string, { grant: string; assignment: string }>;

beforeAll(async () => {
  const world = await startThreeTenants();
  service = world.service;
  given = {
    ...world.given,
    [ABSENT]: {
      grant: '00000000-0000-7000-8000-000000000000',
      assignment: '00000000-0000-7000-8000-000000000001',
    },
  };
});
afterAll(() => service.stop());

const evaluation = (as: string, action: string, resource: ObjectRef): Sent => [
  'POST /access/v1/evaluation',
  { subject: user(as), action: { name: action }, resource },
];
const search = (what: string, as: string, resource: object, action = 'view'): Sent => [
  `POST /access/v1/search/${what}`,
  { subject: user(as), ...(what === 'action' ? {} : { action: { name: action } }), resource },
];
const explanation = (subject: string, object: ObjectRef, action = 'view'): Sent => [
  'POST /api/v1/access/explain',
  { subject: user(subject), permission: `${object.type}:${action}`, object },
];

/** What a caller of one tenant may ask that is about another one. */
const ABOUT: Readonly<Record<string, (own: string, other: string, as: string) => Sent>> = {
  'reading a tenant': (_, other) => [`GET ${pathOf(tenant(other))}`],
  'reading the head of a folder': (_, other) => [`HEAD ${pathOf(folder(other))}`],
  'reading a document': (_, other) => [`GET ${pathOf(document(other))}`],
  'changing a tenant': (_, other) => [`PATCH ${pathOf(tenant(other))}`, { attributes: { plan: 'none' } }],
  'changing a document': (_, other) => [`PATCH ${pathOf(document(other))}`, { attributes: { n: 0 } }],
  'changing a document in a way that can not be': (_, other) => [`PATCH ${pathOf(document(other))}`, { nonsense: 1 }],
  'taking a document over': (own, other) => [`PATCH ${pathOf(document(other))}`, { parent: folder(own) }],
  'making a root of a folder': (_, other) => [`PATCH ${pathOf(folder(other))}`, { parent: null }],
  'deleting a document': (_, other) => [`DELETE ${pathOf(document(other))}`],
  'deleting a tenant': (_, other) => [`DELETE ${pathOf(tenant(other))}`],
  'deleting a tenant with all below it': (_, other) => [`DELETE ${pathOf(tenant(other))}?cascade=true`],
  'adding a document to a folder': (own, other) => [
    'POST /api/v1/objects/document',
    { id: `${own}-new`, parent: folder(other) },
  ],
  'adding a folder to a tenant': (own, other) => [
    'POST /api/v1/objects/folder',
    { id: `${own}-new`, parent: tenant(other) },
  ],
  'moving a document into a folder': (own, other) => [`PATCH ${pathOf(document(own))}`, { parent: folder(other) }],
  'moving a folder into a tenant': (own, other) => [`PATCH ${pathOf(folder(own))}`, { parent: tenant(other) }],
  'granting on a document': (own, other) => [
    'POST /api/v1/grants',
    { subject: user(`${own}-member`), permission: 'document:view', object: document(other) },
  ],
  'denying on a tenant': (own, other) => [
    'POST /api/v1/grants',
    { subject: user(`${own}-member`), permission: 'document:view', object: tenant(other), effect: 'deny' },
  ],
  'granting on documents of both': (own, other) => [
    'POST /api/v1/grants/batch',
    {
      grants: [own, other].map((of) => ({
        subject: user(`${own}-member`),
        permission: 'document:view',
        object: document(of),
      })),
    },
  ],
  'taking back a grant': (_, other) => [`DELETE /api/v1/grants/${given[other]?.grant}`],
  'listing the grants on a folder': (_, other) => [`GET /api/v1/grants?object=folder:${folder(other).id}`],
  'listing the grants of a guest': (_, other) => [`GET /api/v1/grants?subject=user:${other}-guest`],
  'assigning a role on a tenant': (own, other) => [
    'POST /api/v1/assignments',
    { subject: user(`${own}-member`), role: 'tenant-member', object: tenant(other) },
  ],
  'ending an assignment': (_, other) => [`DELETE /api/v1/assignments/${given[other]?.assignment}`],
  'listing the assignments on a tenant': (_, other) => [`GET /api/v1/assignments?object=tenant:${other}`],
  'listing the assignments of a member': (_, other) => [`GET /api/v1/assignments?subject=user:${other}-member`],
  'listing documents by an attribute': (_, other) => [
    `GET /api/v1/objects/document?attributes.secret=${other}-1&total=true`,
  ],
  'listing documents to change by an attribute': (_, other) => [
    `GET /api/v1/objects/document?action=change&attributes.secret=${other}-1&total=true`,
  ],
  'asking whether one may view a document': (_, other, as) => evaluation(as, 'view', document(other)),
  'asking whether one may change a tenant': (_, other, as) => evaluation(as, 'change', tenant(other)),
  'searching for what one may do on a document': (_, other, as) => search('action', as, document(other)),
  'searching for who may view a document': (_, other) => search('subject', 'anybody', document(other)),
  'having a document of its own explained': (_, other, as) => explanation(as, document(other)),
  'having what another may do explained': (_, other) => explanation(`${other}-member`, document(other)),
  'reading a user': (_, other) => [`GET /api/v1/users/${other}-member`],
};

describe.each(TENANTS)('to those of tenant %s', (own) => {
  const others = TENANTS.filter((name) => name !== own);

  it.each(Object.entries(ABOUT))('what is of another is like what does not exist: %s', async (_, about) => {
    const before = await contentsOf(service.databaseUrl);
    for (const as of [`${own}-admin`, `${own}-member`, `${own}-guest`]) {
      const absent = await sendAs(service, as, about(own, ABSENT, as));
      expect([200, 403, 404, 422], absent.text).toContain(absent.status);
      for (const other of others) {
        const hidden = await sendAs(service, as, about(own, other, as));
        const face = JSON.stringify(faceOf(hidden)).replaceAll(other, ABSENT);
        expect(face, `${as} about ${other}`).toBe(JSON.stringify(faceOf(absent)));
      }
    }
    expect(await contentsOf(service.databaseUrl)).toEqual(before);
  });

  it('is all that they see of any list, and all that is counted', async () => {
    const ids = async (as: string, list: string): Promise<[string[], number]> => {
      const { body } = await service.as(as).get(`/api/v1/objects/${list}?total=true`).expect(200);
      return [body.items.map(({ id }: { id: string }) => id), body.total];
    };
    const docs = [1, 2, 3].map((n) => document(own, n).id);
    for (const as of [`${own}-admin`, `${own}-member`]) {
      expect(await ids(as, 'tenant')).toEqual([[own], 1]);
      expect(await ids(as, 'folder')).toEqual([[folder(own).id], 1]);
      expect(await ids(as, 'document')).toEqual([docs, 3]);
    }
    expect(await ids(`${own}-guest`, 'document')).toEqual([[docs[0]], 1]);
    for (const action of ['change', 'delete', 'grant'])
      expect(
        (await service.as(`${own}-admin`).get(`/api/v1/objects/document?action=${action}`)).body.items,
      ).toHaveLength(3);
    for (const list of ['users', 'groups', 'roles', 'types'])
      await service
        .as(`${own}-admin`)
        .get(`/api/v1/${list}?total=true`)
        .expect(200, { items: [], next: null, total: 0 });
    const found = await sendAs(service, `${own}-admin`, search('resource', `${own}-admin`, { type: 'document' }));
    expect((found.json as { results: unknown[] }).results).toEqual([1, 2, 3].map((n) => document(own, n)));
  });

  it('is all of the grants and assignments that they see', async () => {
    const list = async (as: string, path: string): Promise<string[]> => {
      const { body } = await service.as(as).get(`/api/v1/${path}`).expect(200);
      return body.items.map(
        ({ object, subject }: { object: ObjectRef; subject: ObjectRef }) => `${subject.id} ${object.id}`,
      );
    };
    const grants = await list(`${own}-admin`, 'grants');
    const assignments = await list(`${own}-admin`, 'assignments');
    expect(grants).toEqual([
      `${own}-guest ${folder(own).id}`,
      `${own}-guest ${document(own, 2).id}`,
      ...(own === 'bbb' ? ['tenant-member bbb-folder'] : []),
    ]);
    expect(assignments).toEqual([
      `${own}-admin ${own}`,
      `${own}-member ${own}`,
      ...(own === 'ccc' ? [] : [`of-two ${own}`]),
    ]);
    for (const as of [`${own}-member`, `${own}-guest`])
      expect([await list(as, 'grants'), await list(as, 'assignments')]).toEqual([[], []]);
  });

  it('is all that they have explained to them, also of who is in another as well', async () => {
    for (const subject of ['of-two', `${own}-member`, `${own}-guest`]) {
      const { status, text } = await sendAs(service, `${own}-admin`, explanation(subject, document(own, 2), 'change'));
      expect([status, text]).toEqual([200, expect.any(String)]);
      for (const other of others) expect(text).not.toContain(other);
    }
    for (const as of [`${own}-member`, `${own}-guest`])
      expect(await sendAs(service, as, explanation(as, document(own)))).toMatchObject({ status: 403 });
  });

  it('is run by its own admin', async () => {
    const admin = service.as(`${own}-admin`);
    const made = await admin
      .post('/api/v1/objects/document')
      .send({ id: `${own}-own`, parent: folder(own), attributes: { n: 9 } })
      .expect(201);
    expect(made.body).toEqual({ type: 'document', id: `${own}-own`, parent: folder(own), attributes: { n: 9 } });
    const at = pathOf({ type: 'document', id: `${own}-own` });
    await admin
      .patch(at)
      .send({ parent: tenant(own) })
      .expect(200);
    const grant = { subject: user(`${own}-guest`), permission: 'document:change', object: tenant(own) };
    const { body } = await admin.post('/api/v1/grants').send(grant).expect(201);
    const assignment = { subject: user(`${own}-guest`), role: 'tenant-member', object: folder(own) };
    const assigned = await admin.post('/api/v1/assignments').send(assignment).expect(201);
    await service
      .as(`${own}-guest`)
      .get(pathOf(folder(own)))
      .expect(200);
    await admin.delete(`/api/v1/assignments/${assigned.body.id}`).expect(204);
    await admin.delete(`/api/v1/grants/${body.id}`).expect(204);
    await admin.delete(at).expect(204);
    // Out of the tenant, and for more than the tenant, it does nothing.
    for (const [path, sent] of [
      ['/api/v1/objects/document', { id: `${own}-root` }],
      ['/api/v1/objects/tenant', { id: `${own}-second` }],
      ['/api/v1/assignments', { ...assignment, object: null }],
      ['/api/v1/grants', { ...grant, object: null }],
      ['/api/v1/users', { username: `${own}-more`, password: PASSWORD }],
      ['/api/v1/roles', { id: `${own}-role`, rules: [{ permission: 'document:view' }] }],
      ['/api/v1/types', { id: `${own}-type` }],
    ] as const)
      expect([path, (await admin.post(path).send(sent)).status]).toEqual([path, 403]);
    for (const object of [tenant(own), folder(own), document(own)])
      expect(
        (await admin.patch(pathOf(object)).send({ parent: object.type === 'tenant' ? folder(own) : null })).status,
      ).toBe(object.type === 'tenant' ? 409 : 403);
  });
});

describe('what goes on in one tenant', () => {
  /** Everything that those of a tenant can be answered, without what is sealed anew in every answer. */
  async function answersTo(own: string): Promise<string[]> {
    const requests = (as: string): Sent[] => [
      ...['tenant', 'folder', 'document'].map((type): Sent => [`GET /api/v1/objects/${type}?total=true&limit=2`]),
      ['GET /api/v1/objects/document?attributes.kind=memo&total=true'],
      ['GET /api/v1/objects/document?action=change&total=true'],
      ['GET /api/v1/grants'],
      ['GET /api/v1/assignments'],
      [`GET ${pathOf(document(own))}`],
      evaluation(as, 'change', document(own)),
      search('resource', as, { type: 'document' }),
      search('action', as, folder(own)),
      explanation(`${own}-guest`, document(own, 2)),
      explanation('of-two', document(own, 2), 'change'),
    ];
    const answers: string[] = [];
    for (const as of [`${own}-admin`, `${own}-member`, `${own}-guest`]) {
      for (const sent of requests(as)) {
        const { status, text, headers } = await sendAs(service, as, sent);
        answers.push(
          `${as} ${sent[0]} ${status} ${headers['content-length']} ${text.replace(/"next":"[^"]+"/, '"next":…')}`,
        );
      }
    }
    return answers;
  }

  it('changes no byte of an answer in another', async () => {
    const [before, ofThird] = [await answersTo('aaa'), await answersTo('ccc')];
    const admin = service.as('bbb-admin');
    for (let n = 10; n < 40; n += 1)
      await admin
        .post('/api/v1/objects/document')
        .send({ id: document('bbb', n).id, parent: folder('bbb'), attributes: { n, kind: 'memo' } })
        .expect(201);
    await admin
      .patch(pathOf(folder('bbb')))
      .send({ attributes: { name: 'aaa' } })
      .expect(200);
    await admin
      .patch(pathOf(document('bbb')))
      .send({ parent: tenant('bbb') })
      .expect(200);
    await admin.delete(pathOf(document('bbb', 2))).expect(204);
    // Those of other tenants may be given what is of this one; nobody of theirs sees it.
    for (const subject of ['ccc-guest', 'bbb-guest', 'of-two']) {
      const parts = { subject: user(subject), object: tenant('bbb') };
      for (const effect of ['deny', 'allow'])
        await admin
          .post('/api/v1/grants')
          .send({ ...parts, permission: 'document:change', effect, condition: { 'resource.n': 1 } })
          .expect(201);
      await admin.post('/api/v1/assignments').send({ ...parts, role: 'tenant-member' });
    }
    expect(await answersTo('aaa')).toEqual(before);
    // A guest of another may look into this one by now, and its own tenant is as it was.
    const changed = (await answersTo('ccc')).filter((answer) => !ofThird.includes(answer));
    expect(changed.every((answer) => answer.startsWith('ccc-guest '))).toBe(true);
    expect(changed.length).toBeGreaterThan(0);
    await admin.delete(`${pathOf(tenant('bbb'))}?cascade=true`).expect(204);
    expect([await answersTo('aaa'), await answersTo('ccc')]).toEqual([before, ofThird]);
  });
});
