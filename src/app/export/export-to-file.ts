import { randomUUID } from 'node:crypto';
import { open, readFile, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Store } from '../../store/store.js';
import { loadPolicyFile } from '../policy/policy-file.js';
import {
  exportedEntries,
  exportPolicy,
  type ExportedKind,
  type ExportForm,
  type ExportSummary,
} from './export-policy.js';
import { updatedPolicyText } from './update-policy-file.js';

/**
 * Writes the policy to a file. One that is there is changed to say it, and keeps its comments and its order; it is replaced at once, or left
 * as it was.
 *
 * @throws PolicyError when what is there is no policy file; CastellanError `database_unavailable`, `overloaded`.
 */
export async function exportToFile(
  store: Store,
  { file, kinds, form }: { readonly file: string; readonly kinds: readonly ExportedKind[]; readonly form: ExportForm },
): Promise<ExportSummary> {
  const there = await stat(file).catch(() => null);
  // A pipe or a device has nothing to keep, and is not there to be replaced.
  if (there && !there.isFile() && !there.isDirectory())
    return through(await open(file, 'w'), (write) => exportPolicy(store, { kinds, form }, write));
  if (!there || there.size === 0) return replacing(file, 0o666, (write) => exportPolicy(store, { kinds, form }, write));
  // Before anything is read of the database: a file that is no policy is not overwritten.
  await loadPolicyFile(file);
  const { entries, beside } = await exportedEntries(store, kinds);
  const text = updatedPolicyText(await readFile(file, 'utf8'), file, entries);
  await replacing(file, there.mode & 0o777, (write) => write(text));
  return { ...beside, size: Buffer.byteLength(text) };
}

type Writing<Result> = (write: (text: string) => Promise<boolean>) => Promise<Result>;

async function replacing<Result>(file: string, mode: number, work: Writing<Result>): Promise<Result> {
  const beside = resolve(dirname(file), `.castellan-export-${randomUUID()}`);
  const handle = await open(beside, 'wx', mode);
  try {
    const result = await through(handle, work);
    // Through a link, so that it stays one.
    await rename(beside, await realpath(file).catch(() => file));
    return result;
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

async function through<Result>(handle: FileHandle, work: Writing<Result>): Promise<Result> {
  try {
    return await work(async (text) => {
      await handle.appendFile(text);
      return true;
    });
  } finally {
    await handle.close();
  }
}
