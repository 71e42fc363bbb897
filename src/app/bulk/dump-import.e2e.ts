import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPolicyDatabase, type PolicyDatabase } from '../../../test/support/policy-database.js';
import { temporaryFolder, type TemporaryFolder } from '../../../test/support/temporary-folder.js';
import { BULK_KINDS, type BulkKind } from '../../store/bulk/bulk-rows.js';
import { dumpAsOperator } from './operator-dump.js';
import { importAsOperator, openSource } from './operator-import.js';

// As it is measured; in a dump it takes forty times as much.
const LARGEST = { n: Array.from({ length: 9360 }, () => 1e300) };

const WORLD = `
types: [{ id: post, actions: [view, change], mode: both, creatorActions: [] }]
users:
  - { username: alice, id: a, email: a@example.com, attributes: { text: "line\\n\\"quoted\\", 'too'", empty: "", n: 1.5 } }
  - { username: root, superuser: true }
services: [{ id: billing, active: false, attributes: { a: [] } }, { id: mailer }]
groups:
  - { id: empty, description: "" }
  - { id: none }
  - { id: quoted, description: '"' }
  - { id: lines, description: "one\\r\\ntwo", members: [group:none, user:a, service:billing] }
roles:
  - { id: empty, description: "", rules: [post:view, { permission: post:change, effect: deny, condition: { resource.a: "" }, fields: [a] }] }
  - { id: none, includes: [empty] }
objects: [{ type: post, id: '"', attributes: { a: "" } }, { type: post, id: ",", parent: 'post:"' }]
assignments: [{ subject: user:a, role: none, object: 'post:,', startsAt: 2020-01-01T00:00:00Z }]
grants:
  - { subject: user:a, permission: post:view }
  - { subject: group:lines, permission: post:change, object: 'post:"', condition: { resource.a: { $in: ["", "b"] } }, fields: [x, y] }
`;

describe('what is dumped', () => {
  let databases: PolicyDatabase[];
  let folder: TemporaryFolder;

  beforeEach(async () => {
    databases = await Promise.all([openPolicyDatabase(), openPolicyDatabase()]);
    folder = await temporaryFolder('dump');
  });
  afterEach(async () => {
    await Promise.all(databases.map((one) => one.close()));
    await folder.remove();
  });

  const dumpOf = async (
    { databaseUrl }: PolicyDatabase,
    kinds: readonly BulkKind[],
    format: 'ndjson' | 'csv',
  ): Promise<string> => {
    const pieces: Buffer[] = [];
    await dumpAsOperator({ url: databaseUrl }, { kinds, format }, AbortSignal.timeout(60_000), (piece) => {
      pieces.push(piece);
      return Promise.resolve(true);
    });
    return Buffer.concat(pieces).toString('utf8');
  };
  const importInto = async ({ databaseUrl }: PolicyDatabase, text: string, format: 'ndjson' | 'csv') => {
    const file = join(folder.path, `rows.${format}`);
    await writeFile(file, text);
    const asked = { file, batchSize: 20_000 };
    const { rejected } = await importAsOperator(
      { url: databaseUrl },
      await openSource(asked),
      asked,
      AbortSignal.timeout(60_000),
      () => {},
    );
    return rejected;
  };

  it('makes an equal database when it is imported, in CSV as in NDJSON, with texts that are empty among it', async () => {
    const [first, second] = databases as [PolicyDatabase, PolicyDatabase];
    await first.apply(WORLD);
    for (const kind of BULK_KINDS) expect(await importInto(second, await dumpOf(first, [kind], 'csv'), 'csv')).toBe(0);
    const whole = await dumpOf(first, BULK_KINDS, 'ndjson');
    expect(whole).toContain('{"kind":"group","id":"empty","description":""}');
    expect(await dumpOf(second, BULK_KINDS, 'ndjson')).toBe(whole);
    expect(await importInto(second, whole, 'ndjson')).toBe(0);
    expect(await dumpOf(second, BULK_KINDS, 'ndjson')).toBe(whole);
  });

  it.each(['ndjson', 'csv'] as const)('can be imported again, whatever was taken in before: %s', async (format) => {
    const [first, second] = databases as [PolicyDatabase, PolicyDatabase];
    const type = '{"kind":"type","id":"post"}';
    const row = (id: string, attributes: object): string =>
      JSON.stringify({ kind: 'object', type: 'post', id, attributes });
    const text = 'x'.repeat(60_000);
    const rows = [type, row('numbers', LARGEST), row('text', { text }), row('quotes', { text: '"'.repeat(30_000) })];
    expect(await importInto(first, `${[...rows, row('more', { text, more: text })].join('\n')}\n`, 'ndjson')).toBe(1);
    expect(await importInto(second, `${type}\n`, 'ndjson')).toBe(0);
    const dumped = await dumpOf(first, ['object'], format);
    expect(dumped.length).toBeGreaterThan(2 * 1024 * 1024);
    expect(await importInto(second, dumped, format)).toBe(0);
    expect(await dumpOf(second, ['object'], format)).toBe(dumped);
  });
});
