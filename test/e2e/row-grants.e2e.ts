import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prismaView } from '../../src/app/prisma-view.js';
import { operator } from '../../src/core/caller.js';
import type { WriteUnit } from '../../src/core/ports/writes.js';
import { examine, mend } from '../../src/store/doctor.js';
import { openRowsApp, type RowsApp } from '../support/rows/rows-app.js';

const user = (id: string) => ({ type: 'user', id });
const page = (id: string) => ({ type: 'page', id });
const folder = { type: 'folder', id: 'top' };
const later = '2999-01-01T00:00:00Z';

describe('the table of plain grants by rows', () => {
  let app: RowsApp;
  const write = (work: (unit: WriteUnit) => Promise<unknown>): Promise<unknown> => app.arrange(work);
  const kept = async (): Promise<string[]> => {
    const { rows } = await app.pool.query<{ grant: string }>(`
      SELECT s.external_id || ' ' || p.action || ' ' || k.row_id AS grant
      FROM castellan."${await nameOf('page', 'text')}" k JOIN castellan.subjects s ON s.id = k.subject_id JOIN castellan.permissions p ON p.id = k.permission_id
      ORDER BY 1`);
    return rows.map(({ grant }) => grant);
  };
  async function nameOf(type: string, form: string): Promise<string> {
    const { rows } = await app.pool.query<{ id: number }>(`SELECT id FROM castellan.types WHERE name = $1`, [type]);
    return `plain grants on type ${rows[0]?.id} as ${form}`;
  }
  const faults = async (): Promise<unknown> => (await examine(app.databaseUrl)).faults;

  beforeAll(async () => {
    app = await openRowsApp();
    await write(async (unit) => {
      for (const id of ['root', 'alice', 'bob'])
        await unit.users.create({
          id,
          username: id,
          email: null,
          active: true,
          superuser: id === 'root',
          attributes: {},
        });
      await unit.objects.create({ ...folder, attributes: {} }, null);
      for (const id of ['a', 'b', 'c']) await unit.objects.create({ ...page(id), attributes: {} }, null);
    });
  });
  afterAll(() => app.close());

  it('has each plain grant on an object of the type, and no other', async () => {
    await write((unit) =>
      unit.grants.create([
        { subject: user('alice'), permission: 'page:view', object: page('a') },
        { subject: user('alice'), permission: 'page:change', object: page('a') },
        { subject: user('bob'), permission: 'page:view', object: page('b') },
        { subject: user('bob'), permission: 'page:view', object: page('c'), expiresAt: later },
        { subject: user('bob'), permission: 'page:view', object: page('a'), effect: 'deny' },
        { subject: user('bob'), permission: 'page:view', object: folder },
        { subject: user('bob'), permission: 'post:view', object: page('a') },
        { subject: user('bob'), permission: 'page:view', object: null },
      ]),
    );
    expect(await kept()).toEqual(['alice change a', 'alice view a', 'bob view b']);
    expect(await faults()).toEqual([]);
  });

  it('stays as it is when an object is moved below one that was granted on', async () => {
    await write(async (unit) => {
      await unit.objects.update(page('b'), { parent: page('a') });
    });
    expect(await kept()).toEqual(['alice change a', 'alice view a', 'bob view b']);
    expect(await faults()).toEqual([]);
  });

  it('loses what goes with its object, and what goes with its subject', async () => {
    await write(async (unit) => {
      await unit.objects.delete(page('b'));
    });
    expect(await kept()).toEqual(['alice change a', 'alice view a']);
    await write((unit) => unit.grants.create([{ subject: user('bob'), permission: 'page:view', object: page('c') }]));
    expect(await kept()).toEqual(['alice change a', 'alice view a', 'bob view c']);
    await write((unit) => unit.users.delete('bob'));
    expect(await kept()).toEqual(['alice change a', 'alice view a']);
    expect(await faults()).toEqual([]);
  });

  it('follows statements that no writer sends: a changed grant, one turned into another, and none left', async () => {
    const { rows } = await app.pool.query<{ id: string }>(
      `SELECT g.id FROM castellan.grants g JOIN castellan.permissions p ON p.id = g.permission_id WHERE p.action = 'change' AND g.variant = ''`,
    );
    const [change] = rows;
    await app.pool.query(`UPDATE castellan.grants SET variant = 'x', expires_at = '2999-01-01' WHERE id = $1`, [
      change?.id,
    ]);
    expect(await kept()).toEqual(['alice view a']);
    await app.pool.query(`UPDATE castellan.grants SET variant = '', expires_at = NULL WHERE id = $1`, [change?.id]);
    expect(await kept()).toEqual(['alice change a', 'alice view a']);
    const client = await app.pool.connect();
    await client.query('BEGIN; TRUNCATE castellan.grants');
    const emptied = await client.query(`SELECT FROM castellan."${await nameOf('page', 'text')}"`);
    await client.query('ROLLBACK');
    client.release();
    expect(emptied.rowCount).toBe(0);
    expect(await kept()).toEqual(['alice change a', 'alice view a']);
  });

  it('is kept when who writes grants has no right to it', async () => {
    const client = await app.pool.connect();
    try {
      await client.query(`BEGIN; CREATE ROLE "castellan writes grants only" NOLOGIN; GRANT USAGE ON SCHEMA castellan TO "castellan writes grants only";
        GRANT SELECT, INSERT ON castellan.grants TO "castellan writes grants only"; SET LOCAL ROLE "castellan writes grants only"`);
      await client.query(`INSERT INTO castellan.grants (id, subject_id, permission_id, object_id)
        SELECT uuidv7(), subject_id, permission_id, object_id + 2 FROM castellan.grants WHERE variant = '' LIMIT 1`);
      const denied = client.query(`SAVEPOINT s; SELECT FROM castellan."${await nameOf('page', 'text')}"`);
      await expect(denied).rejects.toThrow('permission denied');
      await client.query('ROLLBACK TO s; RESET ROLE');
      const { rows } = await client.query(
        `SELECT row_id FROM castellan."${await nameOf('page', 'text')}" WHERE row_id = 'c'`,
      );
      expect(rows).toHaveLength(1);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });

  it('is filled with what was granted before, once, and not again by a second run of the migration', async () => {
    const before = await kept();
    const table = await nameOf('page', 'text');
    await app.pool.query(`DROP TABLE castellan."${table}" CASCADE; DROP FUNCTION castellan."${table}" CASCADE`);
    const { migration } = prismaView({ type: 'page', idType: 'text' });
    await app.pool.query(migration);
    expect(await kept()).toEqual(before);
    expect(before).not.toEqual([]);
    await app.pool.query(migration);
    expect(await kept()).toEqual(before);
    await write((unit) => unit.grants.create([{ subject: user('alice'), permission: 'page:view', object: page('c') }]));
    expect(await kept()).toEqual([...before, 'alice view c'].toSorted());
  });

  it('is examined and mended by the doctor', async () => {
    const table = `castellan."${await nameOf('page', 'text')}"`;
    const before = await kept();
    await app.pool.query(
      `UPDATE ${table} SET row_id = 'other' WHERE row_id = 'c'; DELETE FROM ${table} WHERE row_id = 'a'`,
    );
    const mendable = { kind: 'row_grants', count: 4, mendable: true };
    expect(await faults()).toEqual([expect.objectContaining(mendable)]);
    const { mended, faults: left } = await mend(app.databaseUrl, operator('doctor', 'a request'));
    expect([mended, left]).toEqual([[expect.objectContaining(mendable)], []]);
    expect(mended[0]?.examples).toEqual([
      'has too much: user:alice on page:c',
      'lacks user:alice on page:a',
      'lacks user:alice on page:a',
      'lacks user:alice on page:c',
    ]);
    expect(await kept()).toEqual(before);
  });
});
