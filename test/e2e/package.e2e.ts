import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as clientFace from '../../src/client/index.js';
import * as face from '../../src/index.js';
import * as testingFace from '../../src/testing/index.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const APP = fileURLToPath(new URL('../support/packaged/app.ts', import.meta.url));
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

const dependencies = { 'reflect-metadata': '0.2.2', rxjs: '7.8.2', '@types/node': '20.19.43' };
const PROJECTS = [
  {
    name: 'Nest 12 on Fastify',
    platform: 'fastify',
    adapter: 'FastifyAdapter',
    packages: { '@nestjs/common': '12.5.1', '@nestjs/core': '12.5.1', '@nestjs/platform-fastify': '12.5.0' },
  },
  {
    name: 'Nest 11 on Express',
    platform: 'express',
    adapter: 'ExpressAdapter',
    packages: { '@nestjs/common': '11.2.10', '@nestjs/core': '11.2.10', '@nestjs/platform-express': '11.2.10' },
  },
];

let folder: TemporaryFolder;
let tarball: string;
let packed: string[];
let projects: Map<string, Project>;

beforeAll(async () => {
  folder = await temporaryFolder('package');
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder.path], { cwd: ROOT });
  const answer = JSON.parse(stdout) as Record<string, { filename: string; files: { path: string }[] }>;
  const [{ filename, files } = { filename: '', files: [] }] = Object.values(answer);
  tarball = join(folder.path, filename);
  packed = files.map(({ path }) => path);
  const made = PROJECTS.map(async (parts) => [parts.name, await makeProject(parts)] as const);
  projects = new Map(await Promise.all(made));
}, 300_000);
afterAll(() => folder.remove());

describe('the package', () => {
  it('holds what it is to be used by', () => {
    expect(packed).toEqual(
      expect.arrayContaining([
        'README.md',
        'LICENSE',
        'package.json',
        'prisma/schema.prisma',
        'prisma/migrations/migration_lock.toml',
        'demo/demo.yaml',
        'schema/castellan.schema.json',
        'dist/main.js',
        'dist/cli/main.js',
        ...['dist', 'dist/testing', 'dist/client'].flatMap((path) => [`${path}/index.js`, `${path}/index.d.ts`]),
      ]),
    );
    expect(packed.filter((path) => path.endsWith('/migration.sql')).length).toBeGreaterThanOrEqual(3);
  });

  it('holds nothing that is not to be used: no source, tests, maps to files that are not there, or notes of the build', () => {
    const allowed =
      /^(dist\/.*\.(js|d\.ts)|prisma\/.*|demo\/demo\.yaml|schema\/castellan\.schema\.json|README\.md|LICENSE|package\.json)$/;
    const page = /^dist\/app\/openapi\/page\/(index\.html|swagger-ui[\w.-]*\.(css|txt))$/;
    expect(packed.filter((path) => !allowed.test(path) && !page.test(path))).toEqual([]);
    expect(packed.filter((path) => /\.(test|e2e)\.|(^|\/)\.|\/test\//.test(path))).toEqual([]);
  });
});

describe.each(PROJECTS)('a new project with $name that installs the package', ({ name, platform }) => {
  let project: string;
  let faults: readonly string[];

  beforeAll(() => {
    ({ path: project, faults } = projects.get(name) ?? { path: '', faults: [] });
  });

  it('has one Nest, its own', async () => {
    const { stdout } = await run('npm', ['ls', '--all', '--parseable', '@nestjs/core', '@nestjs/common'], {
      cwd: project,
    });
    expect(
      new Set(
        stdout
          .trim()
          .split('\n')
          .map((path) => path.slice(project.length + 1)),
      ),
    ).toEqual(new Set(['node_modules/@nestjs/common', 'node_modules/@nestjs/core']));
  });

  it('compiles, with the types of the package looked into as well', () => {
    expect(faults.filter((fault) => /^(src|node_modules\/castellan)\//.test(fault))).toEqual([]);
  });

  it('runs, and is guarded', async () => {
    const { stdout } = await run(process.execPath, ['dist/app.js'], { cwd: project });
    expect(JSON.parse(stdout)).toEqual({
      alice: '200 {"id":"1","editable":true}',
      bob: '200 {"id":"1","editable":false}',
      bobChanges: '403',
      nobody: '401',
      model: 'document',
      client: true,
      exported: [face, testingFace, clientFace].map((names) => Object.keys(names).toSorted()),
      platform,
    });
  });

  it('has the command line', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const castellan = (...args: string[]): Promise<{ stdout: string }> =>
      run(join(project, 'node_modules', '.bin', 'castellan'), args, { cwd: project });
    expect((await castellan('--version')).stdout).toBe(`${version}\n`);
    expect((await castellan('prisma', 'view', 'document', '--id', 'int')).stdout).toContain('model Document {');
  });
});

const compilerOptions = {
  target: 'ES2023',
  module: 'nodenext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  rootDir: 'src',
  outDir: 'dist',
};

interface Project {
  readonly path: string;
  /** What the compiler says. */
  readonly faults: readonly string[];
}

async function makeProject({ name, platform, adapter, packages }: (typeof PROJECTS)[number]): Promise<Project> {
  const path = join(folder.path, name.replaceAll(' ', '-').toLowerCase());
  const castellan = `file:${tarball}`;
  const manifest = { private: true, type: 'module', dependencies: { ...dependencies, ...packages, castellan } };
  await mkdir(join(path, 'src'), { recursive: true });
  await writeFile(join(path, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(path, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  await copyFile(APP, join(path, 'src', 'app.ts'));
  const adapterModule = `export { ${adapter} as Adapter } from '@nestjs/platform-${platform}';\n`;
  await writeFile(join(path, 'src', 'adapter.ts'), adapterModule);
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock'];
  await run('npm', ['install', ...quietly], { cwd: path });
  const compiled = await run(process.execPath, [TSC, '-p', path, '--pretty', 'false'], { cwd: path }).catch(
    (error: unknown) => error as { stdout: string },
  );
  return { path, faults: compiled.stdout.split('\n').filter((line) => /error TS\d+/.test(line)) };
}
