import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { integrityFaults } from '../support/integrity.js';
import { startTestService, type TestService } from '../support/service.js';

const WRITES_OF_EACH = 50;

/** A value that something had: set between these two instants. */
interface Write<Value> {
  readonly value: Value;
  readonly began: number;
  readonly ended: number;
}
interface Check {
  readonly how: string;
  readonly allowed: boolean;
  readonly began: number;
  readonly ended: number;
}

/** What one writer sets, one write after the other, so that it is known what it can be at any instant. */
class Register<Value> {
  readonly #writes: Write<Value>[];

  constructor(value: Value) {
    this.#writes = [{ value, began: -1, ended: -1 }];
  }

  get value(): Value {
    return (this.#writes.at(-1) as Write<Value>).value;
  }

  async set(value: Value, write: () => Promise<boolean>): Promise<void> {
    const began = performance.now();
    if (await write()) this.#writes.push({ value, began, ended: performance.now() });
  }

  get count(): number {
    return this.#writes.length - 1;
  }

  /** The last value that was set before the check began, and those that were being set while it ran. */
  possibleDuring({ began, ended }: Check): Value[] {
    const before = this.#writes.findLastIndex((write) => write.ended < began);
    return this.#writes.filter((write, index) => index >= before && write.began < ended).map(({ value }) => value);
  }
}

type Place = 'gone' | 'root' | 'left' | 'right';

describe('checks while a document is moved, deleted and made again, and grants come and go', () => {
  let service: TestService;
  let client: pg.Client;
  const place = new Register<Place>('root');
  const grants = { left: new Register(false), right: new Register(false) };
  const denied = new Register(false);
  const checks: Check[] = [];
  const surprises: string[] = [];
  let isWriting = true;

  beforeAll(async () => {
    service = await startTestService();
    client = new pg.Client(service.databaseUrl);
    await client.connect();
    await service.addUser('bob');
    await service.arrange(async (unit) => {
      await unit.types.create({ id: 'folder', actions: ['view'], creatorActions: [] });
      const actions = ['view', 'add', 'change', 'delete', 'grant'];
      await unit.types.create({ id: 'note', actions, creatorActions: [] });
      for (const id of ['left', 'right']) await unit.objects.create({ type: 'folder', id, attributes: {} }, null);
      await unit.objects.create({ type: 'note', id: 'it', attributes: {} }, null);
    });
  });
  afterAll(async () => {
    await client.end();
    await service.stop();
  });

  /** Whether the write was carried out; too busy is an answer that changed nothing. */
  async function acknowledged(request: ReturnType<ReturnType<TestService['as']>['post']>): Promise<boolean> {
    const { status, text } = await request;
    if (status >= 300 && status !== 503) surprises.push(`${status} ${text}`);
    return status < 300;
  }

  async function toggleGrant(register: Register<boolean>, grant: object): Promise<void> {
    const admin = service.as('admin');
    let standing: string | undefined;
    for (let n = 0; n < WRITES_OF_EACH; n += 1) {
      const id = standing;
      await register.set(id === undefined, async () => {
        if (id !== undefined) {
          const isDone = await acknowledged(admin.delete(`/api/v1/grants/${id}`));
          if (isDone) standing = undefined;
          return isDone;
        }
        const answer = await admin.post('/api/v1/grants').send({ subject: { type: 'user', id: 'bob' }, ...grant });
        if (answer.status === 201) standing = answer.body.id as string;
        else if (answer.status !== 503) surprises.push(`${answer.status} ${answer.text}`);
        return answer.status === 201;
      });
    }
  }

  async function moveAbout(): Promise<void> {
    const admin = service.as('admin');
    const folder = (id: Place) => (id === 'root' ? null : { type: 'folder', id });
    for (let n = 0; n < WRITES_OF_EACH; n += 1) {
      const next = (['left', 'right', 'gone', 'left', 'root', 'right'] as const)[n % 6] ?? 'root';
      const path = '/api/v1/objects/note';
      await place.set(next, () => {
        if (next === 'gone') return acknowledged(admin.delete(`${path}/it`));
        const parent = folder(next);
        if (place.value === 'gone') return acknowledged(admin.post(path).send({ id: 'it', parent }));
        return acknowledged(admin.patch(`${path}/it`).send({ parent }));
      });
    }
  }

  async function checkOn(how: string, ask: () => Promise<boolean>): Promise<void> {
    while (isWriting) {
      const began = performance.now();
      const allowed = await ask();
      checks.push({ how, allowed, began, ended: performance.now() });
    }
  }

  it('answer what some order of the writes explains', async () => {
    const bob = service.as('bob');
    const view = { permission: 'note:view' };
    const writing = Promise.all([
      moveAbout(),
      toggleGrant(grants.left, { ...view, object: { type: 'folder', id: 'left' } }),
      toggleGrant(grants.right, { ...view, object: { type: 'folder', id: 'right' } }),
      toggleGrant(denied, { ...view, effect: 'deny', condition: { 'resource.id': 'it' } }),
    ]).finally(() => {
      isWriting = false;
    });
    await Promise.all([
      writing,
      checkOn('get', async () => (await bob.get('/api/v1/objects/note/it')).status === 200),
      checkOn('list', async () => (await bob.get('/api/v1/objects/note')).body.items.length > 0),
      checkOn('evaluation', async () => {
        const question = {
          subject: { type: 'user', id: 'bob' },
          action: { name: 'view' },
          resource: { type: 'note', id: 'it' },
        };
        return (await bob.post('/access/v1/evaluation').send(question)).body.decision === true;
      }),
    ]);
    expect(surprises).toEqual([]);
    const explained = (check: Check): boolean =>
      place.possibleDuring(check).some((at) =>
        denied.possibleDuring(check).some((isDenied) => {
          const held = at === 'left' || at === 'right' ? grants[at].possibleDuring(check) : [false];
          return held.some((isHeld) => (isHeld && !isDenied) === check.allowed);
        }),
      );
    expect(checks.filter((check) => !explained(check))).toEqual([]);
    expect(checks.filter(({ allowed }) => allowed).length).toBeGreaterThan(0);
    expect(place.count + grants.left.count + grants.right.count + denied.count).toBeGreaterThan(150);
  });

  it('leave closures that are what their edges make', async () => {
    expect(await integrityFaults(client)).toEqual([]);
  });
});
