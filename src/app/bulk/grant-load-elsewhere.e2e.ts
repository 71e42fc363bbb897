import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { grant, GRANTS, GrantImports, grants } from '../../../test/support/grant-imports.js';
import { prismaView } from '../prisma-view.js';

describe('grants that come in numbers, where a database is not as Castellan has made it', () => {
  const imports = new GrantImports();

  it('go in batch by batch while anybody else is connected', async () => {
    const other = new pg.Client(imports.url);
    await other.connect();
    try {
      expect(await imports.run(grants())).toMatchObject({ counts: { grant: { created: GRANTS } } });
    } finally {
      await other.end();
    }
    expect(imports.happened('taken')).toBe(0);
  });

  it('keep what an operator has added to the table, or leave it alone where its definition does not say all', async () => {
    await imports.query(
      'CREATE INDEX added ON castellan.grants (created_at DESC) WITH (fillfactor = 70) WHERE expires_at IS NULL',
    );
    const before = await imports.definitions();
    await imports.run(grants(0, 6000));
    expect(imports.happened('indexing')).toBe(1);
    expect(await imports.definitions()).toEqual(before);
    await imports.query(`COMMENT ON INDEX castellan.added IS 'of ours'; DELETE FROM castellan.grants`);
    await imports.run(grants(0, 6000));
    expect(imports.happened('indexing')).toBe(0);
    expect(await imports.query(`SELECT obj_description('castellan.added'::regclass) AS text`)).toEqual([
      { text: 'of ours' },
    ]);
  });

  it('leave keys alone that have settings of their own, and indexes where they are', async () => {
    const space = `space_${randomUUID().slice(0, 8)}`;
    const operator = new pg.Client(imports.url);
    await operator.connect();
    await operator.query('SET allow_in_place_tablespaces = on');
    await operator.query(`CREATE TABLESPACE ${space} LOCATION ''`);
    await operator.end();
    try {
      await imports.alterDatabase(`SET default_tablespace = ${space}`);
      await imports.run(grants(0, 5000));
      expect(imports.happened('indexing')).toBe(1);
    } finally {
      await imports.alterDatabase('RESET default_tablespace');
      // Fails where anything has gone there.
      await imports.query(`DROP TABLESPACE ${space}`);
    }
    await imports.query('ALTER INDEX castellan.grants_pkey SET (fillfactor = 70)');
    await imports.run(grants(5000));
    expect(imports.happened('indexing')).toBe(0);
    expect(await imports.query(`SELECT reloptions FROM pg_class WHERE relname = 'grants_pkey'`)).toEqual([
      { reloptions: ['fillfactor=70'] },
    ]);
  });

  it('are told to whoever replicates the table, those that were told twice among them', async () => {
    await imports.query('CREATE PUBLICATION all_of_it FOR ALL TABLES');
    expect(await imports.run([...grants(0, 5000), grant(4000), ...grants(5000)])).toMatchObject({
      counts: { grant: { created: GRANTS, unchanged: 1 } },
    });
    expect([imports.happened('indexing'), imports.happened('undone')]).toEqual([1, 0]);
  });

  it('take as long as they take, whatever limit transactions have', async () => {
    for (const limit of ['transaction', 'idle_in_transaction_session'])
      await imports.alterDatabase(`SET ${limit}_timeout = '500ms'`);
    const still = new Int32Array(new SharedArrayBuffer(4));
    const slow = imports.run(grants(), {
      tell: (state, event) => {
        if (event === 'taken' && state.rows === 2000) Atomics.wait(still, 0, 0, 900);
      },
    });
    expect(await slow).toMatchObject({ counts: { grant: { created: GRANTS } } });
    expect(imports.happened('indexing')).toBe(1);
  });

  it('go in batch by batch where a table of row grants is to be kept', async () => {
    await imports.query(prismaView({ type: 'post', idType: 'int' }).migration);
    expect(await imports.run(grants())).toMatchObject({ counts: { grant: { created: GRANTS } } });
    expect(imports.happened('taken')).toBe(0);
    expect(await imports.faults()).toEqual([]);
  });

  it.each([
    ['owns the tables, with its foreign keys made anew', 'OWNS', 'together'],
    ['does not own them, batch by batch', 'OWNS NOT', 'singly'],
    ['may have no second connection, batch by batch', 'OWNS; ALTER ROLE % CONNECTION LIMIT 1', 'singly'],
    [
      'owns them, but may not make an index, batch by batch',
      'OWNS; REVOKE CREATE ON SCHEMA castellan FROM %',
      'singly',
    ],
    [
      'owns them, but may not make a key, after it was tried',
      'OWNS; REVOKE REFERENCES ON castellan.subjects FROM %',
      'again',
    ],
  ])('go in by a role that is no superuser and %s', async (_what, rights, how) => {
    const role = `importer_${randomUUID().slice(0, 8)}`;
    await imports.query(`CREATE ROLE ${role} LOGIN PASSWORD 'importer'; GRANT ALL ON SCHEMA castellan TO ${role};
      GRANT ALL ON ALL TABLES IN SCHEMA castellan TO ${role}; GRANT ALL ON ALL SEQUENCES IN SCHEMA castellan TO ${role}`);
    const [owning = '', less] = rights.split('; ');
    if (owning === 'OWNS') await imports.query(`ALTER TABLE castellan.grants OWNER TO ${role}`);
    if (less) await imports.query(less.replace('%', role));
    const url = new URL(imports.url);
    [url.username, url.password] = [role, 'importer'];
    const before = await imports.definitions();
    try {
      const lines = [...grants(0, 5000), grant(1).replace('post:0', 'post:none'), ...grants(5000)];
      expect(await imports.run(lines, { url: url.href })).toMatchObject({
        resumed: 0,
        counts: { grant: { created: GRANTS, unchanged: 0, rejected: 1 } },
      });
      expect([imports.happened('indexing'), imports.happened('undone')]).toEqual([
        how === 'singly' ? 0 : 1,
        how === 'again' ? 1 : 0,
      ]);
      expect(await imports.definitions()).toEqual(before);
    } finally {
      await imports.query(
        `ALTER TABLE castellan.grants OWNER TO CURRENT_USER; DROP OWNED BY ${role}; DROP ROLE ${role}`,
      );
    }
    expect(await imports.faults()).toEqual([]);
  });
});
