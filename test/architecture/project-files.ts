import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

const notOurs = new Set(['.git', 'src/store/generated', 'examples/blog/src/generated']);
const notOursAnywhere = new Set(['node_modules', 'dist', '.castellan', '.env']);

/** The project's own files below a folder, as paths from the root: without what git ignores. */
export function projectFiles(folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (notOurs.has(path) || notOursAnywhere.has(entry.name)) return [];
      if (entry.isDirectory()) return projectFiles(path);
      return entry.isFile() ? [path] : [];
    })
    .toSorted();
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
