import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { operator } from '../../src/core/caller.js';
import { examine, mend } from '../../src/store/doctor.js';
import type { WriteUnit } from '../../src/core/ports/writes.js';
import { openStore, type Store } from '../../src/store/store.js';
import { castellan } from '../support/castellan-command.js';
import { contentsOf } from '../support/contents.js';
import { arrangeSound, idOf, LEFT, MADE_ANEW, RESTORED, typeId } from '../support/planted-faults.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';

const user = (id: string) => ({ type: 'user', id });
const folder = (id: string) => ({ type: 'folder', id });
const doctor = operator('doctor', 'a request');

describe('the doctor', () => {
  let database: TestDatabase;
  let store: Store;
  const sql = (text: string): Promise<Record<string, unknown>[]> => query(database.databaseUrl, text);
  const write = (work: (unit: WriteUnit) => Promise<unknown>): Promise<unknown> =>
    store.writes.write(operator('test', 'test'), 'structure', work);
  const kindsOf = (faults: readonly { kind: string }[]): string[] => faults.map(({ kind }) => kind);
  const find = async (kind: string) => {
    const { faults } = await examine(database.databaseUrl);
    expect(kindsOf(faults)).toContain(kind);
    return faults.find((fault) => fault.kind === kind);
  };

  // One database serves all tests that leave it as sound as they found it; after any other there is a new one.
  let sound = false;
  const endsSound = async (): Promise<void> => {
    expect(await examine(database.databaseUrl)).toEqual({ faults: [], notes: [] });
    sound = true;
  };
  const dispose = async (): Promise<void> => {
    await store?.close();
    await database?.drop();
  };

  beforeEach(async () => {
    if (!sound) {
      await dispose();
      database = await createTestDatabase();
      // A test shares its machine with others: what would be too slow for a request is no fault here.
      const patient = { acquireTimeout: 10_000, statementTimeout: 10_000, lockTimeout: 10_000 };
      store = openStore({ url: database.databaseUrl, connections: 2, transactionTimeout: 30_000, ...patient });
      await write(arrangeSound);
    }
    sound = false;
  });
  afterAll(dispose);

  it('finds nothing where all was written by the service, and leaves no trace', async () => {
    const before = await contentsOf(database.databaseUrl);
    expect(await examine(database.databaseUrl)).toEqual({ faults: [], notes: [] });
    expect(await mend(database.databaseUrl, doctor)).toEqual({ mended: [], faults: [], notes: [] });
    expect(await contentsOf(database.databaseUrl)).toEqual(before);
    await endsSound();
  });

  it.each(RESTORED)('mends $kind: $told', async ({ kind, corrupt, told }) => {
    const before = await contentsOf(database.databaseUrl);
    await sql(corrupt);
    const fault = await find(kind);
    expect(
      fault?.examples.some((example) => told.test(example)),
      fault?.examples.join('\n'),
    ).toBe(true);
    expect(fault?.mendable).toBe(true);
    const { mended, faults } = await mend(database.databaseUrl, doctor);
    expect(kindsOf(mended)).toContain(kind);
    expect(faults).toEqual([]);
    await endsSound();
    const { changes, ...after } = await contentsOf(database.databaseUrl);
    expect(after).toEqual({ ...before, changes: undefined });
    expect(changes).not.toBe(before['changes']);
  });

  it.each(MADE_ANEW)('mends $kind by making anew what is missing', async ({ kind, corrupt, told }) => {
    await sql(corrupt);
    const fault = await find(kind);
    expect(
      fault?.examples.some((example) => told.test(example)),
      fault?.examples.join('\n'),
    ).toBe(true);
    const { mended, faults } = await mend(database.databaseUrl, doctor);
    expect(kindsOf(mended)).toContain(kind);
    expect(faults).toEqual([]);
    // What hung on it is gone.
    expect((await examine(database.databaseUrl)).faults).toEqual([]);
  });

  it.each(LEFT)('finds $kind, and leaves it to a person: $told', async ({ kind, corrupt, told, cured }) => {
    await sql(corrupt);
    const fault = await find(kind);
    expect(
      fault?.examples.some((example) => told.test(example)),
      fault?.examples.join('\n'),
    ).toBe(true);
    expect(fault?.advice).toMatch(/\w/);
    const { faults } = await mend(database.databaseUrl, doctor);
    expect(kindsOf(faults)).toContain(kind);
    await sql(cured);
    await mend(database.databaseUrl, doctor);
    await endsSound();
  });

  it('mends many things at once, and says in the audit trail what', async () => {
    await sql(`DELETE FROM castellan.ancestry; DELETE FROM castellan.effective_memberships;
      DELETE FROM castellan.roles WHERE id = ${idOf('role', 'reader')}; UPDATE castellan.grants SET reaches_below = false`);
    const { mended } = await mend(database.databaseUrl, operator('doctor', 'this request'));
    expect(kindsOf(mended).toSorted()).toEqual([
      'ancestry',
      'effective_inclusions',
      'effective_memberships',
      'reaches_below',
      'role_without_row',
    ]);
    const [change, ...others] = await sql(
      `SELECT actor_type, actor_id, target_type, target_id, before, after, request_id FROM castellan.changes WHERE action = 'database.mend' AND request_id = 'this request'`,
    );
    expect(others).toEqual([]);
    expect(change).toMatchObject({
      actor_type: 'operator',
      actor_id: 'doctor',
      target_type: 'database',
      target_id: 'castellan',
      after: { faults: [] },
      request_id: 'this request',
    });
    const ancestry = {
      kind: 'ancestry',
      count: 3,
      examples: [
        'lacks doc:plan below folder:middle',
        'lacks doc:plan below folder:top',
        'lacks folder:middle below folder:top',
      ],
    };
    expect(change?.['before']).toEqual({ faults: expect.arrayContaining([ancestry]) as unknown });
  });

  it('counts all faults of a kind, and tells the first twenty', async () => {
    await sql(
      `INSERT INTO castellan.objects (type_id, external_id) SELECT ${typeId('user')}, 'ghost ' || n FROM generate_series(1, 50) n`,
    );
    const fault = await find('object_of_nothing');
    expect([fault?.count, fault?.examples.length]).toEqual([50, 20]);
    const { mended } = await mend(database.databaseUrl, doctor);
    expect(mended).toMatchObject([{ kind: 'object_of_nothing', count: 50 }]);
  });

  it('takes as many levels as there may be', async () => {
    await write(async (unit) => {
      for (let level = 0; level <= 32; level += 1) {
        const parent = level === 0 ? null : folder(`level ${level - 1}`);
        await unit.objects.create({ ...folder(`level ${level}`), attributes: {}, parent }, null);
      }
    });
    expect(await examine(database.databaseUrl)).toEqual({ faults: [], notes: [] });
  });

  it('notes what has expired, which is no fault', async () => {
    await write(async (unit) => {
      const past = { expiresAt: '2020-01-01T00:00:00Z' };
      await unit.grants.create([{ subject: user('bob'), permission: 'doc:view', object: null, ...past }]);
      await unit.assignments.create({ subject: user('bob'), role: 'reader', ...past });
    });
    expect(await examine(database.databaseUrl)).toEqual({
      faults: [],
      notes: [
        {
          kind: 'expired_grants',
          says: 'grants have expired',
          count: 1,
          examples: [expect.stringMatching(/^grant \S+ of doc:view to user:bob everywhere$/) as string],
        },
        {
          kind: 'expired_assignments',
          says: 'assignments have expired',
          count: 1,
          examples: [expect.stringMatching(/^assignment \S+ of role:reader to user:bob$/) as string],
        },
      ],
    });
  });

  it('mends while no other write goes on', async () => {
    await sql(`DELETE FROM castellan.ancestry`);
    let mending: Promise<unknown> | undefined;
    const order: string[] = [];
    await write(async (unit) => {
      mending = mend(database.databaseUrl, doctor).then(() => order.push('mended'));
      // The lock is asked for, and not had.
      for (let waits = 0; waits === 0;) {
        const [row] = await sql(`SELECT count(*)::int AS waits FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
          WHERE l.locktype = 'advisory' AND NOT l.granted AND a.datname = current_database()`);
        waits = Number(row?.['waits']);
      }
      await unit.groups.create({ id: 'late', description: null });
      order.push('written');
    });
    await mending;
    expect(order).toEqual(['written', 'mended']);
    expect(await examine(database.databaseUrl)).toEqual({ faults: [], notes: [] });
  });
});

describe('castellan doctor', () => {
  let database: TestDatabase;
  const run = (...args: string[]) => castellan({ DATABASE_URL: database.databaseUrl }, ['doctor', ...args]);

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('tells what it found and how it is mended, mends it, and exits with 1 as long as there is a fault', async () => {
    await castellan({ DATABASE_URL: database.databaseUrl }, [
      'user',
      'create',
      'root',
      '--superuser',
      '--generate-password',
    ]);
    expect(await run()).toEqual({ status: 0, stdout: 'No faults.\n', stderr: '' });
    await query(
      database.databaseUrl,
      `DELETE FROM castellan.objects o USING castellan.types t WHERE t.id = o.type_id AND o.external_id = 'root';
       UPDATE castellan.subjects SET active = false`,
    );
    const found = await run();
    expect(found).toEqual({
      status: 1,
      stdout: [
        'fault: there is no active superuser (no_superuser: 1)',
        '  nobody may do everything',
        '  To mend it: castellan user create NAME --superuser --generate-password.',
        'fault: subjects are not registered as objects, so no rule can be placed on them (subject_without_object: 1)',
        '  user:root has no object',
        '  castellan doctor --fix mends it.',
        '',
      ].join('\n'),
      stderr: '',
    });
    const mended = await run('--fix', '--json');
    expect(mended.status).toBe(1);
    expect(JSON.parse(mended.stdout)).toMatchObject({
      mended: [{ kind: 'subject_without_object', count: 1 }],
      faults: [{ kind: 'no_superuser' }],
      notes: [],
    });
    await query(database.databaseUrl, 'UPDATE castellan.subjects SET active = true');
    expect(await run('--fix')).toEqual({ status: 0, stdout: 'No faults.\n', stderr: '' });
    expect(
      await query(
        database.databaseUrl,
        `SELECT actor_type, actor_id FROM castellan.changes WHERE action = 'database.mend'`,
      ),
    ).toEqual([{ actor_type: 'operator', actor_id: 'cli' }]);
  });

  it('exits with 69 where there is no database', async () => {
    const nowhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
    expect(await castellan(nowhere, ['doctor', '--wait', '1'])).toMatchObject({ status: 69, stdout: '' });
  });
});
