import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { World } from './world.js';

const text = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');

describe('the page on testing', () => {
  it('shows a test that is run, but for where it imports from', async () => {
    const page = await text('../../docs/testing.md');
    const [, shown] = /^```ts\n([\s\S]*?)^```$/m.exec(page) ?? [];
    const run = await text('./documented-example.test.ts');
    expect(shown).toBe(
      run.replace("'../nest/route-policy.js'", "'castellan'").replace("'./index.js'", "'castellan/testing'"),
    );
  });

  it('names every word of a world, and no other', async () => {
    const page = await text('../../docs/testing.md');
    const own = Object.getOwnPropertyNames(World.prototype).filter((name) => name !== 'constructor');
    const section = page.slice(page.indexOf('## A world'), page.indexOf('## Requests'));
    const named = [...section.matchAll(/`(\w+)\(/g)].map(([, name]) => name ?? '');
    expect(new Set(named.filter((name) => name !== 'worldFromPolicy'))).toEqual(new Set(own));
  });
});
