import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { parsePolicy, type Policy } from './parse-policy.js';
import { PolicyError } from './policy-error.js';

/** The largest policy file, in bytes: reading YAML takes a hundred times its size in memory. */
export const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Reads a policy file; `-` is the standard input.
 *
 * @throws PolicyError when it can't be read, is too large or is not in form.
 */
export async function loadPolicyFile(path: string): Promise<Policy> {
  const file = path === '-' ? 'standard input' : path;
  const unreadable = (message: string, cause?: unknown): PolicyError =>
    new PolicyError(file, [{ file, line: undefined, column: undefined, path: '', message }], 'unreadable_policy', {
      cause,
    });
  let bytes: Buffer;
  try {
    bytes = path === '-' ? await readBounded(process.stdin) : await readFileBounded(path);
  } catch (cause) {
    throw unreadable(reasonOf(cause), cause);
  }
  if (bytes.length > MOST_BYTES) throw unreadable(`is larger than ${MOST_BYTES / 1024 / 1024} MiB; split it`);
  if (!isUtf8(bytes)) throw unreadable('is not UTF-8');
  return parsePolicy(bytes.toString('utf8'), file);
}

async function readFileBounded(path: string): Promise<Buffer> {
  const handle = await open(path);
  try {
    return await readBounded(handle.createReadStream({ autoClose: false }));
  } finally {
    await handle.close();
  }
}

/** All there is, or a little more than may be. */
async function readBounded(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MOST_BYTES) break;
  }
  return Buffer.concat(chunks);
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'is a folder, not a file';
  if (code === 'EACCES') return 'may not be read by this user';
  return `can not be read: ${message}`;
}
