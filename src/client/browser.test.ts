import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { build } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';
import { fakeFetch, jsonAnswer, networkFailure } from '../../test/support/fake-fetch.js';

interface Output {
  readonly output: { readonly code: string; readonly imports: string[]; readonly moduleIds: string[] }[];
}

/** The client as one script, and what it is made of. */
async function bundle(): Promise<Output['output'][number]> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: true,
      lib: { entry: fileURLToPath(new URL('index.ts', import.meta.url)), formats: ['iife'], name: 'castellan' },
    },
  });
  const [result] = built as unknown as Output[];
  const [chunk] = result?.output ?? [];
  if (!chunk) throw new Error('Nothing was built.');
  return chunk;
}

/** All that a browser and Node both have, of what the client uses; nothing that only Node has. */
const PLATFORM = { AbortController, AbortSignal, Headers, Response, TextEncoder, URL, btoa, clearTimeout, setTimeout };

describe('the client, as a script of a page', () => {
  let chunk: Output['output'][number];

  beforeAll(async () => {
    chunk = await bundle();
  });

  it('is made of its own files only', () => {
    expect(chunk.imports).toEqual([]);
    expect(chunk.moduleIds.length).toBeGreaterThan(10);
    expect(chunk.moduleIds.filter((file) => !file.includes('/src/client/'))).toEqual([]);
  });

  it('takes no more than what browsers have', async () => {
    const { fetch, attempts } = fakeFetch(
      networkFailure('ECONNRESET'),
      jsonAnswer({ items: [{ id: 'a', username: 'a' }], next: null }),
    );
    const context = createContext({ ...PLATFORM, fetch });
    const script = `${chunk.code};
      (async () => {
        const client = new castellan.CastellanClient({ url: 'http://service.test', username: 'é', password: 'swordfish' });
        const ids = [];
        for await (const { id } of client.users.iterate({ limit: 1 })) ids.push(id);
        return JSON.stringify(ids);
      })()`;
    expect(await (runInContext(script, context) as Promise<string>)).toBe('["a"]');
    expect(attempts).toHaveLength(2);
  });

  it('names its errors when it is made small', async () => {
    const { fetch } = fakeFetch(networkFailure('ECONNRESET'));
    const context = createContext({ ...PLATFORM, fetch });
    const script = `${chunk.code};
      new castellan.CastellanClient({ url: 'http://service.test', retries: 0 }).users.list().catch((error) => String(error))`;
    expect(await (runInContext(script, context) as Promise<string>)).toBe(
      'NetworkError: GET /api/v1/users: fetch failed: connect ECONNRESET',
    );
  });
});
