import fc from 'fast-check';
import type { ObjectRef, SubjectRef } from '../../../src/core/model.js';
import type { NewGrant } from '../../../src/core/ports/grants.js';
import { anyRow, UUIDS } from '../arbitrary-rows.js';
import { holdingsOver, type Holdings } from './arbitrary-rules.js';
import { TABLES, TABLE_TYPES, type Row, type RowsApp, type TableType } from './rows-app.js';

const ROWS = 9;
// Beside the smallest and the largest, and with ids that are told apart by their whole length only.
const IDS: Readonly<Record<TableType, (n: number) => unknown>> = {
  document: (n) => UUIDS[n] ?? `00000000-0000-4000-8000-0000000000${(16 + n).toString(16)}`,
  post: (n) => (n === 0 ? -2_147_483_648 : n),
  ticket: (n) => (n === 0 ? 2n ** 63n - 1n : BigInt(n)),
  page: (n) => (n === 0 ? 'it\'s / a "page"?' : String.fromCharCode(96 + n)),
};

export const folder = (n: number): ObjectRef => ({ type: 'folder', id: `f${n}` });
export const rowRef = (type: TableType, row: Row): ObjectRef => ({ type, id: String(row['id']) });

/** The rows of each table, as they were written. */
export type WrittenRows = Readonly<Record<TableType, readonly Row[]>>;

/**
 * Writes rows, and registers their objects: some below folders that are in one another, one below another row, and some not at all. What is
 * stored of them says otherwise than their rows, which is not to count.
 */
export async function writeRows(app: RowsApp, seed: number): Promise<WrittenRows> {
  await app.pool.query(`INSERT INTO "Author" VALUES (1, 'one'), (2, 'two')`);
  const written: Partial<Record<TableType, Row[]>> = {};
  for (const type of TABLE_TYPES) {
    const values = fc.sample(anyRow, { numRuns: ROWS, seed });
    const rows = values.map((row, n) => ({
      ...row,
      id: IDS[type](n),
      made: (n * 5) % ROWS,
      authorId: [1, 2, null][n % 3],
    }));
    await app.prisma[type].createMany({ data: rows });
    written[type] = rows;
  }
  await app.arrange(async (unit) => {
    for (let n = 0; n < 3; n += 1)
      await unit.objects.create({ ...folder(n), attributes: {}, parent: n === 0 ? null : folder(n - 1) }, null);
    for (const type of TABLE_TYPES)
      for (const [n, row] of (written[type] as Row[]).entries()) {
        if (n === ROWS - 1) continue;
        const parent = n === 3 ? rowRef(type, written[type]?.[2] as Row) : n < 3 ? folder(n) : null;
        const attributes = { title: 'stored', stored: 'x', level: 7 };
        await unit.objects.create({ ...rowRef(type, row), attributes, parent }, null);
      }
  });
  return written as WrittenRows;
}

/** What some users hold, drawn at random; in the order of the users `u0`, `u1` and so on. */
export function drawHoldings(
  rows: WrittenRows,
  { count, seed, everything }: { count: number; seed: number; everything: boolean },
): Holdings[] {
  const registered = TABLE_TYPES.flatMap((type) => rows[type].slice(0, ROWS - 1).map((row) => rowRef(type, row)));
  // What is on a folder is about many.
  const places = [...registered, ...Array.from({ length: 12 }, (_, n) => folder(n % 3))];
  return fc.sample(holdingsOver(TABLE_TYPES, places, { everything }), { numRuns: count, seed });
}

export const user = (name: string): SubjectRef => ({ type: 'user', id: name });

/** Gives the user what it is to hold, with groups and roles of its own. */
export function arrangeHoldings(app: RowsApp, name: string, holdings: Holdings): Promise<void> {
  const [inner, outer] = [`${name}-inner`, `${name}-outer`];
  const roles = [`${name}-one`, `${name}-two`];
  const holders: SubjectRef[] = [
    user(name),
    { type: 'group', id: inner },
    { type: 'group', id: outer },
    ...roles.map((id) => ({ type: 'role', id })),
  ];
  return app.arrange(async (unit) => {
    const { active, superuser, attributes } = holdings;
    await unit.users.create({ id: name, username: name, email: null, active, superuser, attributes });
    await unit.groups.create({ id: inner, description: null });
    await unit.groups.create({ id: outer, description: null });
    await unit.groups.addMember(inner, user(name));
    await unit.groups.addMember(outer, { type: 'group', id: inner });
    for (const [n, id] of roles.entries()) {
      const rules = [...(holdings.roles[n] ?? [])];
      await unit.roles.create({ id, description: null, rules, includes: n === 0 ? [] : [roles[0] as string] });
    }
    for (const { holder, role, ...where } of holdings.assignments)
      await unit.assignments.create({ subject: holders[holder] as SubjectRef, role: roles[role] as string, ...where });
    const grants = holdings.grants.map(({ holder, ...grant }): NewGrant => ({
      ...grant,
      subject: holders[holder] as SubjectRef,
    }));
    if (grants.length > 0) await unit.grants.create(grants);
  });
}

export const modelName = (type: TableType): string => TABLES[type].model;
