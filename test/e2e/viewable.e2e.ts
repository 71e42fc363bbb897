import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prismaView } from '../../src/app/prisma-view.js';
import { accessModel } from '../../src/embed/access-model.js';
import { authorOfWrite, openTransaction } from '../../src/embed/transaction.js';
import { viewableRows } from '../../src/embed/viewable.js';
import { translateDatabaseError } from '../../src/store/database-errors.js';
import { createEmptyDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';
import { openRowsApp, type RowsApp, type TableType } from '../support/rows/rows-app.js';
import { user } from '../support/rows/rows-world.js';
import { startTestService } from '../support/service.js';

const ID = '00000000-0000-4000-8000-00000000000a';
const OTHER = '00000000-0000-4000-8000-00000000000b';
const view = (idType: 'uuid' | 'int' | 'bigint' | 'text', type = 'document') => prismaView({ type, idType }).migration;

describe("lists of an app's own rows", () => {
  let app: RowsApp;

  beforeAll(async () => {
    app = await openRowsApp();
    const columns = { title: 'x', state: 'draft', level: 1, score: 1, open: true, due: new Date(0), tags: [], made: 1 };
    await app.prisma.document.createMany({
      data: [
        { ...columns, id: ID },
        { ...columns, id: OTHER },
      ],
    });
    await app.arrange(async (unit) => {
      for (const id of ['alice', 'bob'])
        await unit.users.create({ id, username: id, email: null, active: true, superuser: false, attributes: {} });
      for (const id of [ID, OTHER]) await unit.objects.create({ type: 'document', id, attributes: {} }, null);
      await unit.objects.create({ type: 'folder', id: 'top', attributes: {} }, null);
    });
  });
  afterAll(() => app.close());

  const rule = { permission: 'document:view', condition: null, fields: null };
  const grant = { subject: user('alice'), permission: 'document:view', object: { type: 'document', id: ID } };
  const listed = async (name: string): Promise<number> => {
    const { where } = await viewableRows(app.store.rowRules, user(name), app.models.document);
    return app.prisma.document.count({ where });
  };

  it('hold a row from the grant on, and no longer than it stands', async () => {
    expect(await listed('alice')).toBe(0);
    const [made] = await app.arrange((unit) => unit.grants.create([grant]));
    expect([await listed('alice'), await listed('bob')]).toEqual([1, 0]);
    await app.arrange((unit) => unit.grants.delete(made?.record.id ?? ''));
    expect(await listed('alice')).toBe(0);
  });

  it('are the same where the migration is run again', async () => {
    const [made] = await app.arrange((unit) => unit.grants.create([grant]));
    for (let n = 0; n < 2; n += 1) await app.pool.query(view('uuid'));
    expect(await listed('alice')).toBe(1);
    await app.arrange((unit) => unit.grants.delete(made?.record.id ?? ''));
  });

  it('are read by a role that may read the view, and nothing of Castellan', async () => {
    const [made] = await app.arrange((unit) => unit.grants.create([grant]));
    const viewable = await viewableRows(app.store.rowRules, user('alice'), app.models.document);
    const role = `reader_${Math.random().toString(36).slice(2)}`;
    await app.pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'reader'`);
    const url = new URL(app.databaseUrl);
    [url.username, url.password] = [role, 'reader'];
    const reader = new pg.Client(url.href);
    try {
      await app.pool.query(`GRANT SELECT ON "Document", document_access TO ${role}`);
      await reader.connect();
      const { text, values } = viewable.sql('d');
      expect((await reader.query(`SELECT id FROM "Document" d WHERE ${text}`, [...values])).rows).toEqual([{ id: ID }]);
      await expect(reader.query('SELECT * FROM castellan.grants')).rejects.toThrow('permission denied');
    } finally {
      await reader.end();
      await app.pool.query(`DROP OWNED BY ${role}`);
      await app.pool.query(`DROP ROLE ${role}`);
      await app.arrange((unit) => unit.grants.delete(made?.record.id ?? ''));
    }
  });

  it('are of tables, columns and attributes of any name in SQL, and nothing that is in a value is taken for SQL', async () => {
    await app.pool.query(
      `CREATE TABLE "od""d" ("i""d" uuid PRIMARY KEY, "st""ate" text); INSERT INTO "od""d" VALUES ('${ID}', '''; --')`,
    );
    const model = accessModel({
      type: 'document',
      idColumn: 'i"d',
      view: { name: 'document_access', idColumn: 'object_id' },
      columns: { 'sta\'te"': { type: 'text', column: 'st"ate' } },
    });
    const holds = async (value: string): Promise<number> => {
      const condition = { 'resource.sta\'te"': value };
      const [made] = await app.arrange((unit) => unit.grants.create([{ ...grant, condition }]));
      const { text, values } = (await viewableRows(app.store.rowRules, user('alice'), model)).sql('"od""d"');
      await app.arrange((unit) => unit.grants.delete(made?.record.id ?? ''));
      return (await app.pool.query(`SELECT 1 FROM "od""d" WHERE ${text}`, [...values])).rows.length;
    };
    // A filter is about the rules as they were: it is made anew for each request, and what is gone is gone at once.
    expect(await holds("'; --")).toBe(0);
    const [made] = await app.arrange((unit) =>
      unit.grants.create([{ ...grant, condition: { 'resource.sta\'te"': "'; --" } }]),
    );
    const { text, values } = (await viewableRows(app.store.rowRules, user('alice'), model)).sql('"od""d"');
    expect((await app.pool.query(`SELECT 1 FROM "od""d" WHERE ${text}`, [...values])).rows).toHaveLength(1);
    await app.arrange((unit) => unit.grants.delete(made?.record.id ?? ''));
  });

  it('take a model that names its view, in SQL', async () => {
    const viewable = await viewableRows(app.store.rowRules, user('alice'), accessModel({ type: 'document' }));
    expect(() => viewable.sql('d')).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('hold nothing of a type, or for an action, that there is not', async () => {
    await app.arrange((unit) => unit.users.update('bob', { superuser: true }));
    const count = async (type: string, action: string): Promise<number> => {
      const model = accessModel({ type, id: 'uuid' });
      const { where } = await viewableRows(app.store.rowRules, user('bob'), model, { action });
      return app.prisma.document.count({ where });
    };
    expect([await count('document', 'view'), await count('document', 'fly'), await count('nothing', 'view')]).toEqual([
      2, 0, 0,
    ]);
  });

  it('hold what a role is assigned on now, and not where the same role was until yesterday', async () => {
    await app.arrange(async (unit) => {
      await unit.roles.create({ id: 'reader', description: null, rules: [{ ...rule, effect: 'allow' }], includes: [] });
      const assignment = { subject: user('alice'), role: 'reader' };
      await unit.assignments.create({ ...assignment, object: grant.object, expiresAt: '2001-01-01T00:00:00.000Z' });
      await unit.assignments.create({ ...assignment, object: { type: 'folder', id: 'top' } });
    });
    expect(await listed('alice')).toBe(0);
    await app.arrange((unit) => unit.objects.update(grant.object, { parent: { type: 'folder', id: 'top' } }));
    expect(await listed('alice')).toBe(1);
    await app.arrange((unit) => unit.roles.delete('reader'));
    expect(await listed('alice')).toBe(0);
  });

  it('hold a row of which some fields are denied, while another is denied as a whole', async () => {
    const made = await app.arrange((unit) =>
      unit.grants.create([
        { ...grant, object: null },
        { ...grant, effect: 'deny', fields: ['title'] },
        { ...grant, effect: 'deny', object: { type: 'document', id: OTHER } },
      ]),
    );
    expect(await listed('alice')).toBe(1);
    await app.arrange(async (unit) => {
      for (const { record } of made) await unit.grants.delete(record.id);
    });
  });

  it('are refused for a subject with more kinds of rules than a statement should have', async () => {
    const conditions = Array.from({ length: 101 }, (_, n) => ({ ...grant, condition: { 'resource.level': n } }));
    const made = await app.arrange((unit) => unit.grants.create(conditions));
    await expect(listed('alice')).rejects.toMatchObject({ code: 'overloaded' });
    await app.arrange(async (unit) => {
      for (const { record } of made) await unit.grants.delete(record.id);
    });
  });
});

describe('the ids of a type that has a view', () => {
  let app: RowsApp;

  beforeAll(async () => {
    app = await openRowsApp();
  });
  afterAll(() => app.close());

  const UNFIT: Readonly<Record<Exclude<TableType, 'page'>, readonly string[]>> = {
    document: [ID.toUpperCase(), `{${ID}}`, ID.replaceAll('-', ''), 'readme', ` ${ID}`],
    post: ['007', '+7', '-0', '7.0', '2147483648', '-2147483649', '99999999999999999999', ' 7', 'seven', '٧'],
    ticket: ['007', '9223372036854775808', '-9223372036854775809', '1e3', 'seven'],
  };
  const FIT: Readonly<Record<TableType, readonly string[]>> = {
    document: [ID],
    post: ['0', '7', '2147483647', '-2147483648'],
    ticket: ['0', '9223372036854775807', '-9223372036854775808'],
    page: ['007', 'readme', ID.toUpperCase()],
  };
  const cases = Object.entries(UNFIT).flatMap(([type, ids]) => ids.map((id) => ({ type, id })));

  it('are taken as the app can hold them', async () => {
    for (const [type, ids] of Object.entries(FIT))
      for (const id of ids) await app.arrange((unit) => unit.objects.create({ type, id, attributes: {} }, null));
    // Other types keep what they have.
    await app.arrange((unit) => unit.objects.create({ type: 'folder', id: 'readme', attributes: {} }, null));
    const { rows } = await app.pool.query(
      'SELECT count(*)::int AS count FROM castellan.objects o JOIN castellan.types t ON t.id = o.type_id AND NOT t.built_in',
    );
    expect(rows).toEqual([{ count: Object.values(FIT).flat().length + 1 }]);
  });

  it.each(cases)('are refused as $id of a $type, before and by the database', async ({ type, id }) => {
    const refusal = { code: 'invalid_request', faults: [{ path: 'id' }] };
    await expect(app.arrange((unit) => unit.objects.create({ type, id, attributes: {} }, null))).rejects.toMatchObject(
      refusal,
    );
    const raw = app.pool
      .query(
        'INSERT INTO castellan.objects (type_id, external_id) SELECT id, $2 FROM castellan.types WHERE name = $1',
        [type, id],
      )
      .catch((error: unknown) => {
        throw translateDatabaseError(error);
      });
    await expect(raw).rejects.toMatchObject(refusal);
  });

  it('are refused over HTTP with 422, naming the id', async () => {
    const service = await startTestService();
    try {
      const as = service.as('admin');
      expect((await as.post('/api/v1/types').send({ id: 'document' })).status).toBe(201);
      await query(service.databaseUrl, `SET search_path TO public; ${view('uuid')}`);
      const refused = await as.post('/api/v1/objects/document').send({ id: ID.toUpperCase() });
      expect([refused.status, refused.body]).toEqual([
        422,
        expect.objectContaining({
          code: 'invalid_request',
          errors: [{ path: 'id', message: 'must be a uuid in lower case, with its hyphens' }],
        }),
      ]);
      expect((await as.post('/api/v1/objects/document').send({ id: ID })).status).toBe(201);
    } finally {
      await service.stop();
    }
  });

  it('leave an app its transaction where they are refused', async () => {
    const client = await app.pool.connect();
    try {
      await client.query('BEGIN');
      const tx = openTransaction(client, { author: authorOfWrite('service:test') });
      await expect(tx.objects.create({ type: 'post', id: '007' }, { creator: null })).rejects.toMatchObject({
        code: 'invalid_request',
      });
      await tx.objects.create({ type: 'post', id: '8' }, { creator: null });
      await client.query('COMMIT');
    } finally {
      client.release();
    }
    expect(await app.store.objects.find({ type: 'post', id: '8' })).not.toBeNull();
  });
});

describe('the migration of a view', () => {
  it('waits for the type, and for ids that fit, and leaves nothing behind where it fails', async () => {
    const app = await openRowsApp();
    try {
      await expect(app.pool.query(view('uuid', "it's %s"))).rejects.toThrow(
        "There is no type it's %s yet: register it, then run this migration again.",
      );
      await app.arrange(async (unit) => {
        await unit.types.create({ id: "it's %s", actions: ['view'], creatorActions: [] });
        await unit.objects.create({ type: "it's %s", id: 'readme', attributes: {} }, null);
      });
      await expect(app.pool.query(view('int', "it's %s"))).rejects.toThrow(
        'The id readme of an object of this type could not be held as int.',
      );
      const left = await app.pool.query("SELECT 1 FROM pg_class WHERE relname = 'it_s_s_access'");
      expect(left.rows).toEqual([]);
      await app.pool.query(view('text', "it's %s"));
      expect((await app.pool.query('SELECT * FROM it_s_s_access')).rows).toEqual([]);
    } finally {
      await app.close();
    }
  });

  it('makes a view that holds nothing where there is no Castellan, of the same columns', async () => {
    const columns = (databaseUrl: string) =>
      query(
        databaseUrl,
        `SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'document_access'
         ORDER BY ordinal_position`,
      );
    const [empty, app] = [await createEmptyDatabase(), await openRowsApp()];
    try {
      for (let n = 0; n < 2; n += 1) await query(empty.databaseUrl, view('uuid'));
      expect(await query(empty.databaseUrl, 'SELECT * FROM public.document_access')).toEqual([]);
      expect(await columns(empty.databaseUrl)).toEqual(await columns(app.databaseUrl));
    } finally {
      await empty.drop();
      await app.close();
    }
  });
});
