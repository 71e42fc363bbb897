import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { prismaView } from '../../src/app/prisma-view.js';
import { castellan, type Ended } from '../support/castellan-command.js';

// No database is read: where there is none, it works all the same.
const run = (...args: string[]): Promise<Ended> =>
  castellan({ DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' }, ['prisma', 'view', ...args]);

describe('castellan prisma view', () => {
  it('prints what goes into schema.prisma, and the migration', async () => {
    const { schema, migration } = prismaView({ type: 'document', idType: 'uuid' });
    expect(await run('document')).toEqual({ status: 0, stdout: `${schema}\n${migration}\n`, stderr: '' });
    expect(schema).toContain('view DocumentAccess {');
    expect(schema).toContain('@@map("document_access")');
    expect(migration).toContain('CREATE VIEW "public"."document_access"');
  });

  it('prints one part, and JSON', async () => {
    const made = prismaView({ type: 'post', idType: 'int' });
    const ended = (stdout: string): Ended => ({ status: 0, stdout: `${stdout}\n`, stderr: '' });
    expect(await run('post', '--id', 'int', '--part', 'schema')).toEqual(ended(made.schema));
    expect(await run('post', '--id', 'int', '--part', 'migration')).toEqual(ended(made.migration));
    expect(await run('post', '--id', 'int', '--json')).toEqual(ended(JSON.stringify(made)));
    const migration = JSON.stringify({ migration: made.migration });
    expect(await run('post', '--id', 'int', '--part', 'migration', '--json')).toEqual(ended(migration));
  });

  it('takes names of its own', async () => {
    const { stdout } = await run('blog post', '--id', 'text', '--model', 'Article', '--view', 'who', '--schema', 'app');
    expect(stdout).toContain('view ArticleAccess {');
    expect(stdout).toContain('object Article @relation(fields: [objectId], references: [id])');
    expect(stdout).toContain('@@map("who")');
    expect(stdout).toContain('CREATE VIEW "app"."who"');
    expect((await run('blog post')).stdout).toContain('view BlogPostAccess {');
  });

  it.each([
    ['no type', []],
    ['an id type that there is not', ['document', '--id', 'serial']],
    ['a part that there is not', ['document', '--part', 'model']],
    ['no name of a type', ['doc:ument']],
    ['a type that could end the text', ['$castellan$']],
    ['a type that makes no name of a model', ['文書']],
    ['no name of a model', ['document', '--model', '2nd']],
    ['no name of a view', ['document', '--view', 'a"b']],
    ['a name that Postgres would cut', ['document', '--view', 'v'.repeat(64)]],
    ['no name of a schema', ['document', '--schema', 'public; --']],
    ['too much', ['document', 'post']],
  ])('is used wrongly with %s', async (_, args) => {
    const { status, stdout, stderr } = await run(...args);
    expect([status, stdout]).toEqual([64, '']);
    expect(stderr).not.toBe('');
    const json = await run(...args, '--json');
    expect([json.status, json.stdout]).toEqual([64, '']);
    expect(JSON.parse(json.stderr)).toEqual({
      error: { code: expect.any(String) as string, message: expect.any(String) as string },
    });
  });

  it('prints what the example has as its migration', async () => {
    const file = '../../examples/blog/prisma/migrations/20261201090100_access/migration.sql';
    const views = [prismaView({ type: 'post', idType: 'text' }), prismaView({ type: 'announcement', idType: 'int' })];
    const made = views.map(({ migration }) => migration).join('\n');
    expect(await readFile(new URL(file, import.meta.url), 'utf8')).toBe(made);
  });

  it('is told of in docs/cli.md, with each of its options', async () => {
    const page = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
    const section = page.slice(page.indexOf('## prisma view'));
    const { stdout } = await run('--help');
    const flags = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z]+)/gm)].map(([, flag]) => flag as string);
    expect(flags).toContain('--part');
    for (const flag of flags.filter((each) => !['--help', '--json'].includes(each))) expect(section).toContain(flag);
  });
});
