import { open, type FileHandle } from 'node:fs/promises';
import type { Reject } from '../../store/bulk/bulk-rows.js';

/** A row that was not taken, with its text as the file has it. */
export interface RejectedRow extends Reject {
  readonly text: string;
}

/** The file of rows that were not taken: one JSON object a line, with the line, the code and the reason, and the row to be mended. */
export class RejectsFile {
  #handle: FileHandle | undefined;
  #size: number;

  /** `keep` bytes of what is there belong to batches that were kept; anything behind that goes. */
  constructor(
    readonly path: string,
    private readonly keep: number,
  ) {
    this.#size = keep;
  }

  /** How long it is, in bytes. */
  get size(): number {
    return this.#size;
  }

  /** Cuts the file back to what is to be kept of it, also where nothing is added to it. */
  async goOn(): Promise<void> {
    await this.#open();
  }

  /** Adds rows, and sees to it that they are on the disk. */
  async add(rows: readonly RejectedRow[]): Promise<void> {
    if (rows.length === 0) return;
    const handle = await this.#open();
    const text = Buffer.from(rows.map((row) => `${lineOf(row)}\n`).join(''));
    await handle.write(text, 0, text.length, this.#size);
    await handle.datasync();
    this.#size += text.length;
  }

  /** Takes back what was added behind this many bytes: its batch was not kept. */
  async backTo(size: number): Promise<void> {
    await this.#handle?.truncate(size);
    this.#size = size;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #open(): Promise<FileHandle> {
    if (this.#handle) return this.#handle;
    const handle = await (this.keep > 0 ? openStanding(this.path) : open(this.path, 'w'));
    const { size } = await handle.stat();
    // Somebody may have moved it away since.
    this.#size = Math.min(size, this.#size);
    await handle.truncate(this.#size);
    this.#handle = handle;
    return handle;
  }
}

function openStanding(path: string): Promise<FileHandle> {
  return open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return open(path, 'w');
    throw error;
  });
}

function lineOf({ line, code, reason, text }: RejectedRow): string {
  const start = `{"line":${line},"code":${JSON.stringify(code)},"reason":${JSON.stringify(reason)}`;
  // A row that is no JSON is told as text.
  return code === 'malformed_request' ? `${start},"text":${JSON.stringify(text)}}` : `${start},"row":${text}}`;
}
