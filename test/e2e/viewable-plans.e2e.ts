import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Thresholds } from '../../src/store/row-rules.js';
import { PostgresRowRules } from '../../src/store/row-rules.js';
import { viewableRows, type ViewableRows } from '../../src/embed/viewable.js';
import { openRowsApp, type RowsApp } from '../support/rows/rows-app.js';
import { user } from '../support/rows/rows-world.js';

const ROWS = 4000;
const ID = (n: string): string => `('00000000-0000-4000-8000-' || lpad(${n}::text, 12, '0'))`;

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Filter?: string;
  readonly Plans?: readonly Node[];
}

const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];
const named = (node: Node): string =>
  [node['Node Type'], node['Relation Name'], node['Index Name']].filter((part) => part !== undefined).join(' ');

describe('the plans of lists', () => {
  let app: RowsApp;

  beforeAll(async () => {
    app = await openRowsApp();
    await app.pool.query(`
      INSERT INTO "Document" (id, title, state, level, score, open, due, tags, made)
        SELECT ${ID('n')}::uuid, 'x', 'draft', n, 1, true, '2030-01-01', '{}', n FROM generate_series(1, ${ROWS}) n`);
    await app.arrange(async (unit) => {
      for (const id of ['few', 'many'])
        await unit.users.create({ id, username: id, email: null, active: true, superuser: false, attributes: {} });
    });
    for (const statement of [
      `INSERT INTO castellan.objects (type_id, external_id)
        SELECT t.id, ${ID('n')} FROM castellan.types t, generate_series(1, ${ROWS}) n WHERE t.name = 'document'`,
      `INSERT INTO castellan.objects (type_id, external_id)
        SELECT t.id, 'other' || n FROM castellan.types t, generate_series(1, ${ROWS}) n WHERE t.name = 'folder'`,
      `INSERT INTO castellan.grants (id, subject_id, permission_id, object_id)
        SELECT uuidv7(), s.id, p.id, o.id FROM castellan.subjects s, castellan.objects o
        JOIN castellan.types t ON t.id = o.type_id JOIN castellan.permissions p ON p.type_id = t.id AND p.action = 'view'
        WHERE t.name = 'document' AND s.type = 'user' AND (s.external_id = 'many' OR (s.external_id = 'few' AND o.external_id LIKE '%007'))`,
      'VACUUM ANALYZE "Document"',
      'VACUUM ANALYZE castellan.objects',
      'VACUUM ANALYZE castellan.grants',
    ])
      await app.pool.query(statement);
  });
  afterAll(() => app.close());

  const viewableOf = (name: string, thresholds?: Thresholds): Promise<ViewableRows> =>
    viewableRows(new PostgresRowRules(app.store.hot, thresholds), user(name), app.models.document);

  /** How the statement that Prisma sends is carried out. */
  async function planOf(query: object): Promise<Node[]> {
    app.sent.length = 0;
    await app.prisma.document.findMany(query as Record<string, unknown>);
    const [sent] = app.sent;
    const { rows } = await app.pool.query<{ 'QUERY PLAN': { Plan: Node }[] }>(
      `EXPLAIN (FORMAT JSON) ${String(sent?.query)}`,
      JSON.parse(String(sent?.params)) as unknown[],
    );
    return nodesOf(rows[0]?.['QUERY PLAN'][0]?.Plan as Node);
  }

  const newest = { orderBy: { made: 'desc' }, take: 50 };
  const byRow = { some: 1, many: 1 };
  const between = { some: 1, many: 100_000 };

  it('begin with what the rules are placed on, where that is little', async () => {
    const { where } = await viewableOf('few');
    expect(await app.prisma.document.findMany({ where, ...newest })).toHaveLength(4);
    const nodes = await planOf({ where, ...newest });
    expect(nodes.filter((node) => node['Node Type'] === 'Seq Scan').map(named)).toEqual([]);
    expect(nodes.map(named)).toContain('Index Scan Document Document_pkey');
  });

  it('go through the rows in their order, and ask of each, where that is much', async () => {
    const { where } = await viewableOf('many', byRow);
    const nodes = await planOf({ where, ...newest });
    expect(nodes.map(named)).toContain('Index Scan Document Document_made_idx');
    expect(nodes.filter((node) => ['Sort', 'Seq Scan'].includes(node['Node Type'])).map(named)).toEqual([]);
    expect(nodes.filter(({ Filter = '' }) => Filter.includes('hashed')).map(named)).toEqual([]);
    expect(nodes.find(({ Filter = '' }) => Filter.includes('SubPlan'))?.['Relation Name']).toBe('Document');
  });

  it('go through the rows in their order, and look each up among what was found beforehand, between the two', async () => {
    const { where } = await viewableOf('many', between);
    const nodes = await planOf({ where, ...newest });
    expect(nodes.map(named)).toContain('Index Scan Document Document_made_idx');
    expect(nodes.find(({ Filter = '' }) => Filter.includes('hashed SubPlan'))?.['Relation Name']).toBe('Document');
  });

  it('look one row up by its id, and what is placed on it', async () => {
    const id = '00000000-0000-4000-8000-000000000007';
    for (const [name, thresholds] of [
      ['few', undefined],
      ['many', byRow],
      ['many', between],
    ] as const) {
      const { where } = await viewableOf(name, thresholds);
      const nodes = await planOf({ where: { AND: [where, { id }] } });
      const scans = nodes.filter((node) => node['Node Type'].includes('Scan') && node['Relation Name'] !== undefined);
      expect(scans.length, name).toBeGreaterThan(1);
      expect(scans.filter((node) => node['Index Cond'] === undefined).map(named), JSON.stringify(thresholds)).toEqual(
        [],
      );
      expect(scans.map(named)).toContain('Index Scan Document Document_pkey');
    }
  });

  it('are made quickly: of a leg that is not asked for, nothing is planned', async () => {
    const { where } = await viewableOf('few');
    const tables = (await planOf({ where, ...newest })).map((node) => node['Relation Name']);
    expect(tables.filter((table) => table !== undefined).toSorted()).toEqual([
      'Document',
      expect.stringMatching(/^plain grants on type \d+ as uuid$/),
    ]);
  });
});
