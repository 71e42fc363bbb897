import { execFileSync } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { castellan, type Ended } from '../support/castellan-command.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';

const RICH = `
types:
  - { id: folder, mode: object, creatorActions: [view] }
  - { id: post, actions: [publish, view, change], mode: both }
  - { id: 'yes' }
  - { id: doc, actions: [view, grant], creatorActions: [] }
users:
  - { username: root, superuser: true, email: root@example.com }
  - { username: alice, id: 'a:b', attributes: { '0123': 1, nested: { list: [1, 'two', null, true, 1.5] }, text: "two\\nlines\\n\\n" } }
  - { username: '0123', active: false }
  - { username: 'no', id: 'null' }
  - { username: ünï☃, id: '😀' }
  - { username: 'Ωmega' }
services:
  - { id: worker, active: false, attributes: { region: eu, n: [1, 'two', 1e300, 9007199254740992, -1e21] } }
  - { id: billing }
  - { id: 'a:😀' }
groups:
  - { id: staff, description: 'Those: who # work', members: [user:a:b, group:sub, 'service:billing'] }
  - { id: sub, members: ['user:😀', user:0123] }
  - { id: '~' }
roles:
  - id: reader
    rules:
      - { permission: post:view, effect: deny, condition: { resource.status: { $in: [secret, 'no', '1'] } } }
      - post:view
      - { permission: post:change, fields: [title, 'b, c', body] }
  - { id: editor, includes: [reader, '1e3'], description: "with a\\ttab and 'quotes'" }
  - { id: '1e3', rules: ['yes:view', { permission: user:view, condition: { subject.id: { $ref: resource.id } } }] }
assignments:
  - { subject: group:staff, role: reader }
  - { subject: user:a:b, role: editor, object: folder:top, startsAt: 2020-01-01T00:00:00.120Z, expiresAt: 2100-01-01T00:00:00+02:00 }
  - { subject: user:a:b, role: editor, object: folder:top }
  - { subject: service:billing, role: '1e3', object: group:staff }
objects:
  - { type: post, id: '0123', parent: folder:in, creator: user:a:b, attributes: { title: Hello, n: 0.1, tags: [a, 'b, c'] } }
  - { type: folder, id: in, parent: folder:top }
  - { type: folder, id: top }
  - { type: post, id: '12' }
  - { type: post, id: 'a:b', parent: group:staff }
  - { type: 'yes', id: 'no' }
  - { type: doc, id: 'ü' }
  - { type: doc, id: 'Z' }
  - { type: doc, id: '😀' }
  - { type: doc, id: '\uFFFD' }
grants:
  - { subject: group:anyone, permission: post:view, object: post:a:b }
  - { subject: group:authenticated, permission: doc:view }
  - { subject: role:reader, permission: doc:view, object: 'doc:ü', effect: deny, fields: [x] }
  - { subject: user:a:b, permission: post:publish, object: folder:top, condition: { $or: [{ resource.a: 1 }, { context.b: 'yes' }] }, startsAt: 2020-01-01T00:00:00Z }
  - { subject: user:a:b, permission: post:publish, object: folder:top }
  - { subject: service:billing, permission: user:view }
`;

const isValid = async (): Promise<(value: unknown) => boolean> => {
  const ajv = new Ajv2020({ allowUnionTypes: true });
  formats.default(ajv);
  const schema = await readFile(new URL('../../schema/castellan.schema.json', import.meta.url), 'utf8');
  const validate = ajv.compile(JSON.parse(schema) as object);
  return (value) => validate(value);
};

describe('castellan export', () => {
  let folder: TemporaryFolder;
  let first: TestDatabase;
  let second: TestDatabase;

  beforeAll(async () => {
    [folder, first, second] = await Promise.all([
      temporaryFolder('export'),
      createTestDatabase(),
      createTestDatabase(),
    ]);
  });
  afterAll(() => Promise.all([folder.remove(), first.drop(), second.drop()]));

  const on = (database: TestDatabase, args: string[], input = ''): Promise<Ended> =>
    castellan({ DATABASE_URL: database.databaseUrl }, args, input);

  it('writes what apply makes the same of, byte for byte, in YAML and in JSON', async () => {
    expect(await on(first, ['export'])).toMatchObject({
      status: 0,
      stdout: '# yaml-language-server: $schema=node_modules/castellan/schema/castellan.schema.json\n{}\n',
    });
    expect(await on(first, ['seed', '-'], RICH)).toMatchObject({ status: 0, stderr: '' });
    const [yaml, json] = await Promise.all([on(first, ['export']), on(first, ['export', '--json'])]);
    expect(yaml).toMatchObject({ status: 0, stderr: '' });
    expect(await on(second, ['seed', '-'], yaml.stdout)).toMatchObject({ status: 0, stderr: '' });
    const [again, jsonAgain] = await Promise.all([on(second, ['export']), on(second, ['export', '--json'])]);
    expect([again.stdout, jsonAgain]).toEqual([yaml.stdout, json]);
    expect(await on(first, ['seed', '-'], json.stdout)).toMatchObject({
      stdout: expect.stringMatching(/nothing changed/) as string,
    });

    const { $schema: _, ...contents } = JSON.parse(json.stdout) as { $schema: string } & Record<string, unknown>;
    expect(contents).toEqual(parse(yaml.stdout));
    const valid = await isValid();
    expect([valid(JSON.parse(json.stdout)), valid(parse(yaml.stdout))]).toEqual([true, true]);
    expect((contents['objects'] as { type: string; id: string }[]).map(({ type, id }) => `${type}:${id}`)).toEqual([
      'doc:Z',
      'doc:ü',
      'doc:\uFFFD',
      'doc:😀',
      'folder:in',
      'folder:top',
      'post:0123',
      'post:12',
      'post:a:b',
      'yes:no',
    ]);
    expect(contents['types']).toContainEqual({ id: 'yes' });
    expect(yaml.stdout).toContain("  - type: post\n    id: '0123'\n    parent: folder:in\n");
    expect(yaml.stdout).toContain('  - { subject: group:anyone, permission: post:view, object: post:a:b }\n');
    expect(yaml.stdout).not.toMatch(/password|builtIn|id: anyone/);
    expect(contents['services']).toEqual([
      { id: 'a:😀' },
      { id: 'billing' },
      { id: 'worker', active: false, attributes: { region: 'eu', n: [1, 'two', 1e300, 9007199254740992, -1e21] } },
    ]);
    expect(Object.keys(contents).slice(0, 3)).toEqual(['types', 'users', 'services']);
    const narrowed = await on(first, ['export', '--kind', 'roles', 'types']);
    expect(Object.keys(parse(narrowed.stdout) as object)).toEqual(['types', 'roles']);
  });

  it('changes a file that is there in place, and leaves one alone that is no policy', async () => {
    const file = join(folder.path, 'policy.yaml');
    const fresh = join(folder.path, 'fresh.yaml');
    expect(await on(first, ['export', '--output', fresh])).toMatchObject({ status: 0, stdout: '' });
    expect(await readFile(fresh, 'utf8')).toBe((await on(first, ['export'])).stdout);
    await writeFile(
      file,
      `# Ours.\ntypes:\n  # Second of all.\n  - id: post # said\n    actions: [publish, view, change]\n    mode: both\n  - id: gone\n  # First of all.\n  - { id: folder, mode: union }\n`,
    );
    expect(await on(first, ['export', '--kind', 'types', '--output', file])).toMatchObject({ status: 0 });
    expect(await readFile(file, 'utf8')).toBe(
      `# Ours.\ntypes:\n  - id: doc\n    actions: [view, grant]\n    creatorActions: []\n  # Second of all.\n  - id: post # said\n    actions: [publish, view, change]\n    mode: both\n  - id: 'yes'\n  # First of all.\n  - { id: folder, mode: object, creatorActions: [view] }\n`,
    );
    await writeFile(file, 'something: else\n');
    expect(await on(first, ['export', '--output', file])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/policy\.yaml:1:1: something: is not a key/) as string,
    });
    expect(await readFile(file, 'utf8')).toBe('something: else\n');
  });

  it('writes into a pipe, and does not put a file in its place', async () => {
    const pipe = join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const [read, ended] = await Promise.all([readFile(pipe, 'utf8'), on(first, ['export', '--output', pipe])]);
    expect(ended.status).toBe(0);
    expect(read).toBe((await on(first, ['export'])).stdout);
    expect((await stat(pipe)).isFIFO()).toBe(true);
  });
});
