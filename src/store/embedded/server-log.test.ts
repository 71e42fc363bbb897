import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundLog, lastLines, logSince, logSize } from './server-log.js';

describe('the server log', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'castellan-log-'));
    path = join(folder, 'postgres.log');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('starts anew past five megabytes and keeps the one before', async () => {
    await writeFile(path, 'x'.repeat(5 * 1024 * 1024 + 1));
    await boundLog(path);
    expect(await logSize(path)).toBe(0);
    expect((await stat(`${path}.1`)).size).toBe(5 * 1024 * 1024 + 1);
  });

  it('is left alone while it is short or missing', async () => {
    await boundLog(path);
    await writeFile(path, 'short');
    await boundLog(path);
    expect(await readFile(path, 'utf8')).toBe('short');
  });

  it('shows what was written since a point', async () => {
    expect(await logSince(path, 0)).toBe('');
    await writeFile(path, 'before\n');
    const offset = await logSize(path);
    await appendFile(path, 'after\n');
    expect(await logSince(path, offset)).toBe('after\n');
    expect(lastLines('one\ntwo\nthree\n', 2)).toBe('two\nthree');
  });
});
