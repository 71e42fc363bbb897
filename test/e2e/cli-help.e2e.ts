import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { castellan } from '../support/castellan-command.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

// Tells of each module that is loaded.
const TELLER = `
  import { register } from 'node:module';
  register('data:text/javascript,' + encodeURIComponent(
    'export async function load(url, context, next) { process._rawDebug("loads " + url); return next(url, context); }'
  ));
`;

/** The modules that a command line loads, of node's own none, as paths from the project's root. */
async function loaded(...args: string[]): Promise<string[]> {
  const teller = `data:text/javascript,${encodeURIComponent(TELLER)}`;
  const { stderr } = await promisify(execFile)(process.execPath, ['--import', teller, MAIN, ...args]);
  return [...stderr.matchAll(/^loads file:\/\/(.*)$/gm)].map(([, path = '']) => path.replace(ROOT, ''));
}

describe('the help of castellan', () => {
  it('loads nothing but the commands themselves and commander', async () => {
    for (const args of [['--help'], ['user', 'create', '--help'], ['help', 'prisma', 'view']]) {
      const modules = await loaded(...args);
      expect(modules).toContain('dist/cli/program.js');
      expect(modules.filter((path) => !/^(dist\/cli\/|node_modules\/commander\/)/.test(path))).toEqual([]);
    }
    // What it would be told of.
    expect((await loaded('config')).some((path) => path.startsWith('node_modules/zod/'))).toBe(true);
  });

  it('is there by help and by --help alike, also for commands below commands', async () => {
    const [long, word, below, group, all] = await Promise.all([
      castellan({}, ['user', 'create', '--help']),
      castellan({}, ['help', 'user', 'create']),
      castellan({}, ['user', 'help', 'create']),
      castellan({}, ['help', 'user']),
      castellan({}, ['help']),
    ]);
    expect(long).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^Usage: castellan user create /) as string,
    });
    expect(word).toEqual(long);
    expect(below).toEqual(long);
    expect(group.stdout).toMatch(/^Usage: castellan user /);
    expect(all.stdout).toMatch(/Exit status: 0 fine, or allowed; 1 not done, or denied; 2 changes pending;/);
  });

  it.each<[string, RegExp]>([
    ['chekc', /^castellan: unknown command 'chekc' \(Did you mean check\?\)\. See castellan --help\.\n$/],
    ['user creat', /^castellan: unknown command 'creat' \(Did you mean create\?\)\. See castellan user --help\.\n$/],
    ['help user creat', /Did you mean create\?.* See castellan user --help\.\n$/],
    ['help docter', /Did you mean doctor\?/],
    ['doctor --fxi', /^castellan: unknown option '--fxi' \(Did you mean --fix\?\)\. See castellan doctor --help\.\n$/],
    ['user create alice --superusr', /Did you mean --superuser\?.* See castellan user create --help\.\n$/],
  ])('suggests the near one for: %s', async (line, said) => {
    const [plain, json] = await Promise.all([
      castellan({}, line.split(' ')),
      castellan({}, [...line.split(' '), '--json']),
    ]);
    expect(plain).toMatchObject({ status: 64, stdout: '', stderr: expect.stringMatching(said) as string });
    expect([json.status, json.stdout]).toEqual([64, '']);
    expect(JSON.parse(json.stderr)).toMatchObject({
      error: { code: 'usage', message: expect.stringContaining('Did you mean') as string },
    });
  });
});
