// Puts a benchmark's table into docs/performance.md.
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';

const PAGE = new URL('../docs/performance.md', import.meta.url);

/** Below the marker, under a title of its own; what was there stays, further down. */
export async function addToPage(marker, title, text) {
  const page = await readFile(PAGE, 'utf8');
  await writeFile(PAGE, page.replace(marker, `${marker}\n\n### ${title}\n\n${text}`));
  execFileSync('npx', ['prettier', '--write', PAGE.pathname], { stdio: 'ignore' });
}
