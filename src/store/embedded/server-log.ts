import { copyFile, open, stat, truncate } from 'node:fs/promises';

const mostBytes = 5 * 1024 * 1024;

/** Bounds the server's log: past 5 MiB it becomes `<path>.1` and starts anew, also while the server writes to it. */
export async function boundLog(path: string): Promise<void> {
  const size = await logSize(path);
  if (size <= mostBytes) return;
  await copyFile(path, `${path}.1`);
  await truncate(path, 0);
}

/** The length of the log in bytes, to read from there later with {@link logSince}. */
export async function logSize(path: string): Promise<number> {
  return stat(path).then(
    (entry) => entry.size,
    () => 0,
  );
}

/** What was written to the log after its first `offset` bytes: at most the last 16 KiB of it. */
export async function logSince(path: string, offset: number): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const start = Math.max(offset, size - 16_384);
    const { buffer, bytesRead } = await file.read({ position: start, buffer: Buffer.alloc(Math.max(size - start, 0)) });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The last lines of a text, for an error message. */
export function lastLines(text: string, count = 15): string {
  return text.trim().split('\n').slice(-count).join('\n');
}
