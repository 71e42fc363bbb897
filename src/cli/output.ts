import { once } from 'node:events';
import { styleText } from 'node:util';

type Colour = 'green' | 'red' | 'yellow';

/** Where a command writes: answers to stdout, everything else to stderr. */
export class Output {
  #closed = false;
  #progressShown = false;
  #quiet = false;

  constructor(
    /** Answers and errors are JSON, and nothing else is said. */
    readonly json: boolean,
    private readonly stdout: NodeJS.WriteStream = process.stdout,
    private readonly stderr: NodeJS.WriteStream = process.stderr,
  ) {
    // Whoever reads may have had enough (`| head`); that is no error, but the work has to end in order.
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.#closed = true;
    });
  }

  /** Writes lines, and waits until the reader keeps up; false once nobody reads any more. */
  async lines(lines: readonly string[]): Promise<boolean> {
    if (lines.length === 0) return !this.#closed;
    return this.bytes(`${lines.join('\n')}\n`);
  }

  /** Writes a piece of a stream as it is, and waits until the reader keeps up; false once nobody reads any more. */
  async bytes(piece: Uint8Array | string): Promise<boolean> {
    if (this.#closed) return false;
    if (!this.stdout.write(piece)) {
      await Promise.race([once(this.stdout, 'drain'), once(this.stdout, 'close')]).catch(() => {});
    }
    return !this.#closed;
  }

  /** Says no more than answers need from now on, and no notes. */
  hush(): void {
    this.#quiet = true;
  }

  /** Writes one answer: the value as JSON, or the lines for a person; once it is hushed, what of them is the answer itself. */
  async answer(value: object, lines: readonly string[], essence = lines): Promise<void> {
    await this.lines(this.json ? [JSON.stringify(value)] : this.#quiet ? essence : lines);
  }

  /** Tells a person something on the way. */
  readonly note = (line: string): void => {
    if (this.json || this.#quiet) return;
    this.#clearProgress();
    this.stderr.write(`${line}\n`);
  };

  /** Shows how far the work is, on a terminal. */
  progress(text: string): void {
    if (this.json || !this.stderr.isTTY) return;
    this.stderr.write(`\r\u001b[K${text}`);
    this.#progressShown = true;
  }

  /** Writes an error: `{ error }` as JSON, or the line for a person. */
  error(error: { code: string; message: string }, line = `castellan: ${error.message}`): void {
    this.#clearProgress();
    this.stderr.write(this.json ? `${JSON.stringify({ error })}\n` : `${line}\n`);
  }

  /** The text in a colour, where answers go to a terminal that shows colours. */
  paint(colour: Colour, text: string): string {
    return this.stdout.isTTY ? styleText(colour, text, { stream: this.stdout, validateStream: true }) : text;
  }

  #clearProgress(): void {
    if (this.#progressShown) this.stderr.write('\r\u001b[K');
    this.#progressShown = false;
  }
}
