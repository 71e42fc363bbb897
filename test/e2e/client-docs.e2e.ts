import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyPolicyAsOperator } from '../../src/app/policy/operator-policy.js';
import { loadPolicyFile } from '../../src/app/policy/policy-file.js';
import { CLASS_OF_CODE } from '../../src/client/api-error-classes.js';
import * as client from '../../src/client/index.js';
import { declaredRoutes } from '../../src/nest/undeclared-routes.js';
import { isOfClient } from '../support/routes.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';
import { addressOf } from '../support/service-client.js';

const fileOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let service: TestService;
let page: string;

beforeAll(async () => {
  service = await startTestService();
  await applyPolicyAsOperator(service.store, await loadPolicyFile(fileOf('demo/demo.yaml')));
  page = await readFile(fileOf('docs/client.md'), 'utf8');
});
afterAll(() => service.stop());

/** Those rows of the page's tables that have this many cells, each without its quotes. */
const rows = (cells: number): string[][] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter((row) => row.length === cells);
const quoted = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);

describe('the page on the client', () => {
  it('has examples that answer what they say', async () => {
    const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
    expect(blocks.length).toBeGreaterThan(5);
    const script = blocks
      .join('\n')
      .replaceAll(/^import (\{.*\}) from 'castellan\/client';$/gm, 'const $1 = client;')
      .replaceAll('http://127.0.0.1:3000', addressOf(service))
      .replaceAll("process.env['CASTELLAN_PASSWORD']", JSON.stringify(PASSWORD))
      .replaceAll(
        /^(.*); \/\/ → (.*)$/gm,
        (_line, told: string, shown: string) => `compare(${JSON.stringify(told)}, ${told}, ${shown});`,
      );
    expect(script).not.toMatch(/→|castellan\/client/);
    let compared = 0;
    const compare = (about: string, told: unknown, shown: unknown): void => {
      expect(told, about).toEqual(shown);
      compared += 1;
    };
    // oxlint-disable-next-line typescript/no-implied-eval -- running the page is the point
    const run = new Function('client', 'compare', `return (async () => {${script}})();`) as (
      ...args: unknown[]
    ) => Promise<void>;
    await run(client, compare);
    expect(compared).toBe(page.split('\n').filter((line) => line.includes('; // → ')).length);
    expect(compared).toBeGreaterThan(15);
  });

  it('lists every route with its method, and no other', () => {
    const documented = rows(2).filter(([, route]) => quoted(route)[0]?.includes(' /') === true);
    const routes = documented.map(([, route]) => quoted(route)[0]);
    const there = declaredRoutes(service.app).map(({ route }) => route);
    expect(new Set(routes)).toEqual(new Set(there.filter(isOfClient)));
    expect(routes).toHaveLength(new Set(routes).size);
    const castellan = new client.CastellanClient({ url: 'http://service.test' });
    const made: Readonly<Record<string, unknown>> = {
      'objects(type)': castellan.objects('post'),
      'tokens(id)': castellan.users.tokens('alice'),
    };
    for (const [methods] of documented) {
      const [first = '', short] = quoted(methods);
      const all = [first, ...(short ? [first.replace(/\.\w+$/, short.replace(/^.*(?=\.)/, ''))] : [])];
      for (const name of all) {
        const found = name
          .split('.')
          .reduce<unknown>((of, step) => made[step] ?? (of as Record<string, unknown>)[step], castellan);
        expect(found, name).toBeTypeOf('function');
      }
    }
  });

  it('lists every class of errors with its codes, and no other', () => {
    const documented = rows(3)
      .filter(([name]) => quoted(name)[0]?.endsWith('Error') === true)
      .flatMap(([name, parent, codes]) => {
        const [ErrorClass, Parent] = [quoted(name)[0], quoted(parent)[0]].map(
          (each) => (client as unknown as Record<string, { prototype: object } | undefined>)[each ?? ''],
        );
        expect(Object.getPrototypeOf(ErrorClass), name).toBe(Parent);
        return quoted(codes)
          .filter((code) => code !== 'retryAfter')
          .map((code) => [code, ErrorClass] as const);
      });
    expect(new Map(documented)).toEqual(new Map(Object.entries(CLASS_OF_CODE)));
    const exported = Object.keys(client).filter((name) => name.endsWith('Error'));
    expect(exported.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
