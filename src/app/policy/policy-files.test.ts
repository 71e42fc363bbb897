import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PolicyError } from './policy-error.js';
import { loadPolicyFiles } from './policy-files.js';

describe('several policy files', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'castellan-policies-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function load(...texts: string[]) {
    const paths = texts.map((_, index) => join(folder, `${index}.yaml`));
    for (const [index, text] of texts.entries()) await writeFile(paths[index] as string, text);
    return loadPolicyFiles(paths);
  }

  async function refusal(...texts: string[]): Promise<string> {
    const error = await load(...texts).then(
      () => new Error('It was taken.'),
      (thrown: unknown) => thrown as PolicyError,
    );
    return error.message.replaceAll(`${folder}/`, '');
  }

  it('are one policy, with the lists of all of them in their order', async () => {
    const { source, ...policy } = await load(
      'types: [{ id: post }]\nroles: [{ id: reader, rules: [post:view] }]',
      'roles: [{ id: editor, includes: [reader] }]\ngrants: [{ subject: user:a, permission: post:view }]',
      'grants: [{ subject: user:a, permission: post:view }]',
    );
    expect(policy.types.map(({ id }) => id)).toEqual(['post']);
    expect(policy.roles.map(({ id }) => id)).toEqual(['reader', 'editor']);
    expect(policy.grants).toHaveLength(2);
    expect(source.file).toBe([0, 1, 2].map((index) => join(folder, `${index}.yaml`)).join(', '));
  });

  it('tell of what is wrong with an entry by the file that it stands in', async () => {
    const { source } = await load(
      'roles: [{ id: reader }]',
      'users: []',
      'roles:\n  - id: editor\n  - id: owner\n    includes: [ghost]',
    );
    const { message, problems } = source.error([
      { path: ['roles', 2, 'includes', 0], message: 'there is no role ghost' },
      { path: ['roles', 0], message: 'is first' },
    ]);
    expect(message.replaceAll(`${folder}/`, '')).toBe(
      '0.yaml:1:9: roles.0: is first\n2.yaml:4:16: roles.1.includes.0: there is no role ghost',
    );
    expect(problems.map(({ file }) => file)).toEqual([join(folder, '0.yaml'), join(folder, '2.yaml')]);
  });

  it('are refused together, with all that is wrong with each', async () => {
    expect(await refusal('colour: red', 'users: []', 'users: [{ username: 7 }]')).toBe(
      '0.yaml:1:1: colour: is not a key that belongs here\n2.yaml:1:21: users.0.username: must be text; quote it: "7"',
    );
  });

  it.each([
    ['types: [{ id: a }]', 'types: [{ id: b }, { id: a }]', '1.yaml:1:20: types.1: a is in 0.yaml too'],
    ['services: [{ id: a }]', 'services: [{ id: a }]', '1.yaml:1:12: services.0: a is in 0.yaml too'],
    ['users: [{ username: a }]', 'users: [{ username: b, id: a }]', '1.yaml:1:9: users.0: a is in 0.yaml too'],
    ['groups: [{ id: a }]', 'groups: [{ id: a }]', '1.yaml:1:10: groups.0: a is in 0.yaml too'],
    ['roles: [{ id: a }]', 'roles: [{ id: a }]', '1.yaml:1:9: roles.0: a is in 0.yaml too'],
    ['objects: [{ type: t, id: a }]', 'objects: [{ type: t, id: a }]', '1.yaml:1:11: objects.0: t:a is in 0.yaml too'],
  ])('are refused when two are about the same: %s', async (one, other, told) => {
    expect(await refusal(one, other)).toBe(`${told}; one file says all of it`);
  });

  it('are refused when their objects are below one another', async () => {
    const told = await refusal(
      'objects: [{ type: t, id: a, parent: t:b }]',
      'objects: [{ type: t, id: b, parent: t:a }]',
    );
    expect(told).toBe(
      '0.yaml:1:37: objects.0.parent: is the object itself, or below it\n1.yaml:1:37: objects.0.parent: is the object itself, or below it',
    );
  });

  it('are refused when one is named twice', async () => {
    const path = join(folder, 'a.yaml');
    await writeFile(path, 'users: []');
    await expect(loadPolicyFiles([path, path])).rejects.toMatchObject({ problems: [{ message: 'is named twice' }] });
  });
});
