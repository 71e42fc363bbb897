import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { castellan } from '../support/castellan-command.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COMPILE =
  '--module nodenext --target es2022 --strict --experimentalDecorators --emitDecoratorMetadata --types node'.split(' ');

const guide = readFile(join(ROOT, 'docs/ten-minutes.md'), 'utf8');

/** The guide's files, each named in the first line of its block. */
async function files(): Promise<Record<string, string>> {
  const blocks = (await guide).matchAll(/^```(?:ts|yaml)\n(?:\/\/|#) (\S+)\n([\s\S]*?)^```/gm);
  return Object.fromEntries([...blocks].map(([, name = '', text = '']) => [name, text]));
}

/** The table of answers: method, path, who, status. */
async function answers(): Promise<[method: string, path: string, who: string, status: number][]> {
  const rows = (await guide).matchAll(/^\| `(\w+) (\S+)` by (\w+)[^|]*\| (\d{3})/gm);
  return [...rows].map(([, method = '', path = '', who = '', status]) => [method, path, who, Number(status)]);
}

describe('the program of the guide', () => {
  let database: TestDatabase;
  let folder: TemporaryFolder;
  let app: ChildProcess;
  let address: string;

  beforeAll(async () => {
    [database, folder] = await Promise.all([createTestDatabase(), temporaryFolder('ten-minutes')]);
    const settings = { DATABASE_URL: database.databaseUrl };
    for (const [name, text] of Object.entries(await files())) {
      await mkdir(dirname(join(folder.path, name)), { recursive: true });
      await writeFile(join(folder.path, name), text);
    }
    await writeFile(join(folder.path, 'package.json'), '{ "type": "module" }');
    // What the guide installs, as this project has it.
    await mkdir(join(folder.path, 'node_modules'));
    for (const name of ['@nestjs', '@types', 'reflect-metadata', 'rxjs'])
      await symlink(join(ROOT, 'node_modules', name), join(folder.path, 'node_modules', name));
    await symlink(ROOT, join(folder.path, 'node_modules/castellan'));
    const seeded = await castellan(settings, ['seed', join(folder.path, 'policy.yaml')]);
    expect(seeded).toMatchObject({ status: 0 });
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [tsc, ...COMPILE, '--outDir', 'dist', 'src/main.ts'], {
      cwd: folder.path,
    });
    app = spawn(process.execPath, ['dist/main.js'], { cwd: folder.path, env: { ...settings, PORT: '0' } });
    const [line] = (await once(app.stdout?.setEncoding('utf8') ?? app, 'data')) as [string];
    address = line.trim();
  });
  afterAll(async () => {
    const ended = once(app, 'exit');
    app.kill('SIGTERM');
    await ended;
    await Promise.all([database.drop(), folder.remove()]);
  });

  it('answers what the guide says it does', async () => {
    const expected = await answers();
    expect(expected.length).toBeGreaterThan(5);
    for (const [method, path, who, status] of expected) {
      const headers: Record<string, string> = who === 'nobody' ? {} : { 'x-user': who };
      const answer = await fetch(`${address}${path}`, { method, headers });
      expect([method, path, who, answer.status]).toEqual([method, path, who, status]);
      if (status === 200 && method === 'GET')
        expect(await answer.json()).toMatchObject({ actions: ['view', 'add', 'change', 'delete', 'grant'] });
    }
  });

  it('is what its own commands say of it', async () => {
    const check = (who: string) =>
      castellan({ DATABASE_URL: database.databaseUrl }, ['check', `user:${who}`, 'change', 'document:1']);
    expect([(await check('alice')).status, (await check('carol')).status, (await check('bob')).status]).toEqual([
      0, 0, 1,
    ]);
  });

  it('does not start without its one line of guarding', async () => {
    const main = join(folder.path, 'dist/documents.controller.js');
    const unguarded = (await readFile(main, 'utf8')).replace(/Resource\('document'\),?/, '');
    await writeFile(main, unguarded);
    const run = promisify(execFile)(process.execPath, ['dist/main.js'], {
      cwd: folder.path,
      env: { DATABASE_URL: database.databaseUrl, PORT: '0' },
    });
    await expect(run).rejects.toMatchObject({ stderr: expect.stringContaining('GET /documents/:id') as string });
  });
});
