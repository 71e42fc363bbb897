import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withExclusiveLock } from './exclusive-lock.js';
import { processIdentity } from './processes.js';

describe('withExclusiveLock', () => {
  let folder: string;
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'castellan-lock-'));
    lines.length = 0;
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('lets one work at a time, and takes a dead holder’s lock only once', async () => {
    await symlink(`${process.pid}:earlier-boot-1:0badcafe`, join(folder, 'lock'));
    await symlink('1:earlier-boot-1:0badcafe', join(folder, 'lock.breaking'));
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(5);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 15 }, () => withExclusiveLock(folder, log, work)));
    expect(most).toBe(1);
    expect(lines).toEqual([expect.stringMatching(new RegExp(`stale lock .*process ${process.pid},`))]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('waits for a holder that lives', async () => {
    const holder = `${await processIdentity(process.pid)}:0badcafe`;
    await symlink(holder, join(folder, 'lock'));
    let done = false;
    const waiting = withExclusiveLock(folder, log, async () => void (done = true));
    await sleep(150);
    expect(done).toBe(false);
    await rm(join(folder, 'lock'));
    await waiting;
    expect(done).toBe(true);
  });

  it('lets go when the work fails', async () => {
    const failing = withExclusiveLock(folder, log, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves a file of that name alone', async () => {
    await writeFile(join(folder, 'lock'), 'mine');
    await expect(withExclusiveLock(folder, log, async () => undefined)).rejects.toMatchObject({
      code: 'embedded_postgres_foreign_data',
    });
  });
});
