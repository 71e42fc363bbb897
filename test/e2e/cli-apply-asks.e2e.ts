import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { run } from '../../src/cli/program.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { query } from '../support/query.js';
import { temporaryFolder } from '../support/temporary-folder.js';

// A process of a test has no terminal; these commands run in the test's own, which pretends to have one.
describe('a command on a terminal', () => {
  let folder: { path: string; remove(): Promise<void> };
  let database: TestDatabase;
  const files = { whole: '', less: '', more: '' };

  beforeAll(async () => {
    folder = await temporaryFolder('cli');
    database = await createTestDatabase();
    const texts = {
      whole: 'types: [{ id: post }]\ngroups: [{ id: staff }, { id: guests }]',
      less: 'types: [{ id: post }]',
      more: 'groups: [{ id: late }]',
    };
    for (const [name, text] of Object.entries(texts)) {
      files[name as keyof typeof files] = join(folder.path, `${name}.yaml`);
      await writeFile(files[name as keyof typeof files], text);
    }
  });
  afterAll(async () => {
    await folder.remove();
    await database.drop();
  });
  afterEach(() => vi.restoreAllMocks());

  /** Runs it, and answers its question once it is asked. */
  async function onTerminal(args: string[], answer: () => Promise<string>): Promise<{ status: number; shown: string }> {
    vi.stubEnv('DATABASE_URL', database.databaseUrl);
    const terminal = (): PassThrough & { isTTY: boolean } => Object.assign(new PassThrough(), { isTTY: true });
    const [input, screen, answers] = [terminal(), terminal(), new PassThrough()];
    const told = { shown: '' };
    const asked = new Promise<void>((resolve) => {
      screen.on('data', (text: Buffer) => {
        told.shown += text.toString();
        if (told.shown.includes('[y/N]')) resolve();
      });
    });
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(input as unknown as typeof process.stdin);
    vi.spyOn(process, 'stderr', 'get').mockReturnValue(screen as unknown as typeof process.stderr);
    vi.spyOn(process, 'stdout', 'get').mockReturnValue(answers as unknown as typeof process.stdout);
    const running = run(args);
    await Promise.race([asked.then(answer).then((text) => input.write(`${text}\n`)), running]);
    const { status } = await running;
    return { status, shown: told.shown };
  }
  const quietly = (...args: string[]): Promise<unknown> => {
    vi.stubEnv('DATABASE_URL', database.databaseUrl);
    vi.spyOn(process, 'stdout', 'get').mockReturnValue(new PassThrough() as unknown as typeof process.stdout);
    return run(args);
  };
  const apply = (...args: string[]): Promise<unknown> => quietly('apply', ...args);
  const groups = async (): Promise<unknown[]> =>
    (
      await query(
        database.databaseUrl,
        `SELECT external_id AS id FROM castellan.subjects WHERE type = 'group' AND id > 100`,
      )
    )
      .map(({ id }) => String(id))
      .toSorted((one, other) => (one < other ? -1 : 1));

  it('asks before it takes an action from a type, with what hangs on it', async () => {
    await quietly('type', 'create', 'memo', '--actions', 'view', 'sign', 'seal');
    await quietly('role', 'create', 'signer', '--rule', 'memo:sign');
    const fewer = ['type', 'change', 'memo', '--actions', 'view'];
    const actions = () =>
      query(
        database.databaseUrl,
        `SELECT p.action FROM castellan.permissions p JOIN castellan.types t ON t.id = p.type_id WHERE t.name = 'memo' ORDER BY p.id`,
      );
    const no = await onTerminal(fewer, () => Promise.resolve('n'));
    expect(no.status).toBe(1);
    expect(no.shown).toContain(
      'Taking the actions sign, seal from type:memo takes along: rules about them: 1. Go on? [y/N] ',
    );
    expect(no.shown).toContain('Nothing was changed.');
    expect(await actions()).toHaveLength(3);
    expect((await onTerminal(fewer, () => Promise.resolve('y'))).status).toBe(0);
    expect(await actions()).toEqual([{ action: 'view' }]);
  });

  it('apply --prune asks before it removes, and removes what it has shown, and no more', async () => {
    expect(await apply(files.whole)).toMatchObject({ status: 0 });
    const no = await onTerminal(['apply', files.less, '--prune'], () => Promise.resolve(''));
    expect(no.status).toBe(1);
    expect(no.shown).toContain('- group guests\n- group staff\n');
    expect(no.shown).toContain('Remove these 2? [y/N]');
    expect(no.shown).toContain('Nothing was changed.');
    expect(await groups()).toEqual(['guests', 'staff']);

    const meanwhile = await onTerminal(['apply', files.less, '--prune'], async () => {
      expect(await apply(files.more)).toMatchObject({ status: 0 });
      return 'y';
    });
    expect(meanwhile.status).toBe(1);
    expect(meanwhile.shown).toContain('group late would go too, and was not shown. Plan again.');
    expect(await groups()).toEqual(['guests', 'late', 'staff']);

    const yes = await onTerminal(['apply', files.less, '--prune'], () => Promise.resolve('y'));
    expect(yes.status).toBe(0);
    expect(await groups()).toEqual([]);
    // Nothing to remove is nothing to ask.
    const none = await onTerminal(['apply', files.whole, '--prune'], () => Promise.reject(new Error('It asked.')));
    expect(none.status).toBe(0);
    expect(none.shown).not.toContain('[y/N]');
  });
});
