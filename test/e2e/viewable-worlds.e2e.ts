import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { refName, type Mode, type SubjectRef } from '../../src/core/model.js';
import { PostgresRowRules } from '../../src/store/row-rules.js';
import { ANYONE, AUTHENTICATED } from '../../src/core/built-ins.js';
import { decidedIds, expectedOf, listedIds, type Asked } from '../support/rows/rows-expected.js';
import type { Holdings } from '../support/rows/arbitrary-rules.js';
import { TABLE_TYPES, openRowsApp, type Row, type RowsApp } from '../support/rows/rows-app.js';
import {
  arrangeHoldings,
  drawHoldings,
  folder,
  rowRef,
  user,
  writeRows,
  type WrittenRows,
} from '../support/rows/rows-world.js';

const MODES: readonly (Mode | undefined)[] = [undefined, undefined, 'both', 'object'];
const seed = inject('worldSeed') ?? Math.floor(Math.random() * 2 ** 31);

describe(`rows that a subject may view, in worlds of the seed ${seed}`, () => {
  let app: RowsApp;
  let rows: WrittenRows;
  let sources: PostgresRowRules[];

  beforeAll(async () => {
    app = await openRowsApp();
    rows = await writeRows(app, seed);
    // Few, many, and between: each is another statement.
    sources = [
      new PostgresRowRules(app.store.hot),
      new PostgresRowRules(app.store.hot, { some: 1, many: 1 }),
      new PostgresRowRules(app.store.hot, { some: 1, many: 1000 }),
    ];
  });
  afterAll(() => app.close());

  const questionsOf = (subject: SubjectRef, n: number): Asked[] =>
    TABLE_TYPES.map((type, at) => ({
      subject,
      type,
      action: (n + at) % 4 === 0 ? 'change' : 'view',
      mode: MODES[(n + at) % MODES.length],
      context: n % 2 === 0 ? { place: 'here' } : undefined,
    }));

  it('are those for which decisions allow it, in every kind of query', async () => {
    const holdings = drawHoldings(rows, { count: 50, seed, everything: false });
    const seen = { none: 0, some: 0, all: 0 };
    for (const [n, each] of holdings.entries()) {
      await arrangeHoldings(app, `u${n}`, each);
      for (const asked of questionsOf(user(`u${n}`), n)) {
        const ids = await decidedIds(app, rows, asked);
        seen[ids.length === 0 ? 'none' : ids.length === rows[asked.type].length ? 'all' : 'some'] += 1;
        const expected = expectedOf(rows, asked.type, ids);
        const source = sources[(n + TABLE_TYPES.indexOf(asked.type)) % 3] as PostgresRowRules;
        expect(await listedIds(app, source, rows, asked), JSON.stringify({ asked, each })).toEqual(expected);
      }
    }
    expect(seen.none, JSON.stringify(seen)).toBeGreaterThan(10);
    expect(seen.some, JSON.stringify(seen)).toBeGreaterThan(30);
  });

  it('are never others, whatever conditions ask that columns do not tell', async () => {
    const holdings = drawHoldings(rows, { count: 25, seed: seed + 1, everything: true });
    let [hidden, shown] = [0, 0];
    for (const [n, each] of holdings.entries()) {
      await arrangeHoldings(app, `v${n}`, each);
      for (const asked of questionsOf(user(`v${n}`), n)) {
        const decided = await decidedIds(app, rows, asked);
        const { whole } = await listedIds(app, sources[n % 3] as PostgresRowRules, rows, asked);
        expect(decided, JSON.stringify({ asked, each })).toEqual(expect.arrayContaining(whole as string[]));
        hidden += decided.length - (whole as string[]).length;
        shown += (whole as string[]).length;
      }
    }
    expect(shown).toBeGreaterThan(20);
    expect(hidden).toBeGreaterThan(0);
  });

  it('are those that anyone may, of nobody in particular, of an unknown user, of a group and of a role', async () => {
    const [everybodys] = drawHoldings(rows, { count: 1, seed: seed + 2, everything: false });
    await arrangeHoldings(app, 'w', { ...(everybodys as Holdings), active: true, superuser: false });
    const held = { effect: 'allow', startsAt: null, expiresAt: null } as const;
    await app.arrange(async (unit) => {
      const on = rowRef('document', rows.document[1] as Row);
      const grant = { ...held, subject: ANYONE, permission: 'document:view' };
      await unit.grants.create([
        { ...grant, object: folder(1) },
        { ...grant, object: null, condition: { 'resource.open': true } },
        { ...grant, object: on, effect: 'deny', condition: { 'resource.title': { $ne: 'a' } } },
        { ...grant, subject: AUTHENTICATED, object: null, condition: { 'resource.level': { $gt: 0 } } },
      ]);
      await unit.grants.create([{ ...grant, subject: { type: 'role', id: 'w-one' }, object: folder(0) }]);
    });
    const groups = ['anyone', 'authenticated', 'w-inner', 'w-outer'].map((id) => ({ type: 'group', id }));
    const others = [user('nobody-knows'), user('w'), { type: 'role', id: 'w-two' }, { type: 'service', id: 'unknown' }];
    const found = new Map<string, number>();
    for (const subject of [...groups, ...others])
      for (const [n, asked] of questionsOf(subject, 1).entries()) {
        const ids = await decidedIds(app, rows, asked);
        found.set(refName(subject), (found.get(refName(subject)) ?? 0) + ids.length);
        const listed = await listedIds(app, sources[n % 3] as PostgresRowRules, rows, asked);
        expect(listed, JSON.stringify(asked)).toEqual(expectedOf(rows, asked.type, ids));
      }
    expect(found.get('user:nobody-knows')).toBeGreaterThan(0);
    expect(found.get('group:anyone')).toBe(found.get('user:nobody-knows'));
  });
});
