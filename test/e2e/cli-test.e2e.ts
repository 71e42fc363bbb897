import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { castellan, DEMO, type Ended } from '../support/castellan-command.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';

// No database is to be found: whatever looked for one would fail.
const NOWHERE = { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' };
const run = (...args: string[]): Promise<Ended> => castellan(NOWHERE, args);

const WORLD = `types: [{ id: post }, { id: folder }]
users: [{ username: alice, attributes: { dep: a } }, { username: bob }]
groups: [{ id: staff, members: [user:bob] }]
roles:
  - id: reader
    rules:
      - { permission: post:view, condition: { resource.status: { $ne: draft } } }
      - post:delete
assignments: [{ subject: group:staff, role: reader, object: folder:1 }]
objects:
  - { type: folder, id: "1" }
  - { type: post, id: "1", parent: folder:1, attributes: { status: draft } }
  - { type: post, id: "2", parent: folder:1, attributes: { status: done } }
grants:
  - { subject: user:alice, permission: post:change, expiresAt: 2030-01-01T00:00:00Z }
  - { subject: user:alice, permission: post:add, object: folder:1, condition: { resource.status: draft } }
`;
const TESTS = `tests:
  - name: bob reads & "deletes" what is no draft
    check: [{ subject: user:bob, object: post:2, allow: [view, delete], deny: change }]
    list: [{ subject: user:bob, action: view, type: post, expect: ["2"] }]
    who-can: [{ action: delete, object: post:1, expect: [group:staff, user:bob] }]
  - name: alice changes until 2030
    at: 2029-12-31T23:59:59Z
    check:
      - { subject: user:alice, object: post:1, allow: change }
      - { subject: user:alice, object: post:1, deny: change, at: 2030-01-01T00:00:00Z }
      - { subject: user:alice, object: post, parent: folder:1, allow: add, supplied: { resource: { status: draft } } }
      - { subject: user:alice, object: post, parent: folder:1, deny: add }
      - { subject: user:bob, object: post:1, allow: view, supplied: { resource: { status: done } } }
      - { subject: user:carl, object: post:1, deny: view }
`;

describe('castellan test and castellan init', () => {
  let folder: TemporaryFolder;
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(folder.path, name);
    await writeFile(path, text);
    return path;
  };

  beforeAll(async () => {
    folder = await temporaryFolder('policy-tests');
  });
  afterAll(() => folder.remove());

  it('pass where all of it is so, in files that are one policy', async () => {
    const [world, tests] = [await file('world.yaml', WORLD), await file('tests.yaml', TESTS)];
    const passed = await run('test', world, tests, '--min-coverage', '100');
    expect(passed).toEqual({
      status: 0,
      stdout:
        '✓ bob reads & "deletes" what is no draft\n✓ alice changes until 2030\n\n2 tests: 2 passed, 0 failed.\nRules touched: 4 of 4 (100%).\n',
      stderr: `${tests}:14:9: note: there is no user:carl: it holds what anyone holds\n`,
    });
    const demo = await run('test', DEMO, '--json');
    expect(demo.status).toBe(0);
    expect(JSON.parse(demo.stdout)).toMatchObject({ passed: true, coverage: { rules: 3, touched: 3, percent: 100 } });
  });

  it('fail where something is not, and show what was expected, what came, and why', async () => {
    const planted = WORLD.replace('$ne: draft', '$eq: draft').replace('2030-01', '2029-01');
    const path = await file('planted.yaml', planted + TESTS);
    const [failed, tap, junit, json] = await Promise.all([
      run('test', path, '--coverage', '--junit', join(folder.path, 'junit.xml')),
      run('test', path, '--tap'),
      run('test', path, '--junit', '-'),
      run('test', path, '--json'),
    ]);
    expect([failed.status, tap.status, junit.status, json.status]).toEqual([1, 1, 1, 1]);
    const place = (line: number, column = 9): string => `${path}:${line}:${column}`;
    expect(failed.stdout).toContain(`✗ bob reads & "deletes" what is no draft
    ${place(19, 13)}: user:bob may view post:2
    - expected allow
    + got deny
    deny: user:bob may not view post:2: no rule allows it.
    What nearly did:
    └─ allow on folder:1: its condition is false because resource.status = "done", for {"$eq":"draft"}
       user:bob → group:staff → role:reader → post:view, by rule ${place(7)} of the role
       where {"resource.status":{"$eq":"draft"}}
    ${place(20, 12)}: the objects of the type post that user:bob may view
    - expected 2
    + got 1
`);
    expect(failed.stdout).toContain(`allow everywhere: expired on 2029-01-01T00:00:00.000Z
       user:alice → post:change, by the grant ${place(15, 5)}`);
    expect(failed.stdout).toContain(`2 tests: 0 passed, 2 failed.
Rules touched: 3 of 4 (75%).
Not touched by any assertion:
  ${place(15, 5)}  grant to user:alice: allow post:change
`);
    const xml = await readFile(join(folder.path, 'junit.xml'), 'utf8');
    expect(junit.stdout).toBe(xml);
    expect(xml).toContain('<testsuites name="castellan" tests="2" failures="2" errors="0" assertions="11">');
    expect(xml).toContain('<testcase name="bob reads &amp; &quot;deletes&quot; what is no draft"');
    expect(tap.stdout).toMatch(/^TAP version 14\n1\.\.2\nnot ok 1 - bob reads & "deletes" what is no draft\n {2}---\n/);
    const [, block = ''] = /^ {2}---\n([^]*?)^ {2}\.\.\.$/m.exec(tap.stdout) ?? [];
    expect(parse(block)).toMatchObject({
      failures: [
        { expected: 'allow', got: 'deny' },
        { expected: ['2'], got: ['1'] },
      ],
    });
    const { tests } = JSON.parse(json.stdout) as { tests: { assertions: object[] }[] };
    expect(tests[0]?.assertions[0]).toMatchObject({
      passed: false,
      why: [{ subject: 'user:bob', explanation: { decision: { allowed: false, reason: 'no_rule_allows' } } }],
    });
  });

  it('stay one point each in TAP, whatever their names', async () => {
    const text = `${WORLD}tests: [{ name: "a\\nBail out!\\r\\nok 7 # skip", check: [{ subject: user:bob, object: post:2, allow: view }] }]\n`;
    const { status, stdout } = await run('test', await file('names.yaml', text), '--tap');
    expect([status, stdout.split('\n').slice(2, 3)]).toEqual([0, [String.raw`ok 1 - a Bail out! ok 7 \# skip`]]);
  });

  it('tell what can not be asked from what does not hold', async () => {
    const vacuous = await file(
      'vacuous.yaml',
      `${WORLD}tests: [{ name: nobody flies, check: [{ subject: user:bob, object: post:1, deny: fly }], list: [{ subject: user:bob, action: fly, type: post, expect: [] }] }]\n`,
    );
    const [none, unknown, nothing, uncovered] = await Promise.all([
      run('test', await file('none.yaml', WORLD), '--json'),
      run('test', await file('unknown.yaml', `assignments: [{ subject: group:anyone, role: ghost }]\n${TESTS}`)),
      run('test', vacuous),
      run(
        'test',
        DEMO,
        await file('more.yaml', 'grants: [{ subject: role:reader, permission: post:add }]\n'),
        '--min-coverage',
        '80',
      ),
    ]);
    expect(none.status).toBe(64);
    expect(JSON.parse(none.stderr)).toMatchObject({ error: { code: 'no_tests' } });
    expect(unknown).toMatchObject({ status: 1, stdout: '' });
    expect(unknown.stderr).toMatch(/unknown\.yaml:1:\d+: assignments\.0\.role: there is no role ghost\n/);
    expect(nothing.status).toBe(1);
    expect(nothing.stdout).toContain('fly is no action of the type post.');
    expect(nothing.stdout).toContain('note: there is no such action on this type');
    expect(uncovered.status).toBe(1);
    expect(uncovered.stdout).toContain('Rules touched: 3 of 4 (75%). --coverage lists the others.');
    expect(uncovered.stderr).toContain('75% of the rules are touched; --min-coverage asks for 80%');
  });

  it('begin with a file whose tests hold and touch every rule, and which is not overwritten', async () => {
    const path = join(folder.path, 'castellan.yaml');
    expect(await run('init', path)).toMatchObject({ status: 0, stderr: '' });
    const text = await readFile(path, 'utf8');
    expect(text).toMatch(
      /^# yaml-language-server: \$schema=\S*node_modules\/castellan\/schema\/castellan\.schema\.json\n/,
    );
    const ajv = new Ajv2020({ allowUnionTypes: true });
    formats.default(ajv);
    const schema = await readFile(new URL('../../schema/castellan.schema.json', import.meta.url), 'utf8');
    expect(ajv.validate(JSON.parse(schema) as object, parse(text))).toBe(true);
    await writeFile(path, 'mine');
    const [tested, refused] = await Promise.all([
      castellan(NOWHERE, ['test', '-', '--min-coverage', '100'], text),
      run('init', path, '--json'),
    ]);
    expect(tested).toMatchObject({ status: 0, stdout: expect.stringContaining('4 passed, 0 failed') as string });
    expect(refused.status).toBe(1);
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'file_exists' } });
    expect(await readFile(path, 'utf8')).toBe('mine');
    expect(await run('init', path, '--force', '--json')).toMatchObject({ status: 0, stdout: `{"file":"${path}"}\n` });
    expect(await readFile(path, 'utf8')).toBe(text);
  });
});
