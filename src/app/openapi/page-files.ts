import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the page, as it is sent. */
export interface PageFile {
  readonly contentType: string;
  readonly content: Buffer;
  /** Changes with the content. */
  readonly version: string;
}

const FOLDER = fileURLToPath(new URL('page/', import.meta.url));
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  'page.js': 'text/javascript; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-LICENSE.txt': 'text/plain; charset=utf-8',
  'swagger-ui-NOTICE.txt': 'text/plain; charset=utf-8',
  'swagger-ui-bundle.js.LICENSE.txt': 'text/plain; charset=utf-8',
};
// Where they are in the package that the build copies them from.
const ORIGINALS: Readonly<Record<string, string>> = {
  'swagger-ui-LICENSE.txt': 'LICENSE',
  'swagger-ui-NOTICE.txt': 'NOTICE',
};
const LINKED = /docs\/([\w.-]+)/g;

/** The files of the page, each read when it is first asked for. */
export class PageFiles {
  readonly #files = new Map<string, Promise<PageFile>>();

  /** The file of that name, if the page has one. */
  async find(name: string): Promise<PageFile | null> {
    const contentType = Object.hasOwn(CONTENT_TYPES, name) ? CONTENT_TYPES[name] : undefined;
    if (contentType === undefined) return null;
    let file = this.#files.get(name);
    if (!file) {
      this.#files.set(name, (file = fileOf(name, contentType)));
      // What could not be read once may be there the next time.
      file.catch(() => this.#files.delete(name));
    }
    return file;
  }

  /** The page itself, which names its files with their versions. */
  async page(): Promise<string> {
    const html = await readFile(join(FOLDER, 'index.html'), 'utf8');
    const names = [...html.matchAll(LINKED)].map(([, name = '']) => name);
    const versions = new Map(
      await Promise.all(names.map(async (name) => [name, (await this.find(name))?.version] as const)),
    );
    return html.replaceAll(LINKED, (link, name: string) => `${link}?v=${versions.get(name) ?? ''}`);
  }
}

async function fileOf(name: string, contentType: string): Promise<PageFile> {
  const content = await contentOf(name);
  return { contentType, content, version: createHash('sha256').update(content).digest('hex').slice(0, 16) };
}

async function contentOf(name: string): Promise<Buffer> {
  try {
    return await readFile(join(FOLDER, name));
  } catch (error) {
    // The source as it is has only what is its own.
    const original = originalOf(name);
    if (original === null) throw error;
    return readFile(original);
  }
}

function originalOf(name: string): string | null {
  try {
    const manifest = createRequire(import.meta.url).resolve('swagger-ui-dist/package.json');
    return join(dirname(manifest), ORIGINALS[name] ?? name);
  } catch {
    return null;
  }
}
