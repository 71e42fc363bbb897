import { Controller, Get, Inject } from '@nestjs/common';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authz } from '../../src/embed/authz.js';
import { Viewable } from '../../src/embed/viewable.decorator.js';
import type { ViewableRows } from '../../src/embed/viewable.js';
import { accessModel } from '../../src/embed/access-model.js';
import { Mode, Resource } from '../../src/nest/route-policy.js';
import { PLATFORMS, startGuardedApp, type GuardedApp } from '../support/embedding/guarded-app.js';
import { openRowsApp, type RowsApp } from '../support/rows/rows-app.js';
import { PASSWORD, startTestService } from '../support/service.js';

const documents = accessModel({ type: 'document', columns: { title: 'text', level: 'integer' } });
const APP = Symbol('the app');

@Controller('documents')
@Resource('document')
class DocumentsController {
  constructor(
    @Inject(APP) private readonly app: RowsApp,
    @Inject(Authz) private readonly authz: Authz,
  ) {}

  @Get()
  list(@Viewable(documents) viewable: ViewableRows): Promise<string[]> {
    return this.#titles(viewable);
  }

  @Get('both')
  @Mode('both')
  listBoth(@Viewable(documents) viewable: ViewableRows): Promise<string[]> {
    return this.#titles(viewable);
  }

  @Get('changeable')
  changeable(@Viewable(documents, { action: 'change' }) viewable: ViewableRows): Promise<string[]> {
    return this.#titles(viewable);
  }

  @Get('here')
  here(@Viewable(documents, { context: { place: 'here' } }) viewable: ViewableRows): Promise<string[]> {
    return this.#titles(viewable);
  }

  @Get('of-alice')
  async ofAlice(): Promise<string[]> {
    return this.#titles(await this.authz.viewable('user:alice', documents));
  }

  async #titles({ where }: ViewableRows): Promise<string[]> {
    const query = { where: { AND: [where, { level: { lt: 9 } }] }, orderBy: { level: 'desc' } };
    return (await this.app.prisma.document.findMany(query)).map(({ title }) => String(title));
  }
}

const id = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;

describe.each(PLATFORMS)('@Viewable on %s', (platform) => {
  let app: RowsApp;
  let guarded: GuardedApp;

  beforeAll(async () => {
    app = await openRowsApp();
    const columns = { state: 'draft', score: 1, open: true, due: new Date(0), tags: [], made: 1 };
    const data = ['one', 'two', 'three', 'four'].map((title, n) => ({ ...columns, id: id(n), title, level: n * 3 }));
    await app.prisma.document.createMany({ data });
    await app.arrange(async (unit) => {
      for (const name of ['alice', 'bob'])
        await unit.users.create({
          id: name,
          username: name,
          email: null,
          active: true,
          superuser: false,
          attributes: {},
        });
      for (let n = 0; n < 3; n += 1) await unit.objects.create({ type: 'document', id: id(n), attributes: {} }, null);
      const alice = { type: 'user', id: 'alice' };
      const at = (n: number) => ({ type: 'document', id: id(n) });
      const view = { subject: alice, permission: 'document:view' };
      await unit.grants.create([
        { ...view, object: at(0) },
        { ...view, object: at(1) },
        { ...view, object: null, condition: { 'resource.title': { $in: ['two', 'four'] } } },
        { ...view, object: null, condition: { 'context.place': 'here' } },
        { subject: alice, permission: 'document:change', object: at(1) },
        { subject: alice, permission: 'document:change', object: at(2) },
        { subject: { type: 'group', id: 'anyone' }, permission: 'document:view', object: at(2) },
      ]);
    });
    const authz = { databaseUrl: app.databaseUrl };
    const providers = [{ provide: APP, useValue: app }];
    guarded = await startGuardedApp({ platform, controllers: [DocumentsController], authz, providers });
  });
  afterAll(async () => {
    await guarded.stop();
    await app.close();
  });

  it.each([
    ['alice', '', ['three', 'two', 'one']],
    ['bob', '', ['three']],
    [undefined, '', ['three']],
    // One that is placed everywhere, and one on the object.
    ['alice', '/both', ['two']],
    ['alice', '/changeable', ['three', 'two']],
    ['bob', '/changeable', []],
    ['alice', '/here', ['three', 'two', 'one']],
    ['bob', '/of-alice', ['three', 'two', 'one']],
  ])('gives %s at /documents%s what it may view of it', async (as, path, titles) => {
    const { status, body } = await guarded.send('GET', `/documents${path}`, { as });
    expect([status, body]).toEqual([200, titles]);
  });
});

describe('@Viewable in an app that asks a service', () => {
  it('says that the rules are elsewhere, and shows nothing', async () => {
    const service = await startTestService();
    const { port } = service.app.getHttpServer().address() as AddressInfo;
    const guarded = await startGuardedApp({
      platform: 'fastify',
      controllers: [DocumentsController],
      authz: { url: `http://127.0.0.1:${port}`, username: 'admin', password: PASSWORD },
      providers: [{ provide: APP, useValue: {} }],
    });
    try {
      const { status, body } = await guarded.send('GET', '/documents', { as: 'alice' });
      expect([status, (body as { code: string }).code]).toEqual([500, 'internal']);
    } finally {
      await guarded.stop();
      await service.stop();
    }
  });
});
